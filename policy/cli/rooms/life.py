"""`rooms retire`, `reactivate` and `delete`, and the addresses of rooms."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from policy.cli.moments import shown
from policy.cli.site import Site, writing
from policy.directory.document import key_of
from policy.directory.records import RoomState
from policy.directory.writing.inheritance import get_range
from policy.directory.writing.organisations import get_living
from policy.directory.writing.register import (
    QUARANTINE_DAYS,
    Holder,
    describe,
    draw_number,
    take,
)
from policy.directory.writing.rooms import (
    delete_room,
    get_room,
    move_alias,
    remove_alias,
    set_state,
)
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policy.directory.writing.register import Address

quarantine_option = click.option(
    "--quarantine",
    "days",
    type=click.IntRange(0, 3650),
    default=QUARANTINE_DAYS,
    show_default=True,
    help="Days for which nobody else may have the address.",
)


@click.command()
@click.argument("room")
@writing
def retire(site: Site, room: str) -> None:
    """End the use of ROOM: callers are told so. It can be taken into use again."""
    asyncio.run(_set_state(site, room, RoomState.RETIRED))
    site.tell(f"{room}: retired", f"would retire {room}")


@click.command()
@click.argument("room")
@writing
def reactivate(site: Site, room: str) -> None:
    """Take ROOM into use: a draft, one that was retired, or one whose owner was warned."""
    asyncio.run(_set_state(site, room, RoomState.ACTIVE))
    site.tell(f"{room}: active", f"would take {room} into use")


@click.command()
@click.argument("room")
@quarantine_option
@writing
def delete(site: Site, room: str, days: int) -> None:
    """Delete ROOM, which must be retired or a draft; its addresses are quarantined."""
    released = asyncio.run(_delete(site, room, days))
    site.tell(f"{room}: deleted", f"would delete {room}")
    tell_quarantine(site, released)


@click.group()
def alias() -> None:
    """Addresses of permanent rooms."""


@alias.command()
@click.argument("room")
@click.argument("alias", required=False)
@click.option("--from-range", metavar="NAME", help="Draw a number of this range.")
@click.option("--description", help="What the address is for; at most 250 characters.")
@writing
def add(
    site: Site, room: str, alias: str | None, from_range: str | None, description: str | None
) -> None:
    """Give ROOM another address: ALIAS, or a number that is drawn."""
    if (alias is None) == (from_range is None):
        raise click.UsageError("give either an alias or --from-range")
    added = asyncio.run(_add(site, room, alias, from_range, description))
    aliases = ", ".join(each.alias for each in added)
    site.tell(f"{room}: {aliases} added", f"would add {aliases} to {room}")


@alias.command()
@click.argument("alias")
@quarantine_option
@writing
def remove(site: Site, alias: str, days: int) -> None:
    """Take ALIAS from its room, and quarantine it."""
    released = asyncio.run(_remove(site, alias, days))
    site.tell(f"{alias}: removed", f"would remove {alias}")
    tell_quarantine(site, released)


@alias.command()
@click.argument("alias")
@click.argument("room")
@writing
def move(site: Site, alias: str, room: str) -> None:
    """Give ALIAS of one room to ROOM."""
    asyncio.run(_move(site, alias, room))
    site.tell(f"{alias}: moved to {room}", f"would move {alias} to {room}")


def tell_quarantine(site: Site, released: Sequence[Address]) -> None:
    """Say until when addresses are kept from others."""
    if site.dry_run:
        return
    for each in released:
        if each.until is not None:
            click.echo(f"{each.alias}: quarantined until {shown(each.until)}")


async def _set_state(site: Site, written: str, state: RoomState) -> None:
    async with site.transaction() as connection:
        room = await get_room(connection, written)
        if room.state is state:
            raise RefusedError(f"room {written}: is {state} already")
        await set_state(connection, room, state)


async def _delete(site: Site, written: str, days: int) -> Sequence[Address]:
    async with site.transaction() as connection:
        return await delete_room(connection, await get_room(connection, written), days=days)


async def _add(
    site: Site, written: str, alias: str | None, from_range: str | None, description: str | None
) -> Sequence[Address]:
    async with site.transaction() as connection:
        room = await get_room(connection, written)
        organisation = await get_living(connection, room.organisation)
        if alias is not None:
            holder = Holder(organisation, room_id=room.id)
            return [await take(connection, key_of(alias), holder, description)]
        found = await get_range(connection, organisation.id, from_range or "")
        drawn = await draw_number(connection, found.id, room.id)
        for each in drawn:
            await describe(connection, each.id, description)
        return drawn


async def _remove(site: Site, alias: str, days: int) -> Sequence[Address]:
    async with site.transaction() as connection:
        return await remove_alias(connection, key_of(alias), days=days)


async def _move(site: Site, alias: str, written: str) -> None:
    async with site.transaction() as connection:
        room = await get_room(connection, written)
        organisation = await get_living(connection, room.organisation)
        await move_alias(connection, key_of(alias), room, organisation)
