"""`vdx-policy addresses`: whose an address is, and addresses that are held for somebody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from policy.cli.moments import shown
from policy.cli.site import Site, reading, writing
from policy.cli.tables import json_option, show_rows
from policy.directory.document import key_of
from policy.directory.writing.organisations import get_living
from policy.directory.writing.register import describe, free, get_address, hold, owners_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policy.directory.writing.register import Address, Owner


@click.group()
def addresses() -> None:
    """Look into the register of addresses, and hold addresses for organisations.

    Every dialable string has one owner at a time. Those of rooms are given and
    taken with 'rooms alias'.
    """


@addresses.command("owner")
@click.argument("aliases", metavar="ALIAS...", nargs=-1, required=True)
@json_option
@reading
def owner_command(site: Site, aliases: tuple[str, ...], *, as_json: bool) -> None:
    """Say whose each ALIAS is, and what says so.

    A meeting that is not over, a permanent room, a device, its domain, or the
    nearest domain above that.
    """
    rows = [
        {"alias": each.alias, "organisation": each.organisation or None, "by": each.source or None}
        for each in asyncio.run(_owners(site, aliases))
    ]
    show_rows(rows, as_json=as_json)


@addresses.command("hold")
@click.argument("alias")
@click.argument("organisation")
@click.option("--days", type=click.IntRange(1, 36500), help="For how long; else until it is freed.")
@click.option("--description", help="What it is kept for; at most 250 characters.")
@writing
def hold_command(
    site: Site, alias: str, organisation: str, days: int | None, description: str | None
) -> None:
    """Keep ALIAS for ORGANISATION: only its rooms and devices may have it."""
    held = asyncio.run(_hold(site, alias, organisation, days, description))
    until = f" until {shown(held.until)}" if held.until is not None else ""
    site.tell(f"{held.alias}: held{until}", f"would hold {held.alias}{until}")


@addresses.command("free")
@click.argument("alias")
@writing
def free_command(site: Site, alias: str) -> None:
    """End the hold or the quarantine of ALIAS before its time."""
    freed = asyncio.run(_free(site, alias))
    site.tell(f"{freed.alias}: free", f"would free {freed.alias}")


@addresses.command("describe")
@click.argument("alias")
@click.argument("description", required=False)
@writing
def describe_command(site: Site, alias: str, description: str | None) -> None:
    """Say what ALIAS is for; without DESCRIPTION nothing is said of it any more."""
    asyncio.run(_describe(site, alias, description))
    site.tell(f"{alias}: described", f"would describe {alias}")


async def _owners(site: Site, aliases: Sequence[str]) -> Sequence[Owner]:
    async with site.transaction() as connection:
        return await owners_of(connection, map(key_of, aliases))


async def _hold(
    site: Site, alias: str, organisation: str, days: int | None, description: str | None
) -> Address:
    async with site.transaction() as connection:
        owner = await get_living(connection, organisation)
        return await hold(connection, key_of(alias), owner, days=days, description=description)


async def _free(site: Site, alias: str) -> Address:
    async with site.transaction() as connection:
        return await free(connection, key_of(alias))


async def _describe(site: Site, alias: str, description: str | None) -> None:
    async with site.transaction() as connection:
        row = await get_address(connection, key_of(alias))
        await describe(connection, row["id"], description)
