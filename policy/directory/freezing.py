"""Entries as JSON and back, for the snapshot on disk. Pure."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import orjson

from policy.directory.records import (
    AddressKey,
    Booking,
    Device,
    Entry,
    OrganisationState,
    PermanentRoom,
    Quarantined,
    Reserved,
    RoomState,
    Target,
)
from policy.wire.results import ServiceResult, embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

KINDS: Final[Mapping[str, type[Target]]] = {
    "room": PermanentRoom,
    "booking": Booking,
    "device": Device,
    "quarantined": Quarantined,
    "reserved": Reserved,
}
_KIND_OF: Final = {kind: name for name, kind in KINDS.items()}
NOBODYS: Final = "nobodys"  # an address without an owner


def _unless_none(read: Callable[[str], object]) -> Callable[[str | None], object]:
    return lambda value: None if value is None else read(value)


def _service(value: object) -> ServiceResult:
    if not isinstance(value, dict):
        raise ValueError("no result")  # noqa: TRY004  whoever reads entries catches this one
    return ServiceResult.of(value)


def _uuids(values: Iterable[str]) -> tuple[UUID, ...]:
    return tuple(map(UUID, values))


# By the type that a field of a record is declared with; JSON gives the others as they are.
_READERS: Final[Mapping[str, Callable[..., object]]] = {
    "OrganisationState": OrganisationState,
    "RoomState": RoomState,
    "ServiceResult": _service,
    "UUID | None": _unless_none(UUID),
    "datetime": datetime.fromisoformat,
    "datetime | None": _unless_none(datetime.fromisoformat),
    "tuple[UUID, ...]": _uuids,
    "tuple[str, ...]": tuple,
}


def _readers_of(record: type) -> tuple[frozenset[str], Mapping[str, Callable[..., object]]]:
    """Give the names of a record's fields, and how to read those that JSON does not know."""
    declared = {each.name: str(each.type) for each in fields(record)}
    readers = {name: _READERS[kind] for name, kind in declared.items() if kind in _READERS}
    return frozenset(declared), readers


_SHAPES: Final = {record: _readers_of(record) for record in (Entry, *KINDS.values())}


def freeze(entries: Iterable[tuple[AddressKey, Entry]]) -> bytes:
    """Give entries as JSON, PINs and passwords in clear text."""
    return orjson.dumps(
        [(key.local, key.domain, _kind_of(entry.target), entry) for key, entry in entries],
        default=_said_of,
    )


def _kind_of(target: Target | None) -> str:
    return NOBODYS if target is None else _KIND_OF[type(target)]


def _said_of(value: object) -> str | orjson.Fragment:
    """Give a result as it is, and the text of an id as the driver makes it: a UUID by name only."""
    return str(value) if isinstance(value, UUID) else embedded(value)


def thaw(text: bytes) -> list[tuple[AddressKey, Entry]]:
    """Give the entries of a JSON text; raises ValueError when it was made by another program.

    The error's text does not repeat what was read.
    """
    try:
        return [
            (AddressKey(local, domain), _entry(kind, entry))
            for local, domain, kind, entry in orjson.loads(text)
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError("not entries of this version") from None


def _entry(kind: str, said: dict[str, object]) -> Entry:
    target = _target(kind, said.pop("target"))
    return Entry(target=target, **_fields(Entry, said, {"target"}))  # type: ignore[arg-type]  # held against the shape of the record


def _target(kind: str, said: object) -> Target | None:
    if kind == NOBODYS:
        return None
    record = KINDS[kind]
    return record(**_fields(record, said))  # type: ignore[arg-type]  # held against its shape


def _fields(record: type, said: object, besides: set[str] | None = None) -> dict[str, object]:
    """Turn what JSON cannot say into what the record holds; neither more fields nor fewer."""
    names, readers = _SHAPES[record]
    if not isinstance(said, dict) or said.keys() != names - (besides or set()):
        raise ValueError("other fields")
    for name, read in readers.items():
        said[name] = read(said[name])
    return said
