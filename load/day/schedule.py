"""Everything that is asked in a stretch, in order, and what is committed meanwhile; pure."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from load.day.calls import call
from load.day.plan import HOURS, SCANNED, Ask, Change, Deed, Kind
from load.day.shape import CROWD_S_OF_HOUR, moment
from load.day.targets import Caller, scanned
from load.paths import FIRST_ROOM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from load.day.plan import Stretch

# The longest that a call's requests are spread over; calls under way at the start are among them.
CALL_S: Final = 8.0
# How long after a commit a call must meet it, and how long a booking or a room stays.
KNOWN_AFTER_S: Final = 1.0
STAYS_S: Final = 5.0
# Some come before their meeting opens, and less than the clock's tick is no test.
EARLY: Final = 0.3
EARLIEST_S: Final = 2.0
MARGIN_S: Final = 0.25
FIRST_SCANNED: Final = 6_000_000


def asks_of(stretch: Stretch) -> list[Ask]:
    """Give every request of a stretch, the first first; the same every time."""
    draw = random.Random(stretch.number)  # noqa: S311  the same every time
    asks = [*_of_changes(stretch, draw), *_scanned(stretch, draw)]
    while len(asks) < stretch.requests:
        asks += (each for each in _call(stretch, draw) if 0 <= each.at_s < stretch.seconds)
    asks = asks[: stretch.requests]
    asks.sort(key=lambda each: each.at_s)
    return asks


def changes_of(stretch: Stretch) -> list[Change]:
    """Give every commit of a stretch, the first first."""
    changes = []
    for number in range(int(stretch.changes * (stretch.seconds - 2 * STAYS_S) / 2)):
        at_s = KNOWN_AFTER_S + STAYS_S / 4 + 2 * number / stretch.changes
        local = f"change{stretch.number}n{number}"
        comes, goes = (Deed.BOOK, Deed.CANCEL) if number % 2 else (Deed.OPEN_ROOM, Deed.RETIRE_ROOM)
        changes += [Change(at_s, comes, local), Change(at_s + STAYS_S, goes, local)]
    return sorted(changes)


def _of_changes(stretch: Stretch, draw: random.Random) -> Iterator[Ask]:
    """Call before a commit, so that there is something wrong to remember, and after it."""
    for change in changes_of(stretch):
        is_new = change.deed in {Deed.BOOK, Deed.OPEN_ROOM}
        caller = Caller(change.local, "sip", draw)
        before = Kind.UNKNOWN if is_new else Kind.ROOM
        after = Kind.ROOM if is_new else Kind.WITHDRAWN
        yield Ask(change.at_s - KNOWN_AFTER_S, before, caller.service("invite"))
        yield Ask(change.at_s + KNOWN_AFTER_S, after, caller.service("invite"))


def _scanned(stretch: Stretch, draw: random.Random) -> Iterator[Ask]:
    """One number after the other, at an even pace."""
    count = int(stretch.requests * SCANNED)
    first = FIRST_SCANNED + stretch.number * 100_000
    for number in range(count):
        at_s = (number + 0.5) * stretch.seconds / count
        yield Ask(at_s, Kind.UNKNOWN, scanned(first + number % 100_000, draw))


def _call(stretch: Stretch, draw: random.Random) -> list[Ask]:
    """Somebody calls a room, or a meeting that has just opened, or one that opens soon."""
    lasts_s = stretch.seconds + CALL_S
    at_s = moment(draw, lasts_s) if stretch.has_crowds else draw.random() * lasts_s
    at_s -= CALL_S
    hour = int(at_s // stretch.hour_s)
    into_s = at_s - hour * stretch.hour_s
    is_crowd = into_s < stretch.hour_s * CROWD_S_OF_HOUR
    if stretch.bookings_per_hour and hour >= 0:
        number = draw.randrange(stretch.bookings_per_hour)
        left_s = stretch.hour_s - into_s
        if MARGIN_S < left_s < EARLIEST_S and hour + 1 < HOURS and draw.random() < EARLY:
            caller = Caller(stretch.booking(hour + 1, number), "sip", draw)
            return [Ask(at_s, Kind.EARLY, caller.service("invite"))]
        if into_s > MARGIN_S and draw.random() < (0.8 if is_crowd else 0.3):
            return call(at_s, stretch.booking(hour, number), draw, stretch.devices)
    # Some rooms are called all the time, most of them now and then.
    room = int(draw.paretovariate(0.7)) % stretch.rooms
    return call(at_s, FIRST_ROOM + room, draw, stretch.devices)
