"""Messages come back as they were sent, however the socket cuts them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.workers.messages import GiveState, Prepared, Reload, Serving, State, packed, whole

if TYPE_CHECKING:
    from policy.workers.messages import Order, Report


def test_messages_survive_being_cut_up() -> None:
    """One byte at a time, each comes when its last byte does."""
    sent: list[Order | Report] = [GiveState(3), State(b"x" * 300, 3), Reload(), Serving()]
    received = bytearray()
    got: list[object] = []

    for byte in b"".join(packed(each) for each in sent):
        received.append(byte)
        got += whole(received)

    assert got == sent
    assert not received


def test_a_database_is_not_shown() -> None:
    """Its address may hold a password."""
    prepared = Prepared("postgresql://u:an-odd-word@db/x", "PostgreSQL", None, 3, None)

    assert "an-odd-word" not in repr(prepared)
