"""Draws PINs that are hard to guess, and mends pairs that the platform would not take.

Trivial is what a person tries first: fewer than three different digits (1111, 1212, 1122), even
steps (1234, 8901, 97531), the same block again (123123), the same backwards (12321), lines on the
keys of a telephone (2580, 147258), a year of this century or the last, and a date of day and month
with or without a year, as birthdays are written in Denmark.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from policy.errors import RefusedError
from policy.wire.fields import PIN_TEXT

DRAWN_LENGTHS: Final = range(4, 10)
DEFAULT_LENGTH: Final = 5
_FEWEST_DIGITS: Final = 3
# A PIN says who is host and who is guest: one slip of a finger must not change that.
_FEWEST_DIFFERENCES: Final = 2

_STRAIGHT: Final = ("123", "456", "789", "147", "258", "369", "159", "357", "2580")
_LINES: Final = tuple(way for line in _STRAIGHT for way in (line, line[::-1]))
_ON_LINES: Final = re.compile(
    # The last line may be cut short to two keys.
    rf"(?:{'|'.join(_LINES)})+(?:{'|'.join(line[:2] for line in _LINES)})?"
)
_AROUND_THE_CORNERS: Final = frozenset(
    way[start:] + way[:start] for way in ("1397", "1793") for start in range(4)
)
# 31 February counts: whoever guesses tries it too.
_DAY_MONTH: Final = r"(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])"
_MONTH_DAY: Final = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_YEAR: Final = r"(?:19|20)[0-9]{2}"
_ON_THE_CALENDAR: Final = re.compile(
    rf"{_YEAR}|{_DAY_MONTH}|{_DAY_MONTH}[0-9]{{2}}|{_DAY_MONTH}{_YEAR}|{_YEAR}{_MONTH_DAY}"
)

# Chance finds a pair at once but in odd ranges; in these, up to so many pairs, all are looked at.
# Above, chance has found one if any is there: the longest row of trivial numbers is the 200 years.
_TRIES: Final = 10_000
_FEW: Final = 100_000


@dataclass(frozen=True, slots=True)
class PinPair:
    """The PINs of a room that were drawn together; `guest_pin` is None when only one was asked."""

    pin: str = field(repr=False)
    guest_pin: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PinRange:
    """Numbers to draw from, both ends among them."""

    low: int
    high: int

    @classmethod
    def of_length(cls, length: int) -> PinRange:
        """Give all PINs of a length; the first digit is never a zero."""
        return cls(10 ** (length - 1), 10**length - 1)

    @property
    def size(self) -> int:
        """Count the numbers."""
        return self.high - self.low + 1

    def draw(self) -> str:
        """Give one of them, each as likely as any other."""
        return str(self.low + secrets.randbelow(self.size))

    def list_permitted(self) -> list[str]:
        """List those that are not trivial."""
        return [pin for pin in map(str, range(self.low, self.high + 1)) if not is_trivial(pin)]


@dataclass(frozen=True, slots=True)
class Repair:
    """A pair that the platform takes, and in words what was done about it; without a PIN."""

    pin: str | None = field(repr=False)
    guest_pin: str | None = field(repr=False)
    done: tuple[str, ...] = ()


def is_trivial(pin: str) -> bool:
    """Say whether a PIN is among the first that a person would try; see the module's docstring."""
    digits = pin.removesuffix("#")
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    return (
        len(set(digits)) < _FEWEST_DIGITS
        or len(steps) == 1
        or digits == digits[::-1]
        or _repeats_a_block(digits)
        or digits in _AROUND_THE_CORNERS
        or _ON_LINES.fullmatch(digits) is not None
        or _ON_THE_CALENDAR.fullmatch(digits) is not None
    )


def _repeats_a_block(digits: str) -> bool:
    return any(digits[size:] == digits[:-size] for size in range(1, len(digits) // 2 + 1))


def draw_pair(length: int = DEFAULT_LENGTH, *, guest: bool = True) -> PinPair:
    """Draw a pair of PINs of a length, each permitted pair as likely as any other."""
    if length not in DRAWN_LENGTHS:
        raise RefusedError(f"PIN length {length}: PINs that are drawn have 4 to 9 digits")
    numbers = PinRange.of_length(length)
    return draw_pair_from(numbers, numbers if guest else None)


def draw_pair_from(host: PinRange, guest: PinRange | None) -> PinPair:
    """Draw a pair from two ranges, or one PIN; raises RefusedError when they cannot give any.

    A pair is two PINs that are as long as each other, not trivial, different in at least two
    places, and neither is the other backwards.
    """
    _check_ranges(host, guest)
    if guest is None:
        return PinPair(_draw_from(host))
    for _ in range(_TRIES):
        pin, guest_pin = host.draw(), guest.draw()
        if not is_trivial(pin) and not is_trivial(guest_pin) and _are_apart(pin, guest_pin):
            return PinPair(pin, guest_pin)
    if host.size * guest.size <= _FEW:
        guests = guest.list_permitted()
        permitted = host.list_permitted()
        pairs = [
            PinPair(pin, each) for pin in permitted for each in guests if _are_apart(pin, each)
        ]
        if pairs:
            return secrets.choice(pairs)
    raise RefusedError("PIN ranges: no two PINs of them are different enough and not trivial")


def _draw_from(numbers: PinRange) -> str:
    for _ in range(_TRIES):
        if not is_trivial(pin := numbers.draw()):
            return pin
    if numbers.size <= _FEW and (permitted := numbers.list_permitted()):
        return secrets.choice(permitted)
    raise RefusedError("PIN range: every PIN of it is trivial")


def _check_ranges(host: PinRange, guest: PinRange | None) -> None:
    given = [host] if guest is None else [host, guest]
    lengths = {len(str(end)) for each in given for end in (each.low, each.high)}
    if any(each.size < 1 for each in given):
        raise RefusedError("PIN range: its lowest PIN is above its highest")
    if len(lengths) > 1 or lengths.isdisjoint(DRAWN_LENGTHS):
        raise RefusedError("PIN ranges: all of their PINs must have the same length, 4 to 9 digits")


def _are_apart(pin: str, guest_pin: str) -> bool:
    differences = sum(one != other for one, other in zip(pin, guest_pin, strict=True))
    return differences >= _FEWEST_DIFFERENCES and pin != guest_pin[::-1]


def repair_pair(pin: str | None, guest_pin: str | None) -> Repair:
    """Make a pair of somebody else's making one that the platform takes.

    The host PIN stays if it is one; a guest PIN that does not go with it, or is trivial, is drawn
    anew. A trivial host PIN is told and kept.
    """
    done: list[str] = []
    host, guest = pin or None, guest_pin or None
    if host is None and guest is None:
        return Repair(None, None)
    if host is None or not PIN_TEXT.fullmatch(host):
        why = "there was none" if host is None else "it was not 4 to 20 digits"
        host = _draw_beside(guest) if guest is not None and PIN_TEXT.fullmatch(guest) else _fresh()
        done.append(f"host PIN drawn: {why}")
    elif is_trivial(host):
        done.append("host PIN kept, though it is trivial")
    if guest is not None and (why := _fault_of_guest(host, guest)):
        guest = _draw_beside(host)
        done.append(f"guest PIN drawn: {why}")
    return Repair(host, guest, tuple(done))


def _fault_of_guest(host: str, guest: str) -> str:
    if not PIN_TEXT.fullmatch(guest):
        return "it was not 4 to 20 digits"
    if host == guest:
        return "it was the host PIN"
    if host.endswith("#") != guest.endswith("#"):
        return "only one of the two ended with '#'"
    if not host.endswith("#") and len(host) != len(guest):
        return "it was not as long as the host PIN"
    return "it was trivial" if is_trivial(guest) else ""


def _fresh() -> str:
    return draw_pair(guest=False).pin


def _draw_beside(pin: str) -> str:
    """Draw a PIN as long as another, and apart from it; ends with '#' if that does."""
    digits = pin.removesuffix("#")
    numbers = PinRange.of_length(len(digits))
    while True:  # of three digits two in three will do, of more nearly all
        drawn = numbers.draw()
        if not is_trivial(drawn) and _are_apart(digits, drawn):
            return drawn + pin[len(digits) :]
