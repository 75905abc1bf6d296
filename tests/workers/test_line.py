"""A process hears its supervisor, and notices when that is gone."""

from __future__ import annotations

import socket

from policy.workers.line import Line
from policy.workers.messages import GiveState, Reload, Serving, packed, whole


async def test_what_is_said_arrives() -> None:
    """Whole, also when the line is closed at once."""
    ours, theirs = socket.socketpair()
    line = await Line.open(theirs)

    line.say(Serving())
    await line.close()

    assert list(whole(bytearray(ours.recv(1000)))) == [Serving()]
    ours.close()


async def test_orders_are_heard_in_their_order() -> None:
    """Until the other end is closed."""
    ours, theirs = socket.socketpair()
    line = await Line.open(theirs)
    ours.sendall(packed(GiveState(1)) + packed(Reload()) + packed(Reload())[:-1])
    ours.close()

    assert [order async for order in line.hear()] == [GiveState(1), Reload()]
    await line.close()
