"""Decisions are handed on without keeping a call waiting, and without saying who called."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import stat
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest

from policy.decide.decision import Decision, Reason
from policy.handlers.decision_log import MAX_WAITING, DecisionLog, Entry, plain_of
from policy.scribe.lines import Lines
from policy.scribe.process import Scribe
from policy.wire.asked import Asked
from policy.wire.recorded import read_line
from policy.wire.redaction import redacted
from policy.wire.results import ServiceResult
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


def decided(decision: Decision = DECISION, asked: Asked = ASKED) -> Entry:
    """Give what happened."""
    return AT.timestamp(), asked, decision, "1f2e3d", 0.001234567


@dataclass(slots=True)
class Count:
    """Counts what was dropped."""

    value: int = 0

    def inc(self, amount: int = 1) -> None:
        """Count some more."""
        self.value += amount


@dataclass(slots=True)
class Bench:
    """A log that is open, and all around it."""

    path: Path
    log: DecisionLog
    dropped: Count
    scribe: Scribe

    @classmethod
    async def opened(cls, path: Path) -> Bench:
        """Open a log."""
        dropped, scribe = Count(), Scribe(path, key=KEY)
        bench = cls(path, DecisionLog.of(scribe, dropped=dropped), dropped, scribe)
        await bench.log.open()
        return bench

    async def write(self, *entries: Entry) -> None:
        """Write entries and wait until they were."""
        for entry in entries:
            self.log.write(entry)
        async with asyncio.timeout(10):
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
        Decision(Action.CONTINUE, Reason.OK, ServiceResult.of(RESULT)),
        Decision(Action.CONTINUE, Reason.INITIALS, image=b"\xff\xd8"),
    ],
)
def test_a_line_can_be_read_back(decision: Decision) -> None:
    """What the log says is a recorded request, with its answer."""
    got = read_line(Lines(KEY).line_of(plain_of(decided(decision))).decode())

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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
async def test_a_full_disk_is_counted(tmp_path: Path) -> None:
    """Every entry that did not fit is counted here, though it was dropped elsewhere."""
    full = tmp_path / "decisions.jsonl"
    full.symlink_to("/dev/full")
    bench = await Bench.opened(full)

    await bench.write(decided(), decided())
    at_once = bench.dropped.value
    bench.log.write(decided())
    await bench.log.close()

    assert (at_once, bench.dropped.value) == (2, 3)


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


async def test_a_value_that_cannot_be_sent_does_not_end_the_log(tmp_path: Path) -> None:
    """Its message is counted, and the next is written."""
    bench = await Bench.opened(tmp_path / "decisions.jsonl")

    await bench.write(decided(Decision(Action.CONTINUE, Reason.OK, rule=Reason.OK)))
    await bench.write(decided())
    await bench.log.close()

    assert bench.dropped.value == 1
    assert len(lines(bench.path)) == 1


async def test_an_entry_of_any_size_is_kept(tmp_path: Path) -> None:
    """The largest answer of another server, and one that no message can hold is counted."""
    bench = await Bench.opened(tmp_path / "decisions.jsonl")

    for size in (300_000, 30_000_000):
        await bench.write(decided(Decision(Action.CONTINUE, Reason.OK, {"name": "x" * size})))
    await bench.log.close()

    assert bench.dropped.value == 1
    assert len(lines(bench.path)) == 1


async def test_a_log_that_was_never_opened_takes_nothing(tmp_path: Path) -> None:
    """Closing it twice, or without having opened it, does nothing."""
    dropped = Count()
    log = DecisionLog.of(Scribe(tmp_path / "decisions.jsonl", key=KEY), dropped=dropped)

    log.write(decided())
    await log.close()

    assert dropped.value == 1
    assert not (tmp_path / "decisions.jsonl").exists()


async def test_several_servers_share_one_scribe(tmp_path: Path) -> None:
    """Each hands on its own entries; the file holds those of all, and only its owner tends it."""
    scribe, dropped = Scribe(tmp_path / "decisions.jsonl", key=KEY), Count()
    scribe.start()
    servers = [DecisionLog.over(scribe.outlet.dup(), dropped=dropped) for _ in range(3)]
    for server in servers:
        await server.open()

    for _ in range(500):
        for server in servers:
            server.write(decided())
    await asyncio.gather(*(server.flush() for server in servers))
    flushed = len(lines(tmp_path / "decisions.jsonl"))
    for server in servers:
        server.write(decided())
        await server.close()

    assert flushed == 1500
    assert await asyncio.to_thread(scribe.close) == 0
    assert len(lines(tmp_path / "decisions.jsonl")) == 1503
    assert dropped.value == 0


async def test_what_waits_outlives_a_scribe_that_is_killed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another takes over."""
    clock = iter(range(0, 10_000_000, 10))
    scribe, dropped = Scribe(tmp_path / "d.jsonl", key=KEY, clock_s=lambda: next(clock)), Count()
    log = DecisionLog.of(scribe, dropped=dropped)
    await log.open()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            for _ in range(2000):
                log.write(decided())
            assert scribe.pid is not None
            os.kill(scribe.pid, 9)
            while scribe.is_alive():
                pass
            async with asyncio.timeout(10):
                await log.flush()
    await log.close()

    assert len(lines(tmp_path / "d.jsonl")) == 6000
    assert dropped.value == 0
    assert "its process has ended, started again" in caplog.text


async def test_a_scribe_that_hangs_costs_entries_and_no_time(tmp_path: Path) -> None:
    """Calls write on; every entry is kept, or counted once there is no more room."""
    bench = await Bench.opened(tmp_path / "decisions.jsonl")
    await bench.log.flush()
    pid = bench.scribe.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)

    written, entry = 0, decided()
    async with asyncio.timeout(20):
        while not bench.dropped.value:
            for _ in range(100):
                bench.log.write(entry)
            written += 100
            await asyncio.sleep(0)
    os.kill(pid, signal.SIGCONT)
    await bench.log.close()

    assert len(lines(bench.path)) + bench.dropped.value == written


async def test_writing_keeps_no_call_waiting(tmp_path: Path) -> None:
    """An entry costs the loop a microsecond; redaction and disk are another process's."""
    bench = await Bench.opened(tmp_path / "decisions.jsonl")
    entry = decided()

    started = time.thread_time()
    for _ in range(1_000):
        bench.log.write(entry)
    each_s = (time.thread_time() - started) / 1_000
    await asyncio.wait_for(bench.log.close(), 5)

    assert each_s < 0.000_002
