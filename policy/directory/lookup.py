"""The Directory protocol and its PostgreSQL form: one row per key, read into frozen values."""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache, partial
from sys import intern
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import orjson

from policy.directory.flights import settle
from policy.directory.queries.calls import (
    OWN_FIELDS,
    PART_COLUMNS,
    SHARED_COLUMNS,
    SHARED_FIELDS,
)
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
    service_tag,
)
from policy.directory.sealing import PIN_COLUMNS
from policy.errors import DirectoryError
from policy.wire.results import ServiceResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import asyncpg

    from policy.directory.sealing import Seal

# These say nothing with a value of no: everyone is a host, and no limit.
_UNSAID: Final = frozenset({"allow_guests", "participant_limit"})
# What hardly two rooms have in common.
_OWN: Final = frozenset({"name", "service_tag", *OWN_FIELDS})
_NOTHING: Final = "{}"
_ORGANISATION_STATES: Final = {each.value: each for each in OrganisationState}
_ROOM_STATES: Final = {each.value: each for each in RoomState}
_PATTERNS: Final = frozenset({"match_string", "post_match_string"})


class Directory(Protocol):
    """Whoever can say what stands behind an address."""

    async def find(self, key: AddressKey) -> Entry:
        """Give what is known of a key; raises DirectoryError when that cannot be said."""
        ...


class TellingDirectory(Protocol):
    """The same without a coroutine, which would cost a question more than to read its answer."""

    def ask(self, key: AddressKey, tell: Callable[[Entry | Exception], None]) -> None:
        """Tell later what is known of a key, or why that cannot be said; exactly once."""
        ...


class Rows(Protocol):
    """Whoever fetches the row of `FIND_ADDRESSES` for one key."""

    def ask(self, key: AddressKey, tell: Callable[[asyncpg.Record | Exception], None]) -> None:
        """Tell the row later; what telling raises is told instead."""
        ...


class PostgresDirectory:
    """Asks PostgreSQL for every key."""

    def __init__(self, rows: Rows, seal: Seal) -> None:
        self._rows = rows
        self._seal = seal

    async def find(self, key: AddressKey) -> Entry:
        """Ask the database; raises DirectoryError when it is late, away or unreadable."""
        told: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        self.ask(key, partial(settle, told))
        return await told

    def ask(self, key: AddressKey, tell: Callable[[Entry | Exception], None]) -> None:
        """Do the same for whoever does not wait."""
        self._rows.ask(key, partial(self._read, tell))

    def _read(
        self, tell: Callable[[Entry | Exception], None], row: asyncpg.Record | Exception
    ) -> None:
        tell(row if isinstance(row, Exception) else entry_of(row, self._seal))


def entry_of(row: asyncpg.Record, seal: Seal) -> Entry:
    """Read a row of `FIND_ADDRESSES`; raises DirectoryError for one that is unreadable."""
    return Entry(
        own_domain=row["own_domain"],
        target=_target(row, seal),
        valid_until=_valid_until(row),
        parts=tuple(filter(None, row[PART_COLUMNS])),
        address_id=row["address_id"],
    )


def _valid_until(row: asyncpg.Record) -> datetime | None:
    """Give the next moment at which time alone changes what the row says."""
    until, opens_at = row["until"], row["opens_at"]
    if until is None and opens_at is None:  # a room that stays
        return None
    moments, asked_at = (until, opens_at, row["closes_at"]), row["asked_at"]
    return min((each for each in moments if each and each > asked_at), default=None)


def _target(row: asyncpg.Record, seal: Seal) -> Target | None:
    match row["address_state"]:
        case None:
            return None
        case "quarantined":
            return Quarantined()
        case "active":
            return _active(row, seal)
        case _:  # held for somebody: nobody answers there yet
            return Reserved()


def _active(row: asyncpg.Record, seal: Seal) -> Target:
    match row["kind"]:
        case "permanent":
            return PermanentRoom(
                organisation=_ORGANISATION_STATES[row["organisation_state"]],
                state=_ROOM_STATES[row["room_state"]],
                service=_service(row, seal),
                owner=row["code"] or "",
                subtree=tuple(row["path"]),
                tags=tuple(row["tags"]),
                picture_id=row["picture_id"],
            )
        case "booking":
            return _booking(row, seal)
        case "device":
            return _device(row, seal)
        case _:
            return Reserved()


def _booking(row: asyncpg.Record, seal: Seal) -> Target:
    if row["ends_at"] is None:  # a room whose booking has not been written: nothing to join
        return Reserved()
    return Booking(
        organisation=_ORGANISATION_STATES[row["organisation_state"]],
        opens_at=row["opens_at"],
        ends_at=row["ends_at"],
        closes_at=row["closes_at"],
        cancelled=row["cancelled"],
        service=_service(row, seal),
        owner=row["code"] or "",
        subtree=tuple(row["path"]),
        tags=tuple(row["tags"]),
        picture_id=row["picture_id"],
    )


def _device(row: asyncpg.Record, seal: Seal) -> Device:
    sealed = row["sealed_password"]
    return Device(
        organisation=_ORGANISATION_STATES[row["organisation_state"]],
        enabled=row["enabled"],
        single_sign_on=row["single_sign_on"],
        without_proof=row["without_proof"],
        in_own_domain=row["in_own_domain"],
        username=row["username"] or "",
        password=seal.unseal(sealed) if sealed else "",
        owner=row["code"] or "",
        subtree=tuple(row["path"]),
        tags=tuple(row["tags"]),
        picture_id=row["picture_id"],
    )


def _service(row: asyncpg.Record, seal: Seal) -> ServiceResult:
    """Give the result document of a room: what its template and its row say, and nothing else.

    What is the room's own comes first: the rest is the same text for many, and kept once.
    """
    shared = _shared(row[SHARED_COLUMNS])
    name, description, tag = row["service_name"], row["description"], row["service_tag"]
    if shared.fault:
        raise DirectoryError(f"room {name}: {shared.fault}")
    own = {
        "name": name,
        "service_tag": service_tag(row["code"], row["kind"]) if tag is None else tag,
        **shared.below,
    }
    if description is not None:
        own["description"] = description
    for column in PIN_COLUMNS:
        sealed = row[column]
        if sealed is not None:
            own[column] = seal.unseal_pin(row["room_id"], column, sealed)
    if shared.above:
        own |= shared.above
    return ServiceResult(orjson.dumps(own)[:-1] + shared.json, shared.service_type)


class _Shared(NamedTuple):
    """What many rooms say alike: `json` is the end of their document, with its service type.

    `below` and `above` are fields that are usually a room's own: what its template says goes below
    the room's columns, what it says besides them above. `fault` says why no node could take it.
    """

    below: dict[str, Any]
    above: dict[str, Any]
    json: bytes
    service_type: str
    fault: str


@lru_cache(maxsize=1024)
def _shared(columns: tuple[Any, ...]) -> _Shared:
    """Read what templates and settings come to, which are the same for many rooms."""
    *values, template, besides = columns
    below = {} if template is None else orjson.loads(template)
    above = {} if besides == _NOTHING else orjson.loads(besides)
    said = {
        name: value
        for name, value in zip(SHARED_FIELDS, values, strict=True)
        if value or (value is not None and name not in _UNSAID)
    }
    service = {"service_type": None, **below, **said, **above}
    rest = {name: value for name, value in service.items() if name not in _OWN}
    return _Shared(
        {name: below[name] for name in _OWN & below.keys()},
        {name: above[name] for name in _OWN & above.keys()},
        b"," + orjson.dumps(rest)[1:],
        intern(str(rest["service_type"])),
        _fault_of_patterns(rest),
    )


def _fault_of_patterns(service: Mapping[str, object]) -> str:
    """Refuse what the database could not: a node's patterns are Python's, not PostgreSQL's."""
    for name in _PATTERNS & service.keys():
        try:
            re.compile(str(service[name]))
        except re.error as exc:
            return f"{name}: {exc}"
    return ""
