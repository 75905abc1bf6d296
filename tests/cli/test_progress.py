"""How far work has come is shown beside what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.cli.progress import watched

if TYPE_CHECKING:
    import pytest


def test_progress_stays_out_of_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever sends the output into a file gets the output only."""
    with watched("sweeping", 3) as done:
        done(1)
        done(2)

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "sweeping" in printed.err
