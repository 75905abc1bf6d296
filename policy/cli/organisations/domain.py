"""`organisations domain`: in which domains an organisation's addresses are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from policy.cli.site import Site, reading, writing
from policy.cli.tables import json_option, show_rows
from policy.directory.writing.domains import (
    add_domain,
    change_domain,
    count_addresses,
    list_domains,
    remove_domain,
    spelled,
)
from policy.directory.writing.organisations import get_living, get_organisation

if TYPE_CHECKING:
    import asyncpg


@click.group()
def domain() -> None:
    """Domains in which addresses are ours, each of one organisation.

    They are kept in lower case, with letters beyond ASCII as nodes see them:
    MØDE.Example.ORG is xn--mde-0na.example.org.
    """


@domain.command()
@click.argument("organisation")
@click.argument("domain")
@click.option("--inherit", is_flag=True, help="For all below the organisation as well.")
@click.option("--history-only", is_flag=True, help="Only for statistics: nothing is called there.")
@writing
def add(site: Site, organisation: str, domain: str, *, inherit: bool, history_only: bool) -> None:
    """Make DOMAIN a domain of ORGANISATION."""
    name = spelled(domain)
    asyncio.run(_add(site, organisation, name, inherit=inherit, history_only=history_only))
    site.tell(f"{name}: added to {organisation}", f"would add {name} to {organisation}")


@domain.command()
@click.argument("domain")
@click.option("--organisation", metavar="ORGANISATION", help="Another one whose it is.")
@click.option(
    "--inherit/--no-inherit", default=None, help="For all below the organisation as well, or not."
)
@click.option(
    "--history-only/--dialled",
    default=None,
    help="Only for statistics, or for calls.",
)
@writing
def change(
    site: Site,
    domain: str,
    *,
    organisation: str | None,
    inherit: bool | None,
    history_only: bool | None,
) -> None:
    """Change what is given of DOMAIN; no address changes."""
    if organisation is None and inherit is None and history_only is None:
        raise click.UsageError("nothing to change: give at least one option")
    name = spelled(domain)
    devices, addresses = asyncio.run(
        _change(site, name, organisation, inherit=inherit, history_only=history_only)
    )
    site.tell(f"{name}: changed", f"would change {name}")
    if devices:
        click.echo(f"note: devices that may not register in {name} any more: {devices}")
    if history_only and addresses:
        click.echo(f"note: addresses in {name} that cannot be called any more: {addresses}")


@domain.command()
@click.argument("domain")
@writing
def remove(site: Site, domain: str) -> None:
    """Give up DOMAIN, in which nothing may be called any more."""
    name = spelled(domain)
    asyncio.run(_remove(site, name))
    site.tell(f"{name}: removed", f"would remove {name}")


@domain.command("list")
@click.argument("organisation", required=False)
@json_option
@reading
def list_command(site: Site, organisation: str | None, *, as_json: bool) -> None:
    """List the domains of ORGANISATION, or of all."""
    rows = asyncio.run(_list(site, organisation))
    show_rows([dict(row) for row in rows], as_json=as_json)


async def _add(site: Site, written: str, name: str, *, inherit: bool, history_only: bool) -> None:
    async with site.transaction() as connection:
        organisation = await get_living(connection, written)
        await add_domain(connection, organisation, name, inherit=inherit, history_only=history_only)


async def _change(
    site: Site, name: str, written: str | None, *, inherit: bool | None, history_only: bool | None
) -> tuple[int, int]:
    """Give how many devices may not register any more, and how many addresses there are."""
    async with site.transaction() as connection:
        devices = await change_domain(
            connection,
            name,
            organisation=await get_living(connection, written) if written is not None else None,
            inherit=inherit,
            history_only=history_only,
        )
        return devices, await count_addresses(connection, name)


async def _remove(site: Site, name: str) -> None:
    async with site.transaction() as connection:
        await remove_domain(connection, name)


async def _list(site: Site, written: str | None) -> list[asyncpg.Record]:
    async with site.transaction() as connection:
        one = await get_organisation(connection, written) if written is not None else None
        return await list_domains(connection, one)
