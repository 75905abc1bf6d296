"""`bookings list` and `bookings show`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import click
import orjson

from policy.cli.bookings.meetings import get_booking, pins_told
from policy.cli.moments import MOMENT, shown
from policy.cli.options import seal_of
from policy.cli.site import Site, reading
from policy.cli.tables import json_option, show_first, show_rows
from policy.directory.writing.bookings import addresses_of, list_bookings, room_of, value_of
from policy.directory.writing.details import unseal_details
from policy.directory.writing.meeting_pins import unsealed_pins
from policy.directory.writing.organisations import get_organisation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import asyncpg

    from policy.directory.writing.details import Details

# Columns, and what they are called here: the words of the options.
_OWN: Final[Mapping[str, str]] = {
    "id": "id",
    "short_id": "short_id",
    "organisation": "organisation",
    "state": "state",
    "external_id": "external_id",
    "project_code": "project_code",
    "organiser": "organiser",
    "guest_microphone": "guest_microphone",
    "guest_pin_required": "pin_in_link",
    "long_permitted": "long",
}
# What these were is seen in the PINs; they are not kept.
_DRAWN_FROM: Final = frozenset({"host_pins", "guest_pins"})
_TIMES: Final = (
    *("starts_at", "ends_at", "opens_at", "closes_at"),
    *("cancelled_at", "ended_at", "runs_seen_at", "created_at", "updated_at"),
)


@click.command("list")
@click.option("--organisation", metavar="CODE", help="Only of this one and those below it.")
@click.option("--from", "starting", type=MOMENT, help="Only what ends after this.")
@click.option("--to", "ending", type=MOMENT, help="Only what starts before this.")
@click.option(
    "--state",
    type=click.Choice(["planned", "open", "ended", "cancelled"]),
    help="Only these, by the clock of the database.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    help="How many at most.",
)
@json_option
@reading
def list_command(
    site: Site,
    /,
    organisation: str | None,
    *,
    limit: int,
    as_json: bool,
    **said: object,
) -> None:
    """List meetings in the order in which they start, without what they are about."""
    rows = asyncio.run(_list(site, organisation, {**said, "limit": limit + 1}))
    show_first([_listed(row) for row in rows], limit, as_json=as_json)


@click.command()
@click.argument("booking")
@click.option("--show-pins", is_flag=True, help="Show the PINs in clear text.")
@click.option(
    "--show-details",
    is_flag=True,
    help="Show subject, description, labels and additional information.",
)
@json_option
@reading
def show(site: Site, booking: str, *, show_pins: bool, show_details: bool, as_json: bool) -> None:
    """Show BOOKING: each value, and which template or whose word it comes from."""
    rows = asyncio.run(_show(site, booking, show_pins=show_pins, show_details=show_details))
    show_rows(rows, as_json=as_json)


def _listed(row: asyncpg.Record) -> dict[str, object]:
    return {
        "short_id": row["short_id"],
        "organisation": row["organisation"],
        "state": row["state"],
        "starts": shown(row["starts_at"]),
        "ends": shown(row["ends_at"]),
        "addresses": row["addresses"],
        "external_id": row["external_id"],
        "id": str(row["id"]),
    }


async def _list(
    site: Site, organisation: str | None, said: Mapping[str, object]
) -> list[asyncpg.Record]:
    async with site.transaction() as connection:
        asked = await get_organisation(connection, organisation) if organisation else None
        return await list_bookings(
            connection,
            organisation_id=asked.id if asked else None,
            **said,  # type: ignore[arg-type]  # click has looked at the types
        )


async def _show(
    site: Site, written: str, *, show_pins: bool, show_details: bool
) -> list[dict[str, object]]:
    async with site.transaction() as connection:
        meeting = await get_booking(site, connection, written)
        addresses = await addresses_of(connection, meeting)
        room = await room_of(connection, meeting)
        seal = seal_of(site.settings) if show_pins or show_details else None
    own: dict[str, object] = {"addresses": addresses}
    own |= {name: meeting[column] for column, name in _OWN.items()}
    own |= {name: _moment(meeting[name]) for name in _TIMES}
    if seal is not None and show_pins:
        own |= pins_told(unsealed_pins(seal, room))
    if seal is not None and show_details:
        own |= _told(unseal_details(seal, meeting["sealed_details"]))
    return [
        *({"what": name, "value": value, "from": "the booking"} for name, value in own.items()),
        *(
            {"what": name, "value": value_of(meeting, room, name), "from": source}
            for name, source in orjson.loads(meeting["sources"]).items()
            if name not in _DRAWN_FROM and (name != "range" or room["range"])
        ),
    ]


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else shown(moment)


def _told(details: Details | None) -> dict[str, object]:
    return {} if details is None else {name: text or None for name, text in details}
