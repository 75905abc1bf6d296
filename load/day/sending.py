"""Sends requests at their time, answered or not, and measures from the time they were due."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from load.day.judging import fault_of
from load.day.plan import Kind
from load.day.schedule import MARGIN_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from load.day.plan import Ask

# A node gives up after this long.
PATIENCE_S: Final = 5.0
TICK_S: Final = 0.0005
CONNECTIONS: Final = 16
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


@dataclass(slots=True)
class Seen:
    """What became of a stretch; times in seconds, from when a request was due and from its sending.

    Every request is in `faults`, in `instead` or among those answered well.
    """

    from_due: list[float] = field(default_factory=list)
    from_sent: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    instead: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    opened: int = 0
    cpu_s: float = 0.0


class Sender:
    """Keeps connections as nodes do: a request takes one, and a new one when none is free."""

    def __init__(self, host: str, port: int, began: float) -> None:
        self.seen = Seen()
        self.idle: list[_Connection] = []
        self.began = began
        self._host, self._port = host, port
        self._waiting: set[asyncio.Task[None]] = set()
        self._head = f" HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: */*\r\n\r\n".encode()

    async def open(self) -> None:
        """Open the usual connections before the first request."""
        for _ in range(CONNECTIONS):
            self.idle.append(await self._connect())

    async def send_all(self, asks: Sequence[Ask]) -> None:
        """Send each at its time; returns when all are answered or have been given up."""
        clock = time.perf_counter
        for ask in asks:
            due = self.began + ask.at_s
            while (wait := due - clock()) > 0:  # noqa: ASYNC110  a clock is waited for
                await asyncio.sleep(wait if wait > TICK_S else 0)
            self._send(ask, due)
        ends = clock() + PATIENCE_S
        while sum(self.seen.kinds.values()) < len(asks) and clock() < ends:  # noqa: ASYNC110  rarely
            await asyncio.sleep(0.05)
        missing = len(asks) - sum(self.seen.kinds.values())
        if missing:
            self.seen.faults["no answer within 5 s"] += missing
            self.seen.from_due += [PATIENCE_S] * missing
            self.seen.from_sent += [PATIENCE_S] * missing

    def close(self) -> None:
        """Close the connections that are free."""
        for connection in tuple(self.idle):
            connection.close()

    def _send(self, ask: Ask, due: float) -> None:
        if self.idle:
            self.idle.pop().send(ask, due, self._head)
            return
        task = asyncio.create_task(self._send_on_new(ask, due))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _send_on_new(self, ask: Ask, due: float) -> None:
        try:
            connection = await self._connect()
        except OSError:
            self.note(ask, due, due, "no connection")
            return
        connection.send(ask, due, self._head)

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        self.seen.opened += 1
        _, connection = await loop.create_connection(
            lambda: _Connection(self), self._host, self._port
        )
        return connection

    def note(self, ask: Ask, due: float, sent: float, fault: str | None) -> None:
        """Write down how a request ended."""
        now = time.perf_counter()
        seen = self.seen
        seen.from_due.append(now - due)
        seen.from_sent.append(now - sent)
        seen.late.append(sent - due)
        seen.kinds[ask.kind] += 1
        if fault == "instead":
            seen.instead[ask.kind] += 1
        elif fault is not None:
            seen.faults[f"{ask.kind}: {fault}"] += 1


class _Connection(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._transport: asyncio.WriteTransport
        self._under_way: tuple[Ask, float, float] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = transport  # type: ignore[assignment]  # of TCP it is one that is written to

    def send(self, ask: Ask, due: float, head: bytes) -> None:
        """Send one request; the connection must be free."""
        self._under_way = (ask, due, time.perf_counter())
        self._transport.write(b"GET " + ask.target.encode("ascii") + head)

    def close(self) -> None:
        """Close it."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Judge the answer once it is whole."""
        data = self._buffer + data if self._buffer else data
        end = data.find(_END)
        head = data[:end].lower() if end >= 0 else b""
        begin = end + len(_END)
        length = _length_of(head)
        if end < 0 or len(data) < begin + length:
            self._buffer = data
            return
        self._buffer = b""
        if self._under_way is None:
            return
        ask, due, sent = self._under_way
        self._under_way = None
        fault = fault_of(ask.kind, int(head[9:12]), data[begin : begin + length])
        if ask.kind is Kind.EARLY and time.perf_counter() - due > MARGIN_S:
            fault = None  # so late that the meeting may have opened; the times tell of it
        self._sender.note(ask, due, sent, fault)
        if b"connection: close" in head:
            self._transport.close()
        else:
            self._sender.idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the request that was under way as one without an answer."""
        if self in self._sender.idle:
            self._sender.idle.remove(self)
        if self._under_way is not None:
            ask, due, sent = self._under_way
            self._under_way = None
            self._sender.note(ask, due, sent, f"connection lost ({type(exc).__name__})")


def _length_of(head: bytes) -> int:
    _, found, rest = head.partition(_LENGTH)
    return int(rest.partition(b"\r\n")[0]) if found else 0
