"""PINs that are drawn, and pairs that are mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.directory.pins import (
    DRAWN_LENGTHS,
    PinPair,
    PinRange,
    draw_pair,
    draw_pair_from,
    is_trivial,
    repair_pair,
)
from policy.errors import RefusedError
from policy.wire.fields import PIN_TEXT, check_pins

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTHS = st.sampled_from(DRAWN_LENGTHS)
WRITTEN = (
    st.none()
    | st.text("0123456789#", max_size=22)
    | st.integers(0, 10**7).map(str)
    | st.integers(100, 10**6).map("{}#".format)
)


@pytest.mark.parametrize(
    "pin",
    [
        *("1111", "1212", "1122", "2221", "99999", "70770"),
        *("1234", "9876", "8901", "3210", "1357", "97531", "123456789"),
        *("123123", "482482", "4824824"),
        *("1221", "12321", "834438"),
        *("2580", "0852", "147258", "258147", "14725", "159357", "1397", "9317"),
        *("1984", "2031", "1004", "3112", "240584", "24051984", "19840524"),
        "1234#",
    ],
)
def test_what_a_person_tries_first_is_trivial(pin: str) -> None:
    """Repeats, steps, blocks, mirrors, lines on the keys, years and dates."""
    assert is_trivial(pin)


@pytest.mark.parametrize(
    "pin", ["4821", "9037", "48213", "90377", "55201", "2587", "4832", "7483#"]
)
def test_what_nobody_tries_first_is_not(pin: str) -> None:
    """Two equal digits beside each other or a short run within are no reason."""
    assert not is_trivial(pin)


@pytest.mark.parametrize(("length", "share"), [(4, 0.12), (5, 0.03), (6, 0.04)])
def test_most_pins_remain(length: int, share: float) -> None:
    """Leaving out what is trivial leaves enough to guess from."""
    numbers = PinRange.of_length(length)

    assert len(numbers.list_permitted()) > (1 - share) * numbers.size


@given(length=LENGTHS)
def test_a_drawn_pair_goes_together(length: int) -> None:
    """As long as each other, neither trivial, at least two slips apart, no zero in front."""
    pair = draw_pair(length)

    assert pair.guest_pin is not None
    assert (len(pair.pin), len(pair.guest_pin)) == (length, length)
    assert not is_trivial(pair.pin)
    assert not is_trivial(pair.guest_pin)
    assert "0" not in (pair.pin[0], pair.guest_pin[0])
    assert sum(a != b for a, b in zip(pair.pin, pair.guest_pin, strict=True)) >= 2
    assert pair.pin != pair.guest_pin[::-1]
    check_pins(pair.pin, pair.guest_pin, allow_guests=True)


@given(length=LENGTHS)
def test_one_pin_is_drawn_where_guests_have_none(length: int) -> None:
    """The host PIN alone, by the same rules."""
    pair = draw_pair(length, guest=False)

    assert (len(pair.pin), pair.guest_pin, is_trivial(pair.pin)) == (length, None, False)


@pytest.mark.parametrize("length", [0, 3, 10])
def test_another_length_is_refused(length: int) -> None:
    """PINs that are drawn have four to nine digits."""
    with pytest.raises(RefusedError, match=rf"^PIN length {length}: PINs that are drawn have 4 to"):
        draw_pair(length)


def _numbers(length: int) -> st.SearchStrategy[PinRange]:
    whole = PinRange.of_length(length)
    ends = st.integers(whole.low, whole.high)
    narrow = st.tuples(ends, st.integers(0, 30)).map(
        lambda drawn: PinRange(drawn[0], min(drawn[0] + drawn[1], whole.high))
    )
    return narrow | st.tuples(ends, ends).map(lambda drawn: PinRange(min(drawn), max(drawn)))


RANGES = st.sampled_from((4, 5)).flatmap(
    lambda length: st.tuples(_numbers(length), _numbers(length))
)


@settings(max_examples=150)
@given(ranges=RANGES)
def test_a_pair_comes_from_its_ranges(ranges: tuple[PinRange, PinRange]) -> None:
    """Each PIN is in its own range, its ends among it, or there is no pair in them at all."""
    host, guest = ranges
    try:
        pair = draw_pair_from(host, guest)
    except RefusedError:
        assert not any(_pairs(host, guest))
    else:
        assert pair.guest_pin is not None
        assert host.low <= int(pair.pin) <= host.high
        assert guest.low <= int(pair.guest_pin) <= guest.high


def _pairs(host: PinRange, guest: PinRange) -> Iterator[tuple[str, str]]:
    guests = guest.list_permitted()
    for pin in host.list_permitted():
        for other in guests:
            apart = sum(a != b for a, b in zip(pin, other, strict=True)) >= 2
            if apart and pin != other[::-1]:
                yield pin, other


def test_both_ends_of_a_range_are_drawn() -> None:
    """Of two numbers each comes up; so does each of a pair's ranges."""
    host, guest = PinRange(48213, 48214), PinRange(90376, 90377)

    drawn = {draw_pair_from(host, guest) for _ in range(200)}

    pins = ("48213", "48214"), ("90376", "90377")
    assert drawn == {PinPair(pin, guest_pin) for pin in pins[0] for guest_pin in pins[1]}


@pytest.mark.parametrize(
    ("host", "guest", "said"),
    [
        (PinRange(48213, 48213), PinRange(48213, 48214), "no two PINs of them"),
        (PinRange(4821, 4821), PinRange(1284, 1284), "no two PINs of them"),
        (PinRange(1111, 1111), PinRange(1000, 9999), "no two PINs of them"),
        (PinRange(1111, 1111), None, "every PIN of it is trivial"),
        (PinRange(1000, 9999), PinRange(10000, 99999), "the same length, 4 to 9 digits"),
        (PinRange(500, 999), None, "the same length, 4 to 9 digits"),
        (PinRange(9999, 1000), None, "its lowest PIN is above its highest"),
    ],
)
def test_ranges_without_a_pair_are_told(host: PinRange, guest: PinRange | None, said: str) -> None:
    """The sentence says what is wrong, and no number of them: a narrow range is nearly a PIN."""
    with pytest.raises(RefusedError, match=said) as caught:
        draw_pair_from(host, guest)

    assert "8" not in str(caught.value)


def test_a_pair_shows_nothing() -> None:
    """What is printed of a pair or a repair by accident holds no PIN."""
    assert "48213" not in f"{PinPair('48213', '48213')} {repair_pair('48213', '48213')}"


@pytest.mark.parametrize(
    ("pin", "guest_pin", "done"),
    [
        (None, None, ()),
        ("", "", ()),
        ("48213", None, ()),
        ("48213", "90377", ()),
        ("483#", "77120#", ()),
        (
            "1234",
            "90377",
            ("host PIN kept, though it is trivial", "guest PIN drawn: it was not as"),
        ),
        ("48213", "48213", ("guest PIN drawn: it was the host PIN",)),
        ("48213", "9037", ("guest PIN drawn: it was not as long as the host PIN",)),
        ("48213", "9037#", ("guest PIN drawn: only one of the two ended with '#'",)),
        ("48213", "11111", ("guest PIN drawn: it was trivial",)),
        ("48213", "9a377", ("guest PIN drawn: it was not 4 to 20 digits",)),
        ("48a13", "90377", ("host PIN drawn: it was not 4 to 20 digits",)),
        (None, "90377", ("host PIN drawn: there was none",)),
    ],
)
def test_a_repair_says_what_it_did(
    pin: str | None, guest_pin: str | None, done: tuple[str, ...]
) -> None:
    """One sentence for each thing, without the PIN."""
    repair = repair_pair(pin, guest_pin)

    assert len(repair.done) == len(done)
    assert all(said.startswith(begin) for said, begin in zip(repair.done, done, strict=True))


@given(pin=WRITTEN, guest_pin=WRITTEN)
def test_a_repaired_pair_is_taken_and_stays(pin: str | None, guest_pin: str | None) -> None:
    """The platform takes it, nobody's PIN is taken away, and a second repair changes nothing."""
    repair = repair_pair(pin, guest_pin)

    check_pins(repair.pin, repair.guest_pin, allow_guests=True)
    assert all(each is None or PIN_TEXT.fullmatch(each) for each in (repair.pin, repair.guest_pin))
    assert (repair.guest_pin is None) == (not guest_pin)
    assert repair.pin == pin or not (pin and PIN_TEXT.fullmatch(pin))
    again = repair_pair(repair.pin, repair.guest_pin)
    assert (again.pin, again.guest_pin) == (repair.pin, repair.guest_pin)
