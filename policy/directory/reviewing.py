"""Looks for what is wrong in a directory though the database takes it, and for what will be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from policy.directory.pins import PinRange, draw_pair_from, is_trivial
from policy.directory.queries.reviewing import (
    COLLISIONS,
    COUNT_PINS,
    FOREIGN_DEVICES,
    FOREIGN_ROOMS,
    LONELY_TWINS,
    NOT_SWEPT,
    OF_CLOSED_ORGANISATIONS,
    OPEN_TO_CITIZENS,
    PIN_RANGES,
    PINS_OF_ROOMS,
    TEN_DIGITS,
    UNKNOWN_NAMES,
    UNUSED_ROOMS,
    WITHOUT_ADDRESS,
)
from policy.directory.sealing import NO_KEY, PIN_COLUMNS
from policy.directory.writing.agreements import WARNINGS, expiring
from policy.directory.writing.ranges import list_ranges
from policy.errors import DirectoryError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.sealing import PinColumn, Seal
    from policy.directory.writing.sweeping import Watch

# Of each kind so many are told: who has more has one cause for all of them.
MOST: Final = 1000
# Rooms whose PINs are read in one go.
BATCH: Final = 5000
# A number drawn at random is seldom taken by chance, and hard to guess, while nine in ten are free.
_TOO_FULL: Final = 0.1
_NEARLY_EXHAUSTED: Final = 0.9
_BEFORE_ALL: Final = UUID(int=0)
_CALLED: Final = {"pin": "PIN", "guest_pin": "guest PIN"}

# By the statement that finds them: whether somebody must do something, or may.
_PROBLEMS: Final = (
    COLLISIONS,
    FOREIGN_DEVICES,
    OPEN_TO_CITIZENS,
    UNKNOWN_NAMES,
    TEN_DIGITS,
    NOT_SWEPT,
)
_WARNINGS: Final = (
    FOREIGN_ROOMS,
    LONELY_TWINS,
    OF_CLOSED_ORGANISATIONS,
    WITHOUT_ADDRESS,
    UNUSED_ROOMS,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or that somebody should know of; without PINs and CPR numbers."""

    is_problem: bool
    what: str
    text: str


async def review(connection: Connection, seal: Seal, watch: Watch) -> list[Finding]:
    """Look at everything that the connection may see."""
    found: list[Finding] = []
    with watch("looking", len(_PROBLEMS) + len(_WARNINGS) + 3) as looked_at:
        for queries, is_problem in ((_PROBLEMS, True), (_WARNINGS, False)):
            for query in queries:
                found += await _find(connection, query, is_problem=is_problem)
                looked_at(1)
        for look in (_agreements, _ranges, _templates):
            found += await look(connection)
            looked_at(1)
    return found + await _pins(connection, seal, watch)


async def _find(connection: Connection, query: str, *, is_problem: bool) -> list[Finding]:
    rows = await connection.fetch(query, MOST + 1)
    found = [Finding(is_problem, row["what"], row["text"]) for row in rows]
    return _shortened(found)


def _shortened(found: list[Finding]) -> list[Finding]:
    if len(found) <= MOST:
        return found
    last = found[MOST]
    text = f"and more like this one, of which {MOST} are told: {last.text}"
    return [*found[:MOST], Finding(last.is_problem, last.what, text)]


async def _agreements(connection: Connection) -> list[Finding]:
    found = []
    for each in await expiring(connection, max(WARNINGS)):
        what = f"organisation {each.organisation}"
        if each.lasts_to is None:
            text = f"has no {each.kind} agreement: it gets no new rooms"
        elif each.has_lapsed:
            text = f"its {each.kind} agreement lapsed after {each.lasts_to}: it gets no new rooms"
        else:
            text = f"its {each.kind} agreement lapses after {each.lasts_to}"
        found.append(Finding(each.has_lapsed, what, text))
    return found


async def _ranges(connection: Connection) -> list[Finding]:
    found = []
    for row in await list_ranges(connection, None):
        share = row["taken"] / row["size"] if row["size"] else 1.0
        if share <= _TOO_FULL:
            continue
        what = f"number range {row['name']}"
        whose = row["organisation"] or "the platform"
        text = f"of {whose}: {share:.0%} of its {row['size']} numbers are taken, make a larger one"
        found.append(Finding(share >= _NEARLY_EXHAUSTED, what, text))
    return found


async def _templates(connection: Connection) -> list[Finding]:
    found = []
    for row in await connection.fetch(PIN_RANGES):
        host = PinRange(row["host_pin_low"], row["host_pin_high"])
        guest = host
        if row["guest_pin_low"] is not None:
            guest = PinRange(row["guest_pin_low"], row["guest_pin_high"])
        try:
            draw_pair_from(host, guest)
        except RefusedError as exc:
            what = f"template {row['name']}"
            found.append(Finding(True, what, f"of {row['organisation']}: {exc}"))  # noqa: FBT003  a field
    return found


async def _pins(connection: Connection, seal: Seal, watch: Watch) -> list[Finding]:
    """Look at every PIN; what is said of one does not say which it is."""
    count: int = await connection.fetchval(COUNT_PINS)
    if count and not seal.has_key:
        text = f"those of {count} rooms cannot be looked at, nor can a server use them: {NO_KEY}"
        return [Finding(is_problem=True, what="PINs", text=text)]
    found: list[Finding] = []
    last = _BEFORE_ALL
    with watch("looking at PINs", count) as looked_at:
        while rooms := await connection.fetch(PINS_OF_ROOMS, last, BATCH):
            last = rooms[-1]["id"]
            for room in rooms:
                found += _pins_of(seal, room)
            looked_at(len(rooms))
    problems = [each for each in found if each.is_problem]
    return _shortened(problems) + _shortened([each for each in found if not each.is_problem])


def _pins_of(seal: Seal, room: asyncpg.Record) -> Iterator[Finding]:
    what = f"room {room['service_name']}"
    for column in _columns_of(room):
        try:
            pin = seal.unseal_pin(room["id"], column, room[column])
        except DirectoryError as exc:
            yield Finding(is_problem=True, what=what, text=f"its {_CALLED[column]}: {exc}")
            continue
        if is_trivial(pin):
            text = f"its {_CALLED[column]} is among the first that anybody would try"
            yield Finding(is_problem=False, what=what, text=text)


def _columns_of(room: asyncpg.Record) -> Sequence[PinColumn]:
    return [column for column in PIN_COLUMNS if room[column] is not None]
