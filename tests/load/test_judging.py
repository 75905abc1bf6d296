"""What is no whole answer, or the wrong one, is a failure."""

from __future__ import annotations

import pytest

from load.day.judging import fault_of
from load.day.plan import Kind

ROOM = b'{"status":"success","action":"continue","reason":"OK","result":{"name":"r","service_type":"conference"}}'  # noqa: E501  as it is sent
REFUSED = b'{"status":"success","action":"reject","reason":"UNKNOWN_ALIAS"}'
INSTEAD = b'{"status":"success","action":"continue","reason":"FALLBACK"}'


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [(Kind.ROOM, 200, ROOM), (Kind.UNKNOWN, 200, REFUSED), (Kind.AVATAR, 404, b"")],
)
def test_a_right_answer_has_no_fault(kind: Kind, status: int, body: bytes) -> None:
    """A room for a room, a refusal for a number that nobody owns."""
    assert fault_of(kind, status, body) is None


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        (Kind.ROOM, 200, REFUSED),  # a real call refused
        (Kind.UNKNOWN, 200, ROOM),  # an unknown number let in
        (Kind.ROOM, 200, ROOM[:-5]),
        (Kind.ROOM, 500, ROOM),
        (Kind.LOCATION, 404, b'{"status":"fail","reason":"NO_RULE"}'),
        (Kind.AVATAR, 200, b"{}"),
    ],
)
def test_a_wrong_answer_is_a_fault(kind: Kind, status: int, body: bytes) -> None:
    """Whatever the status says."""
    assert fault_of(kind, status, body) not in {None, "instead"}


def test_an_answer_without_the_database_is_counted_apart() -> None:
    """The node looks in its own configuration then."""
    assert fault_of(Kind.ROOM, 200, INSTEAD) == "instead"
