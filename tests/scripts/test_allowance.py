"""What a script logs is kept within bounds."""

from __future__ import annotations

from policy.scripts.allowance import MAX_LOG_CHARACTERS, MAX_LOG_LINES, ScriptLog


def test_a_log_stays_small() -> None:
    """A script may log as often as it likes; nobody reads more than this."""
    log = ScriptLog()

    for _ in range(MAX_LOG_LINES + 5):
        log.write("x" * 5_000)

    assert len(log.lines) == MAX_LOG_LINES
    assert len(log.lines[0]) == MAX_LOG_CHARACTERS
    assert "x" not in repr(log)
