"""Which value a meeting gets, and where from: its own, a template of the chain, or built in.

The named template of the organisation speaks first, then its default, then the default of each one
above it, then the platform's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from policy.directory.queries.templates import CHAIN, FIND_RANGE, FIND_TEMPLATE, TEMPLATE_NAMES
from policy.directory.records import ROOM_FIELDS
from policy.directory.writing.values import OUR_NAMES, names_of, values_of
from policy.errors import RefusedError
from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    import asyncpg

    from policy.directory.connection import Connection

BUILT_IN: Final[Mapping[str, object]] = {
    "type": "conference",
    "host_pin_required": True,
    "guest_pin_required": False,
    "lead_minutes": 0,
    "end_meeting_on_end_time": False,
    "participant_limit": 0,
    "view": "one_main_seven_pips",
    "host_view": "one_main_seven_pips",
    "guest_view": "one_main_seven_pips",
    "max_pixels_per_second": "hd",
    "enable_overlay_text": True,
    "guests_can_present": True,
    "force_presenter_into_main": True,
    "mute_all_guests": False,
    "direct_media": "never",
}
SOURCE_BOOKING: Final = "the booking"
SOURCE_BUILT_IN: Final = "built in"
# Columns of a template, and what their values are called here.
_COLUMNS: Final[Mapping[str, str]] = {
    "service_type": "type",
    "host_pin_required": "host_pin_required",
    "guest_pin_required": "guest_pin_required",
    "lead_minutes": "lead_minutes",
    "end_meeting_on_end_time": "end_meeting_on_end_time",
    "custom_portal_guest": "custom_portal_guest",
    "custom_portal_host": "custom_portal_host",
    "return_url": "return_url",
    "call_type": "portal_call_type",
}


@dataclass(frozen=True, slots=True)
class NumberRange:
    """A range that numbers are drawn from; it is shown by its name."""

    id: UUID
    name: str
    domain: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Valued:
    """A value, and who says so."""

    value: object
    source: str


@dataclass(frozen=True, slots=True)
class Level:
    """What one of the chain says."""

    said: Mapping[str, object]
    source: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """Every value that a meeting gets, by name, and where each comes from."""

    values: Mapping[str, Valued]

    def get(self, name: str) -> object:
        """Give a value, None when nobody says any."""
        valued = self.values.get(name)
        return None if valued is None else valued.value

    @property
    def service_type(self) -> str:
        """Give `conference` or `lecture`."""
        return str(self.values["type"].value)

    @property
    def range(self) -> NumberRange | None:
        """Give the range of numbers, None when nobody names one."""
        found = self.get("range")
        return found if isinstance(found, NumberRange) else None

    def service(self) -> dict[str, object]:
        """Give what is for nodes and has no column in `room`, in Pexip's words."""
        ours = {*OUR_NAMES, *ROOM_FIELDS}
        return {name: each.value for name, each in self.values.items() if name not in ours}

    def sources(self) -> dict[str, str]:
        """Give for each value who says so."""
        return {name: each.source for name, each in self.values.items()}


async def resolve(
    connection: Connection,
    organisation: UUID | None,
    template: str | None = None,
    said: Mapping[str, object] | None = None,
) -> Resolved:
    """Give the values of a meeting of an organisation, or of none: what the platform says.

    `template` is one of its own, `said` is what the booking says itself. Raises RefusedError when
    there is no template or range of the name, or a value is wrong.
    """
    named = None if template is None else await get_template_id(connection, organisation, template)
    chain = [level_of(row) for row in await connection.fetch(CHAIN, organisation, named)]
    if not said:
        return inherit(chain)
    service_type = chain[0].said["type"] if chain else BUILT_IN["type"]
    own = values_of(said, service_type=str(service_type)).flat()
    if "range" in own:
        own["range"] = await get_range(connection, organisation, str(own["range"]))
    return inherit([Level(own, SOURCE_BOOKING), *chain])


def inherit(levels: Sequence[Level]) -> Resolved:
    """Take each value from the nearest that says it; what is built in comes last.

    The ranges of PINs go together. Guests have PINs only where hosts do: of two that contradict
    each other the nearer is right. What the type of the meeting does not know is left behind.
    """
    levels = [*levels, Level(BUILT_IN, SOURCE_BUILT_IN)]
    service_type = next(str(level.said["type"]) for level in levels if "type" in level.said)
    known = frozenset(names_of(service_type))
    values: dict[str, Valued] = {}
    for level in levels:
        settled = {*values, "guest_pins"} if "host_pins" in values else set(values)
        for name, value in level.said.items():
            if name in known and name not in settled:
                values[name] = Valued(value, level.source)
        _settle_pins(values)
    return Resolved({name: values[name] for name in names_of(service_type) if name in values})


def _settle_pins(values: dict[str, Valued]) -> None:
    host, guest = values.get("host_pin_required"), values.get("guest_pin_required")
    if guest is not None and guest.value:
        values.setdefault("host_pin_required", guest)
    if host is not None and not host.value:
        values.setdefault("guest_pin_required", host)


def level_of(row: asyncpg.Record) -> Level:
    """Read what a template says."""
    said = {name: row[column] for column, name in _COLUMNS.items() if row[column] is not None}
    for which in ("host", "guest"):
        if row[f"{which}_pin_low"] is not None:
            said[f"{which}_pins"] = f"{row[f'{which}_pin_low']}-{row[f'{which}_pin_high']}"
    if row["range_id"] is not None:
        said["range"] = NumberRange(row["range_id"], row["range_name"], row["domain"])
    owner = row["organisation"] or "the platform"
    return Level(said | orjson.loads(row["service"]), f"template {row['name']!r} of {owner}")


async def get_template_id(connection: Connection, organisation: UUID | None, name: str) -> UUID:
    """Give the template of a name; raises RefusedError, which says what there is."""
    found: UUID | None = await connection.fetchval(FIND_TEMPLATE, organisation, name)
    if found is None:
        rows = await connection.fetch(TEMPLATE_NAMES, organisation)
        known = did_you_mean(name, [row["name"] for row in rows]) or ", there is none at all"
        raise RefusedError(f"template {name!r}: is none of this organisation{known}")
    return found


async def get_range(connection: Connection, organisation: UUID | None, name: str) -> NumberRange:
    """Give the nearest range of a name: its own, of one above, the platform's; else refuse."""
    row = await connection.fetchrow(FIND_RANGE, organisation, name)
    if row is None:
        raise RefusedError(
            f"range {name!r}: is none of the organisation, of those above it or of the platform"
        )
    return NumberRange(row["id"], row["name"], row["domain"])
