"""Turns rows into lines of PostgreSQL's COPY, for the tables in which they wait. Pure but for ids.

It runs in processes of its own, several at a time: checking and sealing take most of the time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from policy.directory.bulk.copying import NULL, copy_text, new_id
from policy.directory.bulk.kinds import KINDS, BulkAddress, BulkBooking, BulkDevice, BulkRoom
from policy.directory.bulk.rows import check_row, marks_of, part, values_of
from policy.directory.bulk.shapes import Shapes
from policy.directory.bulk.spelling import key_for, usual_key
from policy.directory.writing.details import seal_details
from policy.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from policy.directory.bulk.reading import Block, Source
    from policy.directory.bulk.rows import Raw
    from policy.directory.bulk.spelling import Key
    from policy.directory.sealing import PinColumn, Seal
    from policy.documents import Document
    from policy.errors import Problem

LINE_BITS: Final = 32
# What has columns of another name or form.
_APART: Final = frozenset({"id", "aliases", "alias", "more_aliases", "cancelled"})
_MORE: Final[Mapping[str, tuple[str, ...]]] = {
    "bookings": ("room_id", "is_cancelled"),
    "addresses": ("local", "domain"),
}
_HEAD: Final = ("place", "id", "is_new", "said")
_SEALED: Final = ("password", "device_webhook_key")
# By kind, the columns of the table in which its rows wait.
WAITING: Final[Mapping[str, tuple[str, ...]]] = {
    kind: (
        *_HEAD,
        *(name for name in model.model_fields if name not in _APART),
        *_MORE.get(kind, ()),
    )
    for kind, model in KINDS.items()
}
WAITING_ALIASES: Final = ("place", "position", "target", "kind", "local", "domain")


@dataclass(slots=True)
class Staged:
    """A block as COPY takes it, how far in its file it reaches, and what is wrong with it."""

    source: int
    kind: str
    end: int
    count: int = 0
    rows: bytes = b""
    aliases: bytes = b""
    # PINs in clear with their places, where the room they are for has yet to be found.
    pins: list[tuple[int, str | None, str | None]] = field(default_factory=list, repr=False)
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Written:
    """What has been written of a block so far."""

    rows: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    pins: list[tuple[int, str | None, str | None]] = field(default_factory=list, repr=False)


def place_number(source: int, line: int) -> int:
    """Give one number for a line of a file."""
    return source << LINE_BITS | line


class Stager:
    """Stages blocks; what it has learnt of one helps it with the next.

    With `update`, rooms may be there already, and their PINs cannot be sealed before one knows.
    """

    def __init__(self, seal: Seal, *, update: bool = False) -> None:
        self._seal = seal
        self._update = update
        self._shapes: dict[int, Shapes] = {}

    def stage(self, block: Block) -> Staged:
        """Check the rows of a block and write them down."""
        source = block.source
        parted = part(block)
        staged = Staged(source.number, source.kind, block.end, problems=parted.problems)
        written = _Written()
        for raw in parted.rows:
            try:
                if not self._write_fast(source, raw, written):
                    self._write(source, raw, written)
            except DocumentError as exc:
                staged.problems += exc.problems
        staged.count = len(written.rows)
        staged.rows = "".join(written.rows).encode()
        staged.aliases = "".join(written.aliases).encode()
        staged.pins = written.pins
        return staged

    def _write_fast(self, source: Source, raw: Raw, written: _Written) -> bool:
        if source.kind != "rooms" or self._update:
            return False
        if source.number not in self._shapes:
            self._shapes[source.number] = Shapes(source, WAITING["rooms"])
            return False
        known = self._shapes[source.number].find(raw)
        if known is None:
            return False
        keys = [usual_key(alias) for alias in known.aliases]
        if None in keys:
            return False
        place, room_id = place_number(source.number, raw.line), new_id()
        row = known.columns
        row[0], row[1] = str(place), str(room_id)
        if row[_NAME] == NULL:
            row[_NAME] = f"r-{room_id}"
        if known.pin is not None:
            row[_PIN] = self._seal.seal_pin(room_id, "pin", known.pin)
        if known.guest_pin is not None:
            row[_GUEST_PIN] = self._seal.seal_pin(room_id, "guest_pin", known.guest_pin)
        written.rows.append("\t".join(row) + "\n")
        written.aliases += _lines_of(place, room_id, "permanent", keys)
        return True

    def _write(self, source: Source, raw: Raw, written: _Written) -> None:
        row, values = check_row(source, raw)
        told = set(source.header or values)
        if self._update and len(told & {"pin", "guest_pin"}) == 1:
            text = "pin and guest_pin are changed together: write both, or write null"
            raise _refused(source, raw, text)
        row_id: UUID = getattr(row, "id", None) or new_id()
        said: dict[str, object] = {
            "place": place_number(source.number, raw.line),
            "id": row_id,
            "is_new": True,
            "said": sorted(told) if self._update else None,
        }
        said |= {name: getattr(row, name) for name in type(row).model_fields if name not in _APART}
        try:
            lines = self._complete(row, row_id, said, written)
            columns = [copy_text(said[name]) for name in WAITING[source.kind]]
        except ValueError as exc:
            raise _refused(source, raw, str(exc)) from exc
        except OverflowError as exc:
            raise _refused(source, raw, "holds a time that no calendar has") from exc
        written.rows.append("\t".join(columns) + "\n")
        written.aliases += lines
        if source.number in self._shapes:
            self._shapes[source.number].learn(raw, columns)

    def _complete(
        self, row: Document, row_id: UUID, said: dict[str, object], written: _Written
    ) -> list[str]:
        """Add what has a form of its own: ids, secrets, addresses; gives lines of aliases."""
        for name in _SEALED:
            if isinstance(secret := said.get(name), str):
                said[name] = self._seal.seal(secret)
        keys: list[Key] = []
        kind = "permanent"
        match row:
            case BulkRoom():
                keys = [key_for(alias, kind) for alias in row.aliases]
                self._complete_room(row, row_id, said, written)
            case BulkBooking():
                kind, row_id = "booking", new_id()
                keys = [key_for(alias, kind) for alias in row.aliases]
                said["room_id"] = row_id
                said["is_cancelled"] = row.cancelled
                said["details"] = row.details and seal_details(self._seal, row.details)
                self._complete_room(row, row_id, said, written)
            case BulkDevice():
                kind = "device"
                aliases = [*filter(None, (row.alias,)), *row.more_aliases]
                keys = [key_for(alias, kind) for alias in aliases]
            case BulkAddress():
                said["local"], said["domain"] = key_for(row.alias, row.kind)
            case _:
                pass
        return _lines_of(said["place"], row_id, kind, keys)

    def _complete_room(
        self,
        row: BulkRoom | BulkBooking,
        room_id: UUID,
        said: dict[str, object],
        written: _Written,
    ) -> None:
        said["allow_guests"] = row.guests_welcome()
        pins: dict[PinColumn, str | None] = {"pin": row.pin, "guest_pin": row.guest_pin}
        if self._update:
            written.pins.append((int(str(said["place"])), row.pin, row.guest_pin))
            said["pin"] = said["guest_pin"] = None
            return
        for which, pin in pins.items():
            said[which] = pin and self._seal.seal_pin(room_id, which, pin)
        said["service_name"] = row.service_name or f"r-{room_id}"


_NAME: Final = WAITING["rooms"].index("service_name")
_PIN: Final = WAITING["rooms"].index("pin")
_GUEST_PIN: Final = WAITING["rooms"].index("guest_pin")


def _lines_of(place: object, target: object, kind: str, keys: Sequence[Key | None]) -> list[str]:
    tail = f"\t{target}\t{kind}\t"
    return [
        f"{place}\t{position}{tail}{key[0]}\t{key[1] or NULL}\n"
        for position, key in enumerate(keys)
        if key is not None
    ]


def _refused(source: Source, raw: Raw, text: str) -> DocumentError:
    """Say what is wrong with an alias, or with a whole row, where it stands."""
    marks = marks_of(source, raw, values_of(source, raw))
    field_name = "aliases" if ("aliases",) in marks.values else "alias"
    loc = (field_name,) if text.startswith("alias ") else ()
    return DocumentError([marks.problem(loc, text)])
