"""`vdx-policy ranges`: from which numbers the addresses of rooms and meetings are drawn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import click

from policy.cli.site import Site, reading, writing
from policy.cli.tables import json_option, show_rows
from policy.directory.writing.domains import spelled
from policy.directory.writing.organisations import get_living, get_organisation
from policy.directory.writing.ranges import NewRange, create_range, delete_range, list_ranges

if TYPE_CHECKING:
    import asyncpg

_HIGHEST: Final = 10**18 - 1

organisation_option = click.option(
    "--organisation",
    metavar="ORGANISATION",
    help="Whose it is, for it and all below it. Without: the platform's, for all.",
)


@click.group()
def ranges() -> None:
    """Look after number ranges, from which addresses are drawn at random.

    Never drawn are numbers of ten digits, which look like CPR numbers, those
    that begin with 0, and emergency numbers.
    """


@ranges.command()
@click.argument("name")
@click.argument("domain")
@click.argument("low", type=click.IntRange(1, _HIGHEST))
@click.argument("high", type=click.IntRange(1, _HIGHEST))
@organisation_option
@click.option(
    "--prefix",
    default="",
    help="Stands before the number in the address with the domain; the bare number is one too.",
)
@click.option(
    "--expected",
    type=click.IntRange(0, 2_147_483_647),
    default=0,
    help="How many addresses are held at once; the range must have ten times as many numbers.",
)
@writing
def create(  # noqa: PLR0913  each of them is an argument of the command
    site: Site,
    /,
    name: str,
    domain: str,
    low: int,
    high: int,
    *,
    organisation: str | None,
    prefix: str,
    expected: int,
) -> None:
    """Add the range NAME: numbers from LOW to HIGH, both included, in DOMAIN."""
    new = NewRange(name, spelled(domain), low, high, prefix, expected)
    asyncio.run(_create(site, new, organisation))
    site.tell(f"{name}: created", f"would create {name}")


@ranges.command("list")
@click.option(
    "--organisation", metavar="ORGANISATION", help="Of this one, those below it, the platform."
)
@json_option
@reading
def list_command(site: Site, organisation: str | None, *, as_json: bool) -> None:
    """List ranges, and how many of their numbers somebody has."""
    rows = asyncio.run(_list(site, organisation))
    show_rows([_told(row) for row in rows], as_json=as_json)


@ranges.command()
@click.argument("name")
@organisation_option
@writing
def delete(site: Site, name: str, organisation: str | None) -> None:
    """Delete the range NAME, of which no address and no template is left."""
    asyncio.run(_delete(site, name, organisation))
    site.tell(f"{name}: deleted", f"would delete {name}")


def _told(row: asyncpg.Record) -> dict[str, object]:
    told = {name: value for name, value in row.items() if name != "id"}
    return told | {"full": f"{row['taken'] / row['size']:.1%}" if row["size"] else "100.0%"}


async def _create(site: Site, new: NewRange, organisation: str | None) -> None:
    async with site.transaction() as connection:
        owner = await get_living(connection, organisation) if organisation is not None else None
        await create_range(connection, new, owner)


async def _list(site: Site, organisation: str | None) -> list[asyncpg.Record]:
    async with site.transaction() as connection:
        asked = await get_organisation(connection, organisation) if organisation else None
        return await list_ranges(connection, asked)


async def _delete(site: Site, name: str, organisation: str | None) -> None:
    async with site.transaction() as connection:
        owner = await get_organisation(connection, organisation) if organisation else None
        await delete_range(connection, name, owner)
