"""Keeps what was asked and decided as lines of JSON, without what may not be kept.

Calls never wait for it. Requests are held in memory for a moment, and redacted in the thread that
writes them, so that nothing personal reaches the disk.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from stat import S_ISREG
from typing import TYPE_CHECKING, Final, Protocol

import orjson

from policy.wire.redaction import masked_result, with_stand_ins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from policy.decide.decision import Decision
    from policy.wire.asked import Asked

log = logging.getLogger(__name__)

WRITE_INTERVAL_S: Final = 0.25
# What a busy server answers in a second; with requests of 2 kB it is 20 MB.
MAX_WAITING: Final = 10_000
# While a disk is full every batch meets the same error; one line per this time is enough.
LOG_INTERVAL_S: Final = 10.0
# A disk that hangs must not keep the service from stopping.
CLOSE_WITHIN_S: Final = 5.0
# After so many entries the thread rests, or else the calls would wait for the interpreter's lock,
# which a busy thread gives back only every 5 ms.
ENTRIES_AT_ONCE: Final = 4
REST_S: Final = 0.000_05

_APPEND: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK


class Tally(Protocol):
    """Counts entries that could not be kept."""

    def inc(self, amount: float = 1) -> None:
        """Count some more."""
        ...


@dataclass(frozen=True, slots=True)
class Decided:
    """One request, what was decided by which rules, and how long it took."""

    at: datetime
    asked: Asked
    decision: Decision
    rules_version: str
    took_ms: float


class DecisionLog:
    """Appends to a file, which anybody may move away at any time.

    `key` is that of the pseudonyms; `clock_s` gives seconds that never go back.
    """

    def __init__(
        self,
        path: Path,
        *,
        key: bytes,
        dropped: Tally,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._key = key
        self._dropped = dropped
        self._clock_s = clock_s
        self._waiting: list[Decided] = []
        self._writing = asyncio.Lock()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._logged_at = float("-inf")

    async def open(self) -> None:
        """Begin to write; says in the log when the file cannot be written."""
        await self._append(())
        self._task = asyncio.create_task(self._keep_writing())

    def write(self, entry: Decided) -> None:
        """Take an entry; never waits, and drops what comes faster than it can be written."""
        if self._task is None or len(self._waiting) >= MAX_WAITING:
            self._dropped.inc()
        else:
            self._waiting.append(entry)

    async def flush(self) -> None:
        """Write what has come so far, without waiting for its time."""
        async with self._writing:  # entries stay in their order
            if self._waiting:
                batch, self._waiting = self._waiting, []
                await self._append(batch)

    async def close(self) -> None:
        """Write what is left; what comes later is dropped."""
        task, self._task = self._task, None
        if task is None:
            return
        self._closing.set()
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await task
        except TimeoutError:
            self._dropped.inc(len(self._waiting))
            log.warning("decision log %s: not written within %s s", self._path, CLOSE_WITHIN_S)

    async def _keep_writing(self) -> None:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(WRITE_INTERVAL_S):
                    await self._closing.wait()
            await self.flush()
        await self.flush()  # what came while the last batch was written

    async def _append(self, batch: Sequence[Decided]) -> None:
        kept, trouble = await asyncio.to_thread(_write, self._path, batch, self._key)
        if kept < len(batch):
            self._dropped.inc(len(batch) - kept)
        now = self._clock_s()
        if trouble and now - self._logged_at >= LOG_INTERVAL_S:
            self._logged_at = now
            log.warning("decision log %s: %s, entries dropped", self._path, trouble)


def _write(path: Path, batch: Sequence[Decided], key: bytes) -> tuple[int, str]:
    """Append a batch; give how many lines were kept, and what went wrong.

    The file is opened for each batch, so that one which was moved away or deleted is made anew.
    """
    lines = list(_lines(batch, key))
    try:
        file = os.open(path, _APPEND, 0o600)
    except OSError as exc:
        return 0, _said(exc)
    try:
        text = b"".join(lines)
        written, trouble = _append_all(file, _line_end(file) + text)
    except OSError as exc:
        return 0, _said(exc)
    finally:
        os.close(file)
    if trouble:
        return text[:written].count(b"\n"), trouble
    return len(lines), "" if len(lines) == len(batch) else "an answer holds what JSON cannot say"


def _append_all(file: int, text: bytes) -> tuple[int, str]:
    """Give how many bytes were written, and why not more."""
    written = 0
    try:
        while written < len(text):
            written += os.write(file, text[written:])
    except OSError as exc:
        return written, _said(exc)
    return written, ""


def _line_end(file: int) -> bytes:
    """End the line that a full disk or a killed process has left unfinished."""
    state = os.fstat(file)
    if not S_ISREG(state.st_mode) or not state.st_size:
        return b""
    return b"" if os.pread(file, 1, state.st_size - 1) == b"\n" else b"\n"


def _said(exc: OSError) -> str:
    return (exc.strerror or "cannot be written").lower()


def _lines(batch: Sequence[Decided], key: bytes) -> Iterator[bytes]:
    for number, entry in enumerate(batch, 1):
        # An answer may hold what a script or another server made, which need not be writable.
        with suppress(TypeError, ValueError, RecursionError):
            yield line_of(entry, key)
        if number % ENTRIES_AT_ONCE == 0:
            time.sleep(REST_S)


def line_of(entry: Decided, key: bytes) -> bytes:
    """Give the line that `wire/recorded.py` reads; raises ValueError or TypeError."""
    asked, said = with_stand_ins(entry.asked, key)
    decision = entry.decision
    return orjson.dumps(
        {
            "at": entry.at,
            "request": asked.request_type.value,
            "target": asked.target(),
            "action": decision.action.value,
            "reason": decision.reason.value,
            "rule": decision.rule,
            "shadows": decision.shadows,
            "faults": [rule for rule, _ in decision.faults],  # the reason may repeat a value
            "rules": entry.rules_version,
            "ms": round(entry.took_ms, 3),
            "answer": masked_result(decision.result, said),
        },
        option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS,
    )
