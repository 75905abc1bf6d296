"""What a stretch of the day is to look like: how much, how long, of which rooms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# Of 550 requests a second 200 are of somebody who tries numbers.
SCANNED: Final = 200 / 550
# A working day from eight to six passes in one stretch, an hour each tenth of it.
HOURS: Final = 10


class Kind(StrEnum):
    """What was asked, by the answer that is right."""

    ROOM = "room"
    EARLY = "booking, too early"
    UNKNOWN = "unknown number"
    WITHDRAWN = "cancelled or retired"
    NON_DIAL = "no call"
    PARTICIPANT = "participant"
    LOCATION = "location"
    AVATAR = "avatar"
    REGISTRATION = "registration"
    PHONEBOOK = "phone book"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of calls: requests a second on average, seconds, and its number within a run.

    Bookings open on each hour. Without crowds the rate is an even one. `changes` are commits a
    second; there are none while the database is away.
    """

    number: int
    rate: float
    seconds: float
    rooms: int = 10_000
    devices: int = 5000
    bookings_per_hour: int = 400
    changes: float = 2.0
    has_crowds: bool = True

    @property
    def hour_s(self) -> float:
        """How long an hour of the day lasts."""
        return self.seconds / HOURS

    @property
    def requests(self) -> int:
        """How many requests there are in all."""
        return round(self.rate * self.seconds)

    def booking(self, hour: int, number: int) -> int:
        """Give the number under which a booking is reached that opens at this hour."""
        return 5_000_000 + self.number * 100_000 + hour * 10_000 + number


@dataclass(frozen=True, slots=True, order=True)
class Ask:
    """One request: when, in seconds from the start of the stretch, and its target."""

    at_s: float
    kind: Kind
    target: str


class Deed(StrEnum):
    """What an organisation does meanwhile."""

    BOOK = "book"
    CANCEL = "cancel"
    OPEN_ROOM = "open a room"
    RETIRE_ROOM = "retire a room"


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One commit: when, what, and whose address it is about."""

    at_s: float
    deed: Deed
    local: str
