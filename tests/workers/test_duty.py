"""Orders are heard whatever a process is doing."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from policy.errors import DocumentError, Problem, StartError
from policy.workers.duty import Duty
from policy.workers.line import Line
from policy.workers.messages import Failed, GiveState, Reload, Serving, State, Stop, packed, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from policy.workers.messages import Order


class Supervised:
    """A process's duty in this process, and all that it has told at the end."""

    def __init__(self) -> None:
        self.orders: list[object] = []
        self.told: list[object] = []
        self.code = -1

    async def do(self, work: Callable[[Duty], Coroutine[None, None, None]], *said: Order) -> None:
        """Do the work, with these orders waiting for it."""
        ours, theirs = socket.socketpair()
        with ours:
            ours.sendall(b"".join(map(packed, said)))
            duty = Duty(await Line.open(theirs), self.orders.append)
            self.code = await duty.do(work(duty))
            received = bytearray()
            while read := ours.recv(1 << 16):
                received += read
        self.told = list(whole(received))


async def until_told(duty: Duty) -> None:
    """Serve as a worker does."""
    duty.say(Serving())
    await duty.until_told()


async def for_ever(_duty: Duty) -> None:
    """Start without an end."""
    await asyncio.Event().wait()


async def test_orders_are_carried_out_until_the_last() -> None:
    """The metrics are given when asked for, and once more at the end."""
    process = Supervised()

    await process.do(until_told, GiveState(7), Reload(), Stop())

    states = [each for each in process.told if isinstance(each, State)]
    assert (process.code, process.orders) == (0, [Reload()])
    assert Serving() in process.told
    assert [each.ticket for each in states] == [7, 0]


async def test_a_start_can_be_stopped() -> None:
    """It is broken off, which is no error."""
    process = Supervised()

    await process.do(for_ever, Stop())

    assert process.code == 0
    assert [type(each) for each in process.told] == [State]


async def test_errors_are_told() -> None:
    """Those of files with every problem."""

    async def fail(_duty: Duty) -> None:
        raise StartError("no room")

    async def misread(_duty: Duty) -> None:
        raise DocumentError([Problem("a.yaml", 1, 2, "wrong")])

    process = Supervised()
    await process.do(fail)
    first = process.told[0], process.code
    await process.do(misread)

    assert first == (Failed("no room"), 1)
    assert process.told[0] == Failed("a.yaml:1:2: wrong", (Problem("a.yaml", 1, 2, "wrong"),))
