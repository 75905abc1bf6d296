"""Addresses with several hosts, and which of them to read from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.feed.hosts import Host, Node, choose, look, primary_of, split_hosts
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from tests.clusters import Pair

A, B, C = (Host(name, f"postgresql://{name}/x") for name in "abc")
PRIMARY: Final = Node(
    A, in_recovery=False, position=100, time_line="00000001", is_receiving=False, round_trip_s=0.01
)
STANDBY: Final = Node(
    B, in_recovery=True, position=100, time_line="", is_receiving=True, round_trip_s=0.01
)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgresql://u:p@h/db", [("h", "postgresql://u:p@h/db")]),
        ("postgresql:///db", [("localhost", "postgresql:///db")]),
        (
            "postgresql://u:p@h1:5432,h2:5433/db?sslmode=require",
            [
                ("h1:5432", "postgresql://u:p@h1:5432/db?sslmode=require"),
                ("h2:5433", "postgresql://u:p@h2:5433/db?sslmode=require"),
            ],
        ),
        (
            "postgresql://u@[2001:db8::1]:5432,h2/db",
            [
                ("[2001:db8::1]:5432", "postgresql://u@[2001:db8::1]:5432/db"),
                ("h2", "postgresql://u@h2/db"),
            ],
        ),
        (
            "postgresql://u@/db?host=%2Frun%2Fa&port=5432",
            [("/run/a:5432", "postgresql://u@/db?host=%2Frun%2Fa&port=5432")],
        ),
        (
            "postgresql://u@/db?host=/run/a,/run/b&port=5432&sslmode=disable",
            [
                ("/run/a:5432", "postgresql://u@/db?host=/run/a&port=5432&sslmode=disable"),
                ("/run/b:5432", "postgresql://u@/db?host=/run/b&port=5432&sslmode=disable"),
            ],
        ),
        (
            "postgresql://u@/db?host=h1,h2&port=5432,5433",
            [
                ("h1:5432", "postgresql://u@/db?host=h1&port=5432"),
                ("h2:5433", "postgresql://u@/db?host=h2&port=5433"),
            ],
        ),
        (
            "postgresql:///db?host=h1,h2",
            [("h1", "postgresql:///db?host=h1"), ("h2", "postgresql:///db?host=h2")],
        ),
    ],
)
def test_every_host_has_an_address_of_its_own(url: str, wanted: list[tuple[str, str]]) -> None:
    """Names are fit to be shown, and all else of the address goes for each host."""
    assert [(host.name, host.dsn) for host in split_hosts(url)] == wanted


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:an-odd-word@[::1/x", "database.url cannot be understood"),
        (
            "postgresql://u:an-odd-word@/x?host=a,b,c&port=1,2",
            "database.url names 3 hosts and 2 ports: write one port for each, or one for all",
        ),
    ],
)
def test_an_odd_address_is_told_without_its_password(url: str, said: str) -> None:
    """One line, and nothing secret in it."""
    with pytest.raises(DirectoryError) as caught:
        split_hosts(url)

    assert str(caught.value) == f"database: {said}"


def test_a_host_shows_no_password() -> None:
    """Not in a traceback either."""
    (host,) = split_hosts("postgresql://u:an-odd-word@h/x")

    assert "an-odd-word" not in repr(host)


@pytest.mark.parametrize(
    ("nodes", "used", "wanted"),
    [
        ([], None, None),
        ([PRIMARY], None, A),
        ([PRIMARY, STANDBY], None, A),
        ([STANDBY, PRIMARY], None, B),
        ([STANDBY, PRIMARY], A, A),
        ([PRIMARY, replace(STANDBY, round_trip_s=0.004)], A, B),
        ([PRIMARY, replace(STANDBY, round_trip_s=0.006)], None, A),
        (
            [replace(PRIMARY, round_trip_s=0.0012), replace(STANDBY, round_trip_s=0.0003)],
            None,
            A,
        ),
        ([replace(STANDBY, position=99), PRIMARY], B, A),
        ([replace(STANDBY, position=99)], None, B),
        ([replace(STANDBY, is_receiving=False), replace(STANDBY, host=C)], B, C),
        (
            [
                replace(STANDBY, is_receiving=False),
                replace(STANDBY, host=C, is_receiving=False, position=101),
            ],
            B,
            C,
        ),
        ([PRIMARY, replace(PRIMARY, host=C, time_line="00000002")], A, C),
    ],
    ids=[
        "nobody answers",
        "one answers",
        "the order of the address",
        "a standby may come first",
        "who is used stays",
        "unless another is clearly nearer",
        "not only a little",
        "and not within a millisecond",
        "a standby that is behind is left",
        "unless nobody else answers: it still receives",
        "a standby that receives, when there is no primary",
        "who has most, when nobody receives",
        "a former primary that came back is left",
    ],
)
def test_the_nearest_that_is_not_behind_is_read_from(
    nodes: list[Node], used: Host | None, wanted: Host | None
) -> None:
    """All are compared, 100 is what must have been replayed."""
    assert choose(nodes, used=used, needed=100) == wanted


def test_the_primary_is_who_was_promoted_last() -> None:
    """Whoever is in recovery is none."""
    promoted = replace(PRIMARY, host=C, time_line="0000000A")

    assert primary_of([STANDBY]) is None
    assert primary_of([STANDBY, PRIMARY, promoted]) == promoted
    assert primary_of([promoted, PRIMARY]) == promoted


async def test_nodes_are_looked_at(nodes: Pair) -> None:
    """Each says what it is; one that is not there is left out."""
    away = Host("away", "postgresql://u@/policy?host=/nowhere")
    first, second = Host("first", nodes.first.dsn), Host("second", nodes.second.dsn)

    found = await look([away, second, first], timeout_s=5)

    assert [node.host for node in found] == [second, first]
    assert [node.in_recovery for node in found] == [True, False]
    assert [node.is_receiving for node in found] == [True, False]
    assert [len(node.time_line) for node in found] == [0, 8]
    assert all(node.position > 0 for node in found)


async def test_a_node_that_hangs_is_left_out_in_time(nodes: Pair) -> None:
    """The others are not kept waiting for longer than the limit."""
    first, second = Host("first", nodes.first.dsn), Host("second", nodes.second.dsn)
    nodes.first.freeze()
    try:
        found = await look([first, second], timeout_s=0.2)
    finally:
        nodes.first.thaw()

    assert [node.host for node in found] == [second]
