"""The group `vdx-policy rooms`, and the commands that only look."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from policy.cli.options import seal_of
from policy.cli.rooms.life import alias, delete, reactivate, retire
from policy.cli.rooms.making import change, create
from policy.cli.site import Site, reading
from policy.cli.tables import json_option, show_first, show_rows
from policy.directory.records import RoomState
from policy.directory.writing.organisations import get_organisation
from policy.directory.writing.register import addresses_of
from policy.directory.writing.room_values import room_values
from policy.directory.writing.rooms import get_room, list_rooms

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg

limit_option = click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    help="How many at most.",
)


@click.group()
def rooms() -> None:
    """Look after permanent rooms: make, change, retire and delete them.

    ROOM is one of its aliases, its name on the platform, or its id. Works on the
    database at database.url, and on the embedded one: beside a running server
    as the same user, else by itself. A change holds for the next call.
    """


@rooms.command("list")
@click.option("--organisation", metavar="ORGANISATION", help="Only of this one and those below it.")
@click.option("--state", type=click.Choice([each.value for each in RoomState]), help="Only these.")
@limit_option
@json_option
@reading
def list_command(
    site: Site, organisation: str | None, state: str | None, *, limit: int, as_json: bool
) -> None:
    """List rooms; deleted ones only with --state deleted."""
    rows = asyncio.run(_list(site, organisation, state, limit + 1))
    show_first([dict(row) for row in rows], limit, as_json=as_json)


@rooms.command()
@click.argument("room")
@click.option("--show-pins", is_flag=True, help="Show the PINs in clear text.")
@json_option
@reading
def show(site: Site, room: str, *, show_pins: bool, as_json: bool) -> None:
    """Show what ROOM is, and each field of its service with where it comes from.

    'room' is the room itself, 'default' is what the platform does unless told.
    """
    show_rows(asyncio.run(_show(site, room, show_pins=show_pins)), as_json=as_json)


for command in (create, change, retire, reactivate, delete, alias):
    rooms.add_command(command)


async def _list(
    site: Site, organisation: str | None, state: str | None, limit: int
) -> list[asyncpg.Record]:
    async with site.transaction() as connection:
        below = await get_organisation(connection, organisation) if organisation else None
        return await list_rooms(connection, below, RoomState(state) if state else None, limit)


async def _show(site: Site, written: str, *, show_pins: bool) -> Sequence[dict[str, object]]:
    async with site.transaction() as connection:
        room = await get_room(connection, written)
        addresses = await addresses_of(connection, room_id=room.id)
        values = room_values(room, seal_of(site.settings) if show_pins else None)
    row = room.row
    own = {
        "id": room.id,
        "organisation": room.organisation,
        "state": room.state,
        "addresses": [
            each.alias if each.state == "active" else f"{each.alias} ({each.state})"
            for each in addresses
        ],
        "template": row["template"],
        "listed": row["listed"],
        "tags": row["tags"],
        "created": row["created_at"],
        "updated": row["updated_at"],
    }
    return [
        *({"what": name, "value": value, "from": None} for name, value in own.items()),
        *({"what": each.field, "value": each.value, "from": each.source} for each in values),
    ]
