"""Decisions are written down without keeping a call waiting, and without saying who called."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest

from policy.decide.decision import Decision, Reason
from policy.handlers.decision_log import (
    LOG_INTERVAL_S,
    MAX_WAITING,
    Decided,
    DecisionLog,
    line_of,
)
from policy.wire.asked import Asked
from policy.wire.recorded import read_line
from policy.wire.redaction import redacted
from policy.wire.vocabulary import Action, RequestType
from tests.handlers.asking import ALIAS, CALL, NAME, PIN

KEY: Final = b"an invented key."
AT: Final = datetime(2026, 3, 1, 11, 0, 0, 250_000, tzinfo=UTC)
ASKED: Final = Asked(RequestType.SERVICE, "", urlencode(CALL))
RESULT: Final = {"service_type": "conference", "name": "r-1", "pin": PIN, "service_tag": NAME}
DECISION: Final = Decision(
    Action.CONTINUE,
    Reason.BY_RULE,
    RESULT,
    rule="hosts-first",
    shadows=("would-refuse",),
    faults=(("no-such-room", NAME),),
)


def decided(decision: Decision = DECISION, asked: Asked = ASKED) -> Decided:
    """Give what happened."""
    return Decided(AT, asked, decision, "1f2e3d", 1.234567)


@dataclass(slots=True)
class Count:
    """Counts what was dropped."""

    value: float = 0

    def inc(self, amount: float = 1) -> None:
        """Count some more."""
        self.value += amount


class Clock:
    """A time that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now_s


@dataclass(slots=True)
class Bench:
    """A log that is open, and all around it."""

    path: Path
    log: DecisionLog
    dropped: Count
    clock: Clock

    @classmethod
    async def opened(cls, path: Path) -> Bench:
        """Open a log."""
        dropped, clock = Count(), Clock()
        bench = cls(
            path, DecisionLog(path, key=KEY, dropped=dropped, clock_s=clock), dropped, clock
        )
        await bench.log.open()
        return bench

    async def write(self, *entries: Decided) -> None:
        """Write entries and wait until they were."""
        for entry in entries:
            self.log.write(entry)
        await self.log.flush()


def lines(path: Path) -> list[dict[str, object]]:
    """Read a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def test_a_line_says_what_was_asked_and_decided(tmp_path: Path) -> None:
    """All that a person needs to find out why, and all that a replay needs."""
    bench = await Bench.opened(tmp_path / "decisions.jsonl")

    await bench.write(decided())
    await bench.log.close()

    assert lines(bench.path) == [
        {
            "at": "2026-03-01T11:00:00.250000+00:00",
            "request": "service",
            "target": redacted(ASKED, KEY).target(),
            "action": "continue",
            "reason": "BY_RULE",
            "rule": "hosts-first",
            "shadows": ["would-refuse"],
            "faults": ["no-such-room"],
            "rules": "1f2e3d",
            "ms": 1.235,
            "answer": {
                "service_type": "conference",
                "name": "r-1",
                "pin": "****",
                "service_tag": "****",
            },
        }
    ]
    assert bench.dropped.value == 0


async def test_nobody_is_known_in_the_file(tmp_path: Path) -> None:
    """No name, PIN or caller stands in it, and only its owner may read it."""
    bench = await Bench.opened(tmp_path / "decisions.jsonl")

    await bench.write(decided())
    await bench.log.close()

    text = bench.path.read_text(encoding="utf-8")
    assert [each for each in (NAME, "Karin+Holm", PIN, "bo.lind") if each in text] == []
    assert ALIAS.partition("@")[0] in text  # what was dialled
    assert stat.S_IMODE(bench.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "decision",
    [
        DECISION,
        Decision(Action.REJECT, Reason.BY_RULE, rule="barred", text=NAME),
        Decision(Action.CONTINUE, Reason.OK, [{"alias": ALIAS, "description": NAME}]),
        Decision(Action.CONTINUE, Reason.INITIALS, image=b"\xff\xd8"),
    ],
)
def test_a_line_can_be_read_back(decision: Decision) -> None:
    """What the log says is a recorded request, with its answer."""
    got = read_line(line_of(decided(decision), KEY).decode())

    assert got is not None
    assert (got.asked, got.at) == (redacted(ASKED, KEY), AT)
    assert got.answered is not None
    assert got.answered["reason"] == decision.reason.value
    assert NAME not in str(got.answered)


async def test_entries_are_written_by_themselves_and_in_order(tmp_path: Path) -> None:
    """Nobody has to ask for it, and closing writes what is left."""
    bench = await Bench.opened(tmp_path / "decisions.jsonl")

    for number in range(300):
        bench.log.write(decided(Decision(Action.CONTINUE, Reason.OK, rule=f"rule-{number}")))
        if number % 100 == 0:
            await bench.log.flush()
    await bench.log.close()

    assert [line["rule"] for line in lines(bench.path)] == [f"rule-{n}" for n in range(300)]


async def test_a_file_that_is_moved_away_is_made_anew(tmp_path: Path) -> None:
    """Logrotate, or somebody with `rm`, needs to tell the service nothing."""
    bench = await Bench.opened(tmp_path / "decisions.jsonl")

    await bench.write(decided())
    bench.path.rename(tmp_path / "decisions.jsonl.1")
    await bench.write(decided(), decided())
    moved, kept = len(lines(tmp_path / "decisions.jsonl.1")), len(lines(bench.path))
    bench.path.unlink()
    await bench.write(decided())
    await bench.log.close()

    assert (moved, kept, len(lines(bench.path))) == (1, 2, 1)
    assert bench.dropped.value == 0


async def test_a_missing_folder_is_counted_and_said_once_in_a_while(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Calls go on; once the folder is there, so does the log."""
    folder = tmp_path / "later"
    with caplog.at_level(logging.WARNING):
        bench = await Bench.opened(folder / "decisions.jsonl")
        await bench.write(decided(), decided())
        bench.clock.now_s += LOG_INTERVAL_S
        await bench.write(decided())
    folder.mkdir()
    await bench.write(decided())
    await bench.log.close()

    message = f"decision log {bench.path}: no such file or directory, entries dropped"
    assert [record.getMessage() for record in caplog.records] == [message, message]
    assert bench.dropped.value == 3
    assert len(lines(bench.path)) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
async def test_a_full_disk_is_counted(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """Every entry that did not fit is counted, and the reason is said."""
    full = tmp_path / "decisions.jsonl"
    full.symlink_to("/dev/full")
    bench = await Bench.opened(full)

    with caplog.at_level(logging.WARNING):
        await bench.write(decided(), decided())
    await bench.log.close()

    assert bench.dropped.value == 2
    assert "no space left on device" in caplog.text


async def test_a_half_written_line_stays_alone(tmp_path: Path) -> None:
    """After a crash or a full disk the next line begins on a line of its own."""
    path = tmp_path / "decisions.jsonl"
    path.write_text('{"at": "2026-', encoding="utf-8")
    bench = await Bench.opened(path)

    await bench.write(decided())
    await bench.log.close()

    broken, whole = path.read_text(encoding="utf-8").splitlines()
    assert broken == '{"at": "2026-'
    assert read_line(whole) is not None


async def test_a_path_that_is_no_file_stops_nothing(tmp_path: Path) -> None:
    """A folder is an error like any other, and a pipe that nobody reads does not block."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()

    async with asyncio.timeout(5):
        for name, dropped in (("folder", 1), ("pipe", 0)):
            bench = await Bench.opened(tmp_path / name)
            await bench.write(decided())
            await bench.log.close()
            assert bench.dropped.value == dropped


async def test_what_comes_too_fast_is_dropped_and_counted(tmp_path: Path) -> None:
    """Memory has a limit, also while a disk hangs; the calls do not feel it."""
    bench = await Bench.opened(tmp_path / "decisions.jsonl")
    entry = decided()

    for _ in range(MAX_WAITING + 5):
        bench.log.write(entry)
    await bench.log.close()
    bench.log.write(entry)

    assert bench.dropped.value == 6
    assert len(lines(bench.path)) == MAX_WAITING


async def test_an_answer_that_cannot_be_written_costs_only_itself(tmp_path: Path) -> None:
    """A number of another server that is too large for JSON takes no other entry with it."""
    bench = await Bench.opened(tmp_path / "decisions.jsonl")
    deep: dict[str, object] = {}
    for _ in range(2000):
        deep = {"a": deep}

    await bench.write(
        decided(Decision(Action.CONTINUE, Reason.OK, {"end_time": 1 << 70})),
        decided(Decision(Action.CONTINUE, Reason.OK, deep)),
        decided(asked=Asked(RequestType.SERVICE, "", "location=\ud800")),
        decided(),
    )
    await bench.log.close()

    assert bench.dropped.value == 3
    assert len(lines(bench.path)) == 1


async def test_a_log_that_was_never_opened_takes_nothing(tmp_path: Path) -> None:
    """Closing it twice, or without having opened it, does nothing."""
    dropped = Count()
    log = DecisionLog(tmp_path / "decisions.jsonl", key=KEY, dropped=dropped)

    log.write(decided())
    await log.close()

    assert dropped.value == 1
    assert not (tmp_path / "decisions.jsonl").exists()


async def test_writing_keeps_no_call_waiting(tmp_path: Path) -> None:
    """An entry costs the loop microseconds; redaction and disk are a thread's."""
    bench = await Bench.opened(tmp_path / "decisions.jsonl")
    entry = decided()

    started = time.thread_time()
    for _ in range(1_000):
        bench.log.write(entry)
    each_s = (time.thread_time() - started) / 1_000
    await asyncio.wait_for(bench.log.close(), 5)

    assert each_s < 0.000_01
