"""What is kept within bounds, and found again by what it was made of."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import pytest

from policy.directory.records import AddressKey, Changes, Found
from policy.directory.shelf import MAX_SPREAD_S, Bounds, Kept, Shelf
from tests.fakes.caching import Clock, room_entry

REGION: Final = UUID(int=1)
ROOM: Final = UUID(int=2)
MUCH: Final = 1_000_000


def kept(local: str, *parts: UUID, forget_at: float = 2000.0) -> Kept:
    """Give a kept room."""
    return Kept(AddressKey(local, ""), Found(room_entry(local, *parts)), forget_at)


def locals_of(shelf: Shelf, changes: Changes) -> list[str]:
    """List what changes touch."""
    return sorted(each.key.local for each in shelf.touched_by(changes))


def test_the_number_holds_and_the_least_used_goes_first() -> None:
    """One that was looked at lately stays."""
    shelf = Shelf("owned", Bounds(3, MUCH), Clock())
    for local in "abc":
        shelf.put(kept(local))

    shelf.find(AddressKey("a", ""))
    shelf.put(kept("d"))

    assert [shelf.find(AddressKey(local, "")) is not None for local in "abcd"] == [
        True,
        False,
        True,
        True,
    ]


def test_the_bytes_hold() -> None:
    """However many entries may be kept, and however large they are."""
    shelf = Shelf("owned", Bounds(1000, 20_000), Clock())

    for number in range(100):
        shelf.put(kept("x" * number))

    assert 15_000 < shelf.bytes <= 20_000
    assert 5 < len(shelf) < 20


def test_an_older_entry_makes_place_for_a_newer_one() -> None:
    """One key is kept once; nothing of the older one is found any more."""
    shelf = Shelf("owned", Bounds(10, MUCH), Clock())
    shelf.put(kept("a", REGION))

    newer = kept("a", ROOM)
    shelf.put(newer)

    assert (len(shelf), shelf.find(newer.key)) == (1, newer)
    assert locals_of(shelf, Changes(rows=frozenset({REGION}))) == []
    assert locals_of(shelf, Changes(rows=frozenset({ROOM}))) == ["a"]


@pytest.mark.parametrize("way", ["dropped", "evicted", "expired", "cleared", "replaced"])
def test_what_has_gone_is_found_no_more(way: str) -> None:
    """Neither by its key nor by what it was made of, whichever way it went."""
    clock = Clock()
    shelf = Shelf("owned", Bounds(2, MUCH), clock)
    for local in ("a", "b"):
        shelf.put(kept(local, REGION))

    match way:
        case "dropped":
            shelf.drop(AddressKey("a", ""))
            shelf.drop(AddressKey("nobody", ""))
        case "evicted":
            shelf.put(kept("c"))
        case "expired":
            clock.now_s = 2000.0 + MAX_SPREAD_S
            shelf.put(kept("c", forget_at=3000.0))
        case "cleared":
            shelf.clear()
        case _:
            shelf.put(kept("a", ROOM, forget_at=0.0))  # past its time: it is not kept at all

    gone = way in {"expired", "cleared"}
    assert shelf.find(AddressKey("a", "")) is None
    assert locals_of(shelf, Changes(frozenset("ab"), frozenset({REGION, ROOM}))) == (
        [] if gone else ["b", "b"]
    )


def test_changes_find_what_they_touch() -> None:
    """By local part in every domain, and by row; the rest is not looked at."""
    shelf = Shelf("owned", Bounds(100, MUCH), Clock())
    in_domain = Kept(AddressKey("a", "example.org"), Found(room_entry("r", ROOM)), 2000.0)
    for each in (kept("a", ROOM, REGION), kept("b", REGION), kept("c"), in_domain):
        shelf.put(each)

    assert locals_of(shelf, Changes(locals=frozenset({"a", "z"}))) == ["a", "a"]
    assert locals_of(shelf, Changes(rows=frozenset({REGION}))) == ["a", "b"]
    assert locals_of(shelf, Changes(rows=frozenset({ROOM}))) == ["a", "a"]
    assert locals_of(shelf, Changes()) == []


def test_a_walk_gives_each_entry_once() -> None:
    """Part by part, also where one local part has several keys, while the shelf changes."""
    shelf = Shelf("owned", Bounds(100, MUCH), Clock())
    for number in range(20):
        for domain in ("", "example.org"):
            shelf.put(Kept(AddressKey(str(number), domain), Found(room_entry()), 2000.0))

    seen: list[Kept] = []
    for part in shelf.parts():
        seen += part
        shelf.put(kept("0"))  # there already: it is in one of the parts

    assert len(seen) == len({each.key for each in seen}) == 40


def test_entries_that_came_together_do_not_leave_together() -> None:
    """Each is there as long as it may be of use, and gone soon after."""
    clock = Clock()
    shelf = Shelf("owned", Bounds(1000, MUCH), clock)
    for number in range(300):
        shelf.put(kept(str(number)))
    lengths = []

    for clock.now_s in (1999.9, 2000.0 + MAX_SPREAD_S / 2, 2000.0 + MAX_SPREAD_S):
        lengths.append(len(shelf))

    assert lengths[0] == 300
    assert 50 < lengths[1] < 250
    assert lengths[2] == 0


def test_calls_are_taken_once() -> None:
    """Hits go on counting: whether an entry was hit is asked elsewhere, too."""
    entry = kept("a")
    entry.hits, entry.other_calls = 3, 1

    taken = [entry.take_calls(), entry.take_calls()]
    entry.hits += 1

    assert [*taken, entry.take_calls(), entry.hits] == [4, 0, 1, 4]
