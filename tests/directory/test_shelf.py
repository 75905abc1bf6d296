"""What is kept within bounds, and found again by what it was made of."""

from __future__ import annotations

import gc
from itertools import pairwise
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.directory.kept import Kept, Term
from policy.directory.records import (
    AddressKey,
    Changes,
    Device,
    Entry,
    Found,
    OrganisationState,
)
from policy.directory.shelf import MAX_AT_HAND, Bounds, Shelf
from tests.fakes.caching import Clock, room_entry

REGION: Final = UUID(int=1)
ROOM: Final = UUID(int=2)
MUCH: Final = 1_000_000
TERM: Final = Term(2000.0)  # as all have that came together


def kept(local: str, *parts: UUID, forget_at: float = 2000.0) -> Kept:
    """Give a kept room."""
    term = Term(forget_at) if forget_at != TERM.forget_at else TERM
    return Kept(AddressKey(local, ""), Found(room_entry(local, *parts)), term)


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
    assert 15 < len(shelf) < 30


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
            clock.now_s = 2000.0
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
    in_domain = Kept(AddressKey("a", "example.org"), Found(room_entry("r", ROOM)), Term(2000.0))
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
            shelf.put(Kept(AddressKey(str(number), domain), Found(room_entry()), Term(2000.0)))

    seen: list[Kept] = []
    for part in shelf.parts():
        seen += part
        shelf.put(kept("0"))  # there already: it is in one of the parts

    assert len(seen) == len({each.key for each in seen}) == 40


def test_entries_that_came_together_do_not_leave_together() -> None:
    """What is past its time leaves a few at a time, with every entry that comes: no call waits."""
    clock = Clock()
    shelf = Shelf("owned", Bounds(1000, MUCH), clock)
    for number in range(300):
        shelf.put(kept(str(number)))
    clock.now_s = 2000.0

    lengths = [len(shelf)]
    for _ in range(126):  # as many buckets as there are
        shelf.put(kept("new", forget_at=3000.0))
        lengths.append(len(shelf))

    left = [before - after for before, after in pairwise(lengths)]
    assert lengths[0] == 300
    assert max(left) < 20
    assert lengths[-1] == 1


def test_what_was_asked_for_lately_is_at_hand() -> None:
    """The rest is packed, also what has only come, and says the same when it is asked for."""
    shelf = Shelf("owned", Bounds(2 * MAX_AT_HAND, 100 * MUCH), Clock())
    entries = [kept(str(number), UUID(int=number)) for number in range(MAX_AT_HAND + 10)]
    said = [each.entry for each in entries]
    for each in entries:
        shelf.put(each)
    assert not any(each.found for each in entries)

    found = [shelf.found(each).entry for each in entries]

    assert found == said
    assert [each for each in entries if each.found is None] == entries[:10]
    assert shelf.found(entries[10]) is entries[10].found


def test_an_entry_takes_one_object_that_the_collector_looks_at() -> None:
    """Beside those of a bounded number at hand: of ten each a full collection takes 0.4 s."""
    shelf = Shelf("owned", Bounds(20_000, 100 * MUCH), Clock())
    for number in range(MAX_AT_HAND):
        shelf.put(kept(str(number), UUID(int=number)))
    gc.collect()
    before = len(gc.get_objects())

    for number in range(MAX_AT_HAND, MAX_AT_HAND + 5000):
        shelf.put(kept(str(number), UUID(int=number)))
    gc.collect()

    assert len(gc.get_objects()) - before < 1.1 * 5000


def test_a_change_of_what_many_share_finds_them_all() -> None:
    """Also while they are packed, and devices, which never are."""
    shelf = Shelf("owned", Bounds(1000, 100 * MUCH), Clock())
    device = Device(OrganisationState.ACTIVE, True, False, True, "", "")  # noqa: FBT003  its order
    entry = Entry(own_domain=True, target=device, parts=(UUID(int=7), REGION))
    shelf.put(Kept(AddressKey("device", ""), Found(entry), Term(2000.0)))
    shelf.put(kept("a", ROOM, REGION))
    shelf.put(kept("b", UUID(int=3), UUID(int=4)))

    assert locals_of(shelf, Changes(rows=frozenset({REGION}))) == ["a", "device"]
    assert locals_of(shelf, Changes(rows=frozenset({UUID(int=7)}))) == ["device"]
    shelf.drop(AddressKey("device", ""))
    shelf.drop(AddressKey("a", ""))
    assert locals_of(shelf, Changes(rows=frozenset({REGION, ROOM}))) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("put", "drop", "find")),
            st.sampled_from("abc"),
            st.sampled_from(("", "example.org", "example.com")),
        )
    )
)
def test_a_shelf_keeps_what_was_put_last(steps: list[tuple[str, str, str]]) -> None:
    """Whatever comes and goes, under one local part in several domains too."""
    shelf = Shelf("owned", Bounds(100, MUCH), Clock())
    wanted: dict[AddressKey, Kept] = {}
    for step, local, domain in steps:
        key = AddressKey(local, domain)
        if step == "put":
            wanted[key] = Kept(key, Found(room_entry(local, ROOM, REGION)), Term(2000.0))
            shelf.put(wanted[key])
        elif step == "drop":
            wanted.pop(key, None)
            shelf.drop(key)
        assert shelf.find(key) is wanted.get(key)

    assert len(shelf) == len(wanted)
    assert {id(each) for part in shelf.parts() for each in part} == set(map(id, wanted.values()))
    for key in tuple(wanted):
        shelf.drop(key)
    assert (len(shelf), shelf.bytes) == (0, 0)
