"""Rules for the serving process, built by another one while calls are answered.

It is a fresh one each time: it starts in a third of a second, keeps no memory and no state between
builds, and can be killed. Its parts are unpickled one at a time with rests between. Measured with
10,000 rules on two cores: 2.4 s in all, of which the loop is held 0.3 ms at a time, and once 25 ms
when the first rule comes that has a script: what runs scripts is loaded for it.
"""

from __future__ import annotations

import asyncio
import gc
import io
import pickle
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from policy.rules.clauses import InWindow, parts_of
from policy.rules.job import LENGTH, Items, One, Refused, Sent
from policy.rules.table import RuleTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy.errors import Problem
    from policy.rules.job import Job
    from policy.rules.model import Rule

# A set of 10,000 rules and its tests take some seconds; a build that takes longer hangs.
LIMIT_S: Final = 60.0
# What calls get between two parts.
REST_S: Final = 0.001
# While a thread makes the table, the loop gets its turn after so long; Python's own are 5 ms.
TURN_S: Final = 0.0002

# A group of its own, since Ctrl-C is for the server alone; not a session of its own: many Linux
# systems share the CPU among sessions first, and niceness would count for nothing.
# The parent's search path comes next: `-P` and this keep the working directory out of it.
_START: Final = (
    "import os, pickle, sys; os.setpgid(0, 0); sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from policy.rules.workshop import main; main()"
)


@dataclass(frozen=True, slots=True)
class Built:
    """A table that can be put in force."""

    table: RuleTable
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The rules in force are those of the folder."""

    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """Nobody knows whether the rules are right; the next change tries again."""

    text: str


async def build_aside(job: Job, limit_s: float = LIMIT_S) -> Built | Unchanged | Refused | Failed:
    """Load, check and test the rules of a folder without holding up this process."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _START),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
    except OSError as exc:
        return Failed(f"the rules could not be built: no process for it: {exc.strerror}")
    try:
        async with asyncio.timeout(limit_s):
            return await _take_in(process, job)
    except TimeoutError:
        return Failed(f"the rules could not be built within {limit_s:g} s")
    except (asyncio.IncompleteReadError, ConnectionError):
        return Failed(f"the rules could not be built: their process {await _end_of(process)}")
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _take_in(process: asyncio.subprocess.Process, job: Job) -> Built | Unchanged | Refused:
    if process.stdin is None or process.stdout is None:
        raise ConnectionError
    try:
        process.stdin.write(pickle.dumps(sys.path) + pickle.dumps(job))
        await process.stdin.drain()  # and left open: its end tells the process that we are gone
    except RuntimeError as exc:  # what uvloop says of a pipe whose other end is gone
        raise ConnectionError from exc
    verdict: Refused | Sent = pickle.loads(await _part(process.stdout))  # noqa: S301  our own child's
    if isinstance(verdict, Refused):
        return verdict
    if verdict.version == job.version:
        return Unchanged(verdict.warnings)
    with not_collecting():
        intake = Intake()
        for _ in range(verdict.parts):
            intake.take(await _part(process.stdout))
            await asyncio.sleep(REST_S)
        table = await asyncio.to_thread(_make_table, intake.rules, verdict.version)
    return Built(table, verdict.warnings)


async def _part(stream: asyncio.StreamReader) -> bytes:
    (length,) = LENGTH.unpack(await stream.readexactly(LENGTH.size))
    return await stream.readexactly(length)


async def _end_of(process: asyncio.subprocess.Process) -> str:
    return ending(await process.wait())


def ending(code: int) -> str:
    """Say how a process has ended, by its exit code."""
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"


class Intake:
    """Puts parts together; large collections are referred to by their numbers."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self._lists: dict[int, list[object]] = {}
        self._sets: dict[int, set[object]] = {}
        self._whole: dict[int, object] = {}

    def take(self, part: bytes) -> None:
        """Unpickle one part."""
        unpickler = _Unpickler(part, self._whole)
        value = unpickler.load()
        if isinstance(value, One):
            self._whole[value.number] = value.value
        elif not isinstance(value, Items):
            self.rules += value
        elif value.is_set:
            items = self._sets.setdefault(value.number, set())
            items.update(value.items)
            if value.is_last:
                self._whole[value.number] = frozenset(self._sets.pop(value.number))
        else:
            listed = self._lists.setdefault(value.number, [])
            listed += value.items
            if value.is_last:
                self._whole[value.number] = tuple(self._lists.pop(value.number))


class _Unpickler(pickle.Unpickler):
    """Finds the large collections that came before."""

    def __init__(self, part: bytes, whole: dict[int, object]) -> None:
        super().__init__(io.BytesIO(part))
        self._whole = whole

    def persistent_load(self, number: int) -> object:
        """Give a collection by its number."""
        return self._whole[number]


def _make_table(rules: list[Rule], version: str) -> RuleTable:
    """Build the indexes, in a thread; calls get short turns meanwhile."""
    turn_s = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        return prepared(rules, version)
    finally:
        sys.setswitchinterval(turn_s)


def prepared(rules: list[Rule], version: str) -> RuleTable:
    """Build the indexes, and look up what calls would have to wait for."""
    year = datetime.now(UTC).year
    parts = (part for rule in rules for clause in rule.clauses for part in parts_of(clause))
    for part in parts:
        if isinstance(part, InWindow):
            part.window.prepare(year)
    return RuleTable(rules, version=version)


@contextmanager
def not_collecting() -> Iterator[None]:
    """Keep Python's collector off the rules: it would look at all of them again and again.

    A table that nobody uses is freed without it. What else is there at a swap is not looked at any
    more either: measured, 7 kB for each swap while connections come and go.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
