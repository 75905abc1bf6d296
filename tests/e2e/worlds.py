"""A small organisation that one writer changes at random, and what its aliases answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from tests.database import SEAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from policy.directory.connection import Connection

ALIASES: Final = 16
MAX_ROOMS: Final = 12

# Hours from now; no meeting opens or ends while a test runs.
TIMES: Final = {"OK": (-1, 5), "TOO_EARLY": (2, 5), "ENDED": (-5, -1)}

_MAKE: Final = (
    "INSERT INTO organisation (id, name, code) VALUES ($1, $2, $2)",
    "INSERT INTO domain (domain, organisation_id) VALUES ($2, $1)",
    """
INSERT INTO template (id, organisation_id, name, service)
VALUES ($2, $1, 'history', '{"max_callrate_in": 1000000}')
""",
)
_ADD_ROOM: Final = """
WITH made AS (
    INSERT INTO room (id, organisation_id, kind, service_name, pin, template_id)
    VALUES ($1, $2, 'permanent', $3, $4, $5)
)
INSERT INTO address (local, domain, kind, room_id) VALUES ($6, $7, 'permanent', $1)
"""
_BOOK: Final = """
WITH made AS (
    INSERT INTO room (id, organisation_id, kind, service_name, pin, template_id)
    VALUES ($1, $2, 'booking', $3, $4, $5)
), registered AS (
    INSERT INTO address (local, domain, kind, room_id) VALUES ($6, $7, 'booking', $1)
)
INSERT INTO booking (room_id, organisation_id, starts_at, ends_at)
VALUES ($1, $2, now() + make_interval(hours => $8), now() + make_interval(hours => $9))
"""
_DELETE_ROOM: Final = "DELETE FROM room WHERE id = $1"
_ADD_ALIAS: Final = """
INSERT INTO address (local, domain, kind, room_id) VALUES ($2, $3, 'permanent', $1)
"""
_MOVE_ALIAS: Final = "UPDATE address SET room_id = $1 WHERE local = $2 AND domain = $3"
_REMOVE_ALIAS: Final = "DELETE FROM address WHERE local = $1 AND domain = $2"
_SET_PIN: Final = "UPDATE room SET pin = $2 WHERE id = $1"
_SET_STATE: Final = "UPDATE room SET state = $2 WHERE id = $1"
_CANCEL: Final = "UPDATE booking SET cancelled_at = now() WHERE room_id = $1"
_END: Final = "UPDATE booking SET ended_at = now() WHERE room_id = $1"
_MOVE_MEETING: Final = """
UPDATE booking SET
    starts_at = now() + make_interval(hours => $2), ends_at = now() + make_interval(hours => $3)
WHERE room_id = $1
"""
_SET_ORGANISATION: Final = "UPDATE organisation SET state = $2 WHERE id = $1"
_SET_DOMAIN: Final = "UPDATE domain SET history_only = $2 WHERE domain = $1"
_SET_TEMPLATE: Final = """
UPDATE template SET service = jsonb_build_object('max_callrate_in', $2::integer) WHERE id = $1
"""
_READ_ROOMS: Final = "SELECT id, pin, state FROM room WHERE organisation_id = $1"

Statement = tuple[str, tuple[object, ...]]


@dataclass(slots=True)
class Room:
    """The room of some aliases; `refusal` is why nobody may call, `OK` when they may."""

    id: UUID
    kind: str
    pin: str
    refusal: str = "OK"
    is_settled: bool = False  # a cancelled or ended meeting, which does not change any more

    @property
    def name(self) -> str:
        """What the conference is called."""
        return f"r-{self.id}"


@dataclass(slots=True)
class World:
    """What stands in the database, as long as nobody else writes there."""

    name: str
    random: Random
    id: UUID = field(default_factory=uuid4)
    template_id: UUID = field(default_factory=uuid4)
    rooms: list[Room] = field(default_factory=list)
    owners: dict[str, Room | None] = field(default_factory=dict)
    is_suspended: bool = False
    is_history_only: bool = False
    rate: int = 1_000_000

    @property
    def domain(self) -> str:
        """The domain of all its aliases."""
        return f"{self.name}.example.org"

    async def make(self, connection: Connection) -> None:
        """Write what there is at first: a room, and aliases that nobody has."""
        values: tuple[object, ...] = (self.name, self.domain, self.template_id)
        for statement, value in zip(_MAKE, values, strict=True):
            await connection.execute(statement, self.id, value)
        self.owners = {str(700_000 + number): None for number in range(ALIASES)}
        await self.add_room(connection)

    async def add_room(self, connection: Connection) -> None:
        """Make a permanent room, without anybody noting it."""
        made = self._add_room()
        assert made is not None, "no alias is free"
        await connection.execute(made[0], *made[1])

    def answers(self) -> dict[str, str]:
        """Give what each alias answers."""
        return {f"{local}@{self.domain}": self._answer(room) for local, room in self.owners.items()}

    def _answer(self, room: Room | None) -> str:
        if self.is_history_only:
            return "FOREIGN_DOMAIN"
        if room is None:
            return "UNKNOWN_ALIAS"
        if self.is_suspended:
            return "ORG_INACTIVE"
        if room.refusal != "OK":
            return room.refusal
        return f"{room.name} {room.pin} {self.rate}"

    def change(self) -> Statement:
        """Change something at random; gives the statement that writes it."""
        if self.is_history_only and self.random.random() < 0.3:
            return self._switch_domain()
        if self.is_suspended and self.random.random() < 0.3:
            return self._suspend()
        return self._pick(
            [
                (30, self.set_pin),
                (10, self._set_state),
                (10, self._add_room),
                (8, self._add_alias),
                (8, self._remove_alias),
                (8, self._move_alias),
                (4, self._delete_any_room),
                (10, self.book),
                (6, self._move_meeting),
                (4, self._cancel),
                (3, self._end),
                (3, self._set_template),
                (1, self._suspend),
                (1, self._switch_domain),
            ]
        )

    def change_a_room(self) -> Statement:
        """Change a PIN, retire or take back: what can be read again with `read()`."""
        return self._pick([(3, self.set_pin), (1, self._set_state)])

    def _pick(self, choices: Sequence[tuple[int, Callable[[], Statement | None]]]) -> Statement:
        weights = [weight for weight, _ in choices]
        while True:
            ((_, make),) = self.random.choices(choices, weights)
            made = make()
            if made is not None:
                return made

    async def read(self, connection: Connection) -> None:
        """Find out what became of rooms after their database was gone."""
        found = {row["id"]: row for row in await connection.fetch(_READ_ROOMS, self.id)}
        for room in self.rooms:
            row = found[room.id]
            room.pin = SEAL.unseal_pin(room.id, "pin", row["pin"])
            room.refusal = "RETIRED" if row["state"] == "retired" else "OK"

    def set_pin(self) -> Statement:
        """Give a room another PIN."""
        room = self.random.choice(self.rooms)
        room.pin = self._draw_pin()
        return _SET_PIN, (room.id, _sealed(room))

    def _set_state(self) -> Statement | None:
        room = self._any("permanent")
        if room is None:
            return None
        room.refusal = "OK" if room.refusal == "RETIRED" else "RETIRED"
        return _SET_STATE, (room.id, "active" if room.refusal == "OK" else "retired")

    def _add_room(self) -> Statement | None:
        room = Room(uuid4(), "permanent", self._draw_pin())
        local = self._give_alias(room)
        return (_ADD_ROOM, self._values(room, local)) if local else None

    def book(self, refusal: str | None = None) -> Statement | None:
        """Book a meeting, at a time at which calls get this answer, or at any time."""
        refusal = refusal or self.random.choice(list(TIMES))
        room = Room(uuid4(), "booking", self._draw_pin(), refusal)
        local = self._give_alias(room)
        return (_BOOK, (*self._values(room, local), *TIMES[refusal])) if local else None

    def _give_alias(self, room: Room) -> str | None:
        """Let a room be, with an alias that nobody has."""
        free = [local for local, owner in self.owners.items() if owner is None]
        if not free or len(self.rooms) >= MAX_ROOMS or self.is_suspended:
            return None
        local = self.random.choice(free)
        self.rooms.append(room)
        self.owners[local] = room
        return local

    def _values(self, room: Room, local: str) -> tuple[object, ...]:
        keys = (room.id, self.id, room.name, _sealed(room), self.template_id)
        return (*keys, local, self.domain)

    def _delete_any_room(self) -> Statement | None:
        return self.delete_room(self.random.choice(self.rooms)) if len(self.rooms) > 1 else None

    def delete_room(self, gone: Room) -> Statement:
        """Take away a room; with it go its aliases and its meeting."""
        self.rooms.remove(gone)
        for local, owner in self.owners.items():
            if owner is gone:
                self.owners[local] = None
        return _DELETE_ROOM, (gone.id,)

    def _add_alias(self) -> Statement | None:
        room = self._any("permanent")
        free = [local for local, owner in self.owners.items() if owner is None]
        if room is None or not free:
            return None
        local = self.random.choice(free)
        self.owners[local] = room
        return _ADD_ALIAS, (room.id, local, self.domain)

    def _remove_alias(self) -> Statement | None:
        local = self._any_alias()
        if local is None:
            return None
        self.owners[local] = None
        return _REMOVE_ALIAS, (local, self.domain)

    def _move_alias(self) -> Statement | None:
        local, room = self._any_alias(), self._any("permanent")
        if local is None or room is None:
            return None
        self.owners[local] = room
        return _MOVE_ALIAS, (room.id, local, self.domain)

    def _move_meeting(self) -> Statement | None:
        room = self._any("booking")
        if room is None:
            return None
        room.refusal = self.random.choice(list(TIMES))
        return _MOVE_MEETING, (room.id, *TIMES[room.refusal])

    def _cancel(self) -> Statement | None:
        room = self._any("booking")
        return None if room is None else self.cancel(room)

    def cancel(self, room: Room) -> Statement:
        """Cancel a meeting."""
        room.refusal, room.is_settled = "CANCELLED", True
        return _CANCEL, (room.id,)

    def _end(self) -> Statement | None:
        room = self._any("booking")
        if room is None or room.refusal != "OK":
            return None
        room.refusal, room.is_settled = "ENDED", True
        return _END, (room.id,)

    def _set_template(self) -> Statement:
        self.rate = 1_000_000 + 1_000 * self.random.randrange(5_000)
        return _SET_TEMPLATE, (self.template_id, self.rate)

    def _suspend(self) -> Statement:
        self.is_suspended = not self.is_suspended
        return _SET_ORGANISATION, (self.id, "suspended" if self.is_suspended else "active")

    def _switch_domain(self) -> Statement:
        self.is_history_only = not self.is_history_only
        return _SET_DOMAIN, (self.domain, self.is_history_only)

    def _any(self, kind: str) -> Room | None:
        """Give a room that may be changed."""
        rooms = [room for room in self.rooms if room.kind == kind and not room.is_settled]
        return self.random.choice(rooms) if rooms else None

    def _any_alias(self) -> str | None:
        """Give an alias of a permanent room."""
        owned = [
            local
            for local, room in self.owners.items()
            if room is not None and room.kind == "permanent"
        ]
        return self.random.choice(owned) if owned else None

    def _draw_pin(self) -> str:
        return str(self.random.randrange(100_000, 1_000_000))


def _sealed(room: Room) -> str:
    return SEAL.seal_pin(room.id, "pin", room.pin)
