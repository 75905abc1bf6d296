"""Hands what was asked and decided to the process that writes it down, `policy/scribe/`.

Calls never wait for it: they leave an entry in memory, and behind every fortieth, and ten times a
second, the loop spends a tenth of a millisecond on sending some.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeAlias

import orjson

from policy.scribe.desk import message_of
from policy.wire.results import ServiceResult, embedded

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy.decide.decision import Decision
    from policy.scribe.lines import Plain
    from policy.scribe.process import Scribe
    from policy.wire.asked import Asked

log = logging.getLogger(__name__)

WRITE_INTERVAL_S: Final = 0.1
# What a busy server answers in half a second; with requests of 2 kB it is 40 MB.
MAX_WAITING: Final = 20_000
# A message of so much is made and sent in some 0.1 ms, and four fit into the smallest socket.
MESSAGE_BYTES: Final = 48 << 10
# While the other process is behind, the loop looks this often whether there is room again.
ROOM_AFTER_S: Final = 0.005
# A disk that hangs must not keep the service from stopping.
CLOSE_WITHIN_S: Final = 5.0

# About a message: it is sent at once, and not when the interval is over.
ENTRIES_AT_ONCE: Final = 40

_ENTRY_BYTES: Final = 200  # beside the query and the answer
_ASK: Final = message_of([])

# When in seconds since 1970, what, the decision, the version of the rules, and the seconds it took:
# a plain tuple, since making anything with names costs a call more than all else done for the log.
Entry: TypeAlias = "tuple[float, Asked, Decision, str, float]"


class Tally(Protocol):
    """Counts entries that could not be kept."""

    def inc(self, amount: int = 1) -> None:
        """Count some more."""
        ...


class DecisionLog:
    """Sends entries over a socket that other servers of this host may share.

    Made with `of` in the process that has started the scribe, and with `over` in any other.
    """

    def __init__(
        self,
        outlet: Callable[[], socket.socket],
        *,
        dropped: Tally,
        scribe: Scribe | None,
    ) -> None:
        self._outlet = outlet
        self._dropped = dropped
        self._scribe = scribe
        self._waiting: deque[Entry] = deque()
        self._unsent = b""  # a message for which there was no room
        self._is_due = False
        self._room = 0
        self._in_hand = 0
        self._sending = asyncio.Lock()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, scribe: Scribe, *, dropped: Tally) -> Self:
        """Start the scribe when opened, look after it, and wait for its end when closed."""
        return cls(lambda: scribe.outlet, dropped=dropped, scribe=scribe)

    @classmethod
    def over(cls, outlet: socket.socket, *, dropped: Tally) -> Self:
        """Send to a scribe that another process looks after; the socket is closed by `close`."""
        outlet.settimeout(0)
        return cls(lambda: outlet, dropped=dropped, scribe=None)

    async def open(self) -> None:
        """Begin to send."""
        if self._scribe is not None:
            self._scribe.start()
        self._room = MAX_WAITING
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._keep_sending())

    def write(self, entry: Entry) -> None:
        """Take an entry; never waits, and drops what comes faster than it can be written."""
        length = len(self._waiting)
        if length >= self._room:
            self._dropped.inc()
            return
        self._waiting.append(entry)
        if length >= ENTRIES_AT_ONCE and not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._send_some)

    async def flush(self) -> None:
        """Wait until all that has come so far is on the disk, or counted as dropped."""
        await self._send_waiting()
        ours, theirs = socket.socketpair()
        with ours:
            ours.settimeout(0)
            with theirs:
                async with self._sending:
                    await self._send(_ASK, theirs)
            # The other process closes its end of the pair when it has come so far.
            while not _is_closed(ours):
                await self._rest()
        self._tend()

    async def close(self) -> None:
        """Write what is left; what comes later is dropped."""
        task, self._task = self._task, None
        if task is None:
            return
        self._room = 0
        self._closing.set()
        within_s = CLOSE_WITHIN_S
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await task
                await self.flush()
        except TimeoutError:
            self._dropped.inc(len(self._waiting) + self._in_hand)
            log.warning("decision log: not written within %s s", CLOSE_WITHIN_S)
            within_s = 0.0
        if self._scribe is None:
            self._outlet().close()
        else:
            self._dropped.inc(await asyncio.to_thread(self._scribe.close, within_s))

    async def _keep_sending(self) -> None:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(WRITE_INTERVAL_S):
                    await self._closing.wait()
            await self._send_waiting()
            self._tend()

    def _send_some(self) -> None:
        """Send a message's worth of entries while they are still in the processor's cache."""
        self._is_due = False
        if self._unsent or self._sending.locked():
            return
        batch = self._next_batch()
        self._in_hand = len(batch)
        try:
            self._unsent = message_of(batch)
            self._outlet().send(self._unsent)
        except BlockingIOError:
            return  # it stays, until there is room
        except (OSError, ValueError):
            self._dropped.inc(self._in_hand)
        self._unsent, self._in_hand = b"", 0

    async def _send_waiting(self) -> None:
        async with self._sending:  # entries stay in their order
            if self._unsent:
                await self._send(self._unsent)
                self._unsent, self._in_hand = b"", 0
            while self._waiting:
                batch = self._next_batch()
                self._in_hand = len(batch)
                try:
                    await self._send(message_of(batch))
                except ValueError:  # a fault of ours must not end the log
                    self._dropped.inc(self._in_hand)
                self._in_hand = 0
                await asyncio.sleep(0)  # calls go first

    def _next_batch(self) -> list[Plain]:
        batch: list[Plain] = []
        room = MESSAGE_BYTES
        while self._waiting and room > 0:
            try:
                plain = plain_of(self._waiting.popleft())
            except (TypeError, ValueError, RecursionError):
                # An answer may hold what a script or another server made, which may be no JSON.
                self._dropped.inc()
                continue
            batch.append(plain)
            room -= len(plain[3]) + len(plain[-1] or b"") + _ENTRY_BYTES
        return batch

    async def _send(self, message: bytes, asker: socket.socket | None = None) -> None:
        """Send when there is room; an entry that no socket can hold is dropped."""
        while True:
            try:
                if asker is None:
                    self._outlet().send(message)
                else:
                    socket.send_fds(self._outlet(), [message], [asker.fileno()])
            except BlockingIOError:
                await self._rest()
            except OSError:  # too large for the system, or the other process is gone for good
                self._dropped.inc(self._in_hand)
                return
            else:
                return

    async def _rest(self) -> None:
        await asyncio.sleep(ROOM_AFTER_S)
        self._tend()

    def _tend(self) -> None:
        if self._scribe is not None:
            self._dropped.inc(self._scribe.tend())


def plain_of(entry: Entry) -> Plain:
    """Give an entry in values that can be sent; raises TypeError for what JSON cannot say."""
    at, asked, decision, rules_version, took_s = entry
    result = decision.result
    return (
        at,
        asked.request_type._value_,  # `.value` is a function of Python's in 3.11, and costs 0.1 us
        asked.alias,
        asked.query,
        decision.action._value_,
        decision.reason._value_,
        decision.rule,
        decision.shadows,
        # The reason of a fault may repeat a value.
        tuple([rule for rule, _ in decision.faults]) if decision.faults else (),
        rules_version,
        took_s * 1000,
        result.json if isinstance(result, ServiceResult) else _json_of(result),
    )


def _json_of(result: object) -> bytes | None:
    if result is None:
        return None
    return orjson.dumps(result, default=embedded, option=orjson.OPT_NON_STR_KEYS)


def _is_closed(ours: socket.socket) -> bool:
    try:
        return not ours.recv(1)
    except BlockingIOError:
        return False
