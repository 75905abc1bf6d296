"""Rooms and meetings in little memory: what many share once, what is one's own in bytes. Pure.

An entry of records takes 2 kB in some ten objects, of which the garbage collector looks at each.
Packed it takes 150 bytes that nobody looks at, and two microseconds to become records again.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from struct import Struct
from sys import getsizeof
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

import asyncpg.pgproto.pgproto

from policy.directory.records import Booking, Entry, PermanentRoom, service_tag
from policy.wire.results import ServiceResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from policy.directory.records import OrganisationState, RoomState

# The driver's own, which is made in a tenth of the time.
_Id: Final = asyncpg.pgproto.pgproto.UUID
# The row that an entry is of, the number of its address, and whether it begins as most do.
_HEAD: Final = Struct("<16sq?")
# When a meeting opens, ends and closes, and until when the entry is valid, in microseconds.
_TIMES: Final = Struct("<4q")
_NO_TIME: Final = -(1 << 63)
_NO_ADDRESS: Final = -1
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# Where what is a room's own ends: `lookup` writes it in front.
_SHARED_FROM: Final = b',"service_type":'
# A part that is shared, with its place in the table; and what a frame is beside its texts.
_SHARED_BYTES: Final = 150
_FRAME_BYTES: Final = 500


class Frame(NamedTuple):
    """What rooms of one organisation, made of one template, mostly have in common.

    `state` is None for a meeting. `rows` are the ids of what they are made of, besides themselves.
    """

    own_domain: bool
    organisation: OrganisationState
    state: RoomState | None
    cancelled: bool
    owner: str
    picture_id: UUID | None
    subtree: tuple[str, ...]
    tags: tuple[str, ...]
    rows: tuple[UUID, ...]
    valid_until: datetime | None  # of a room; hardly any has one
    service_type: str


SharedT = TypeVar("SharedT", Frame, bytes)


class Packed(NamedTuple):
    """An entry in three parts; `own` begins with the row that the entry is of.

    `rest` is what the result says beside the room's own: its settings, as many have them.
    """

    frame: Frame
    rest: bytes
    own: bytes


def pack(entry: Entry) -> Packed | None:
    """Give a room or a meeting in little memory, None for anything else."""
    target, parts = entry.target, entry.parts
    if isinstance(target, PermanentRoom):
        state: RoomState | None = target.state
        times, cancelled, valid_until = b"", False, entry.valid_until
    elif isinstance(target, Booking):
        times = _times(target, entry.valid_until)
        state, cancelled, valid_until = None, target.cancelled, None
    else:
        return None
    if not parts:
        return None
    service = target.service
    json = service.json
    split = max(json.find(_SHARED_FROM), 0)
    frame = Frame(
        entry.own_domain,
        target.organisation,
        state,
        cancelled,
        target.owner,
        target.picture_id,
        target.subtree,
        target.tags,
        parts[1:],
        valid_until,
        service.service_type,
    )
    address_id = _NO_ADDRESS if entry.address_id is None else entry.address_id
    begin = _usual_begin(parts[0], frame)
    is_usual = json.startswith(begin, 0, split)
    head = _HEAD.pack(parts[0].bytes, address_id, is_usual)
    own = head + times + json[len(begin) if is_usual else 0 : split]
    return Packed(frame, json[split:], own)


def unpack(frame: Frame, rest: bytes, own: bytes) -> Entry:
    """Give the entry again."""
    row_bytes, address_id, is_usual = _HEAD.unpack_from(own)
    row = _Id(row_bytes)
    begin = _usual_begin(row, frame) if is_usual else b""
    if frame.state is None:
        opens_at, ends_at, closes_at, until = _TIMES.unpack_from(own, _HEAD.size)
        valid_until = None if until == _NO_TIME else _moment(until)
        target: PermanentRoom | Booking = Booking(
            frame.organisation,
            _moment(opens_at),
            _moment(ends_at),
            _moment(closes_at),
            frame.cancelled,
            ServiceResult(begin + own[_HEAD.size + _TIMES.size :] + rest, frame.service_type),
            frame.owner,
            frame.picture_id,
            frame.subtree,
            frame.tags,
        )
    else:
        valid_until = frame.valid_until
        target = PermanentRoom(
            frame.organisation,
            frame.state,
            ServiceResult(begin + own[_HEAD.size :] + rest, frame.service_type),
            frame.owner,
            frame.picture_id,
            frame.subtree,
            frame.tags,
        )
    return Entry(
        frame.own_domain,
        target,
        valid_until,
        (row, *frame.rows),
        None if address_id == _NO_ADDRESS else address_id,
    )


def _usual_begin(row: UUID, frame: Frame) -> bytes:
    """Give what a room's own part begins with unless somebody chose its name or its tag."""
    kind = "booking" if frame.state is None else "permanent"
    return f'{{"name":"r-{row}","service_tag":"{service_tag(frame.owner, kind)}"'.encode()


def row_of(own: bytes) -> bytes:
    """Give the id of the row that an entry is of."""
    return own[:16]


def address_id_of(own: bytes) -> int | None:
    """Give the number of an entry's address."""
    _, address_id, _ = _HEAD.unpack_from(own)
    return None if address_id == _NO_ADDRESS else address_id


def shared_bytes(shared: Frame | bytes) -> int:
    """Give about how much memory a shared part takes, with what it is known by."""
    if isinstance(shared, bytes):
        return _SHARED_BYTES + len(shared)
    texts = (shared.owner, *shared.subtree, *shared.tags)
    return _FRAME_BYTES + sum(map(getsizeof, texts))


def _times(booking: Booking, valid_until: datetime | None) -> bytes:
    moments = (booking.opens_at, booking.ends_at, booking.closes_at)
    until = _NO_TIME if valid_until is None else _microseconds(valid_until)
    return _TIMES.pack(*map(_microseconds, moments), until)


def _microseconds(moment: datetime) -> int:
    return (moment - _START) // _MICROSECOND


def _moment(microseconds: int) -> datetime:
    return _START + timedelta(microseconds=microseconds)


class Shared(Generic[SharedT]):
    """Parts that are in use, each of them once; it is that one that is held and released."""

    def __init__(self) -> None:
        self._held: dict[SharedT, SharedT] = {}
        # By identity, since to hash a frame takes longer than all else about it.
        self._users: dict[int, int] = {}
        self.size_bytes = 0

    def __iter__(self) -> Iterator[SharedT]:
        return iter(self._held)

    def hold(self, part: SharedT) -> tuple[SharedT, bool]:
        """Give the one that is equal, and whether it is new; `release()` it later."""
        held = self._held.setdefault(part, part)
        users = self._users.get(id(held), 0)
        if not users:
            self.size_bytes += shared_bytes(held)
        self._users[id(held)] = users + 1
        return held, not users

    def release(self, held: SharedT) -> bool:
        """Use a part once less; says whether nobody uses it any more."""
        users = self._users[id(held)] - 1
        if users:
            self._users[id(held)] = users
            return False
        del self._held[held], self._users[id(held)]
        self.size_bytes -= shared_bytes(held)
        return True


class Frames:
    """What kept entries share, and the rows that many of them are made of."""

    def __init__(self) -> None:
        self._frames: Shared[Frame] = Shared()
        self._rests: Shared[bytes] = Shared()
        self._rows: Counter[UUID] = Counter()

    @property
    def size_bytes(self) -> int:
        """Give about how much memory all of it takes."""
        return self._frames.size_bytes + self._rests.size_bytes

    def hold(self, frame: Frame, rest: bytes) -> tuple[Frame, bytes]:
        """Give the parts that are equal to these; `release()` what is given later."""
        frame, is_new = self._frames.hold(frame)
        if is_new:
            self.hold_rows(frame.rows)
        rest, _ = self._rests.hold(rest)
        return frame, rest

    def release(self, frame: Frame, rest: bytes) -> None:
        """Use both once less."""
        self._rests.release(rest)
        if self._frames.release(frame):
            self.release_rows(frame.rows)

    def hold_rows(self, rows: Iterable[UUID]) -> None:
        """Note that something is made of rows."""
        for row in rows:
            self._rows[row] += 1

    def release_rows(self, rows: Iterable[UUID]) -> None:
        """Note that something is not there any more that was made of rows."""
        for row in rows:
            self._rows[row] -= 1
            if not self._rows[row]:
                del self._rows[row]

    def in_use(self, rows: AbstractSet[UUID]) -> AbstractSet[UUID]:
        """Give those of some rows that anything is made of."""
        return rows & self._rows.keys()

    def ids_of(self, rows: AbstractSet[UUID]) -> frozenset[int]:
        """Give the identities of the frames that are made of any of these rows."""
        return frozenset(id(each) for each in self._frames if not rows.isdisjoint(each.rows))
