"""What is kept of an entry, packed or not."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from policy.directory.kept import CHANGED, Kept, Term
from policy.directory.records import AddressKey, Entry, Found
from tests.fakes.caching import room_entry

KEY: Final = AddressKey("700", "example.org")
ROOM: Final = UUID(int=7)
REGION: Final = UUID(int=8)


def kept(entry: Entry) -> Kept:
    """Keep an entry."""
    return Kept(KEY, Found(entry), Term(2000.0, trust=3))


def test_a_packed_entry_says_the_same() -> None:
    """Of itself, of its address and of the rows that it is made of."""
    entry = room_entry("r-7", ROOM, REGION, address_id=77)
    unpacked, packed = kept(entry), kept(entry)
    packed.pack()

    for each in (unpacked, packed):
        assert (each.key, each.entry, each.address_id) == (KEY, entry, 77)
        assert each.entry.parts == entry.parts
        assert each.shared_rows == (REGION,)
        assert (each.is_of(ROOM), each.is_of(REGION)) == (True, False)
    assert packed.number == unpacked.number
    assert (unpacked.found, packed.found) == (Found(entry), None)
    assert packed.own_bytes < unpacked.own_bytes


def test_what_nobody_owns_is_not_packed() -> None:
    """There is nothing to it."""
    entry = Entry(own_domain=True, target=None)
    nobodys = kept(entry)

    nobodys.pack()

    assert (nobodys.frame, nobodys.entry, nobodys.shared_rows) == (None, entry, ())
    assert not nobodys.is_of(ROOM)
    assert not nobodys.is_made_of({ROOM}, set())


def test_what_is_known_to_be_another_says_so() -> None:
    """Nothing else of its term changes, nor that of those that came together with it."""
    entry = kept(room_entry())
    term = entry.term

    entry.distrust()

    assert entry.term == Term(2000.0, trust=CHANGED)
    assert term.trust == 3


def test_calls_are_taken_once() -> None:
    """Hits go on counting: whether an entry was hit is asked elsewhere, too."""
    entry = kept(room_entry())
    entry.hits, entry.other_calls = 3, 1

    taken = [entry.take_calls(), entry.take_calls()]
    entry.hits += 1

    assert [*taken, entry.take_calls(), entry.hits] == [4, 0, 1, 4]
