"""The group `vdx-policy organisations`, and the commands that only look."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from policy.cli.organisations.agreement import agreement
from policy.cli.organisations.changing import change, create, create_group, delete
from policy.cli.organisations.domain import domain
from policy.cli.organisations.life import merge, move, state
from policy.cli.organisations.user import user
from policy.cli.site import reading
from policy.cli.tables import json_option, show_rows
from policy.directory.records import OrganisationState
from policy.directory.writing.organisations import (
    get_organisation,
    holdings,
    list_organisations,
    show_organisation,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import asyncpg

    from policy.cli.site import Site

_state_option = click.option(
    "--state", type=click.Choice([each.value for each in OrganisationState]), help="Only these."
)
_all_option = click.option(
    "--all", "with_deleted", is_flag=True, help="Show also those that were deleted."
)


@click.group()
def organisations() -> None:
    """Look after organisations: their tree, agreements, users and domains.

    ORGANISATION is a code; a group, which has none, goes by its name or id.
    Works on the database at database.url, and on the embedded one: beside a
    running server as the same user, else by itself.
    """


@organisations.command("list")
@click.option("--below", metavar="ORGANISATION", help="Only this one and all below it.")
@_state_option
@_all_option
@json_option
@reading
def list_command(
    site: Site, below: str | None, state: str | None, *, with_deleted: bool, as_json: bool
) -> None:
    """List organisations and groups, each after the one above it."""
    rows = asyncio.run(_list(site, below, state, with_deleted=with_deleted))
    hidden = {"depth"} if as_json else {"depth", "id"}
    show_rows([_without(row, hidden) for row in rows], as_json=as_json)


@organisations.command()
@click.argument("organisation", required=False)
@_all_option
@reading
def tree(site: Site, organisation: str | None, *, with_deleted: bool) -> None:
    """Draw the tree, or what is below ORGANISATION; those not active say so."""
    for row in asyncio.run(_list(site, organisation, None, with_deleted=with_deleted)):
        named = f"{row['code']}  {row['name']}" if row["code"] else f"({row['name']})"
        active = row["state"] == OrganisationState.ACTIVE
        click.echo("  " * row["depth"] + named + ("" if active else f"  [{row['state']}]"))


@organisations.command()
@click.argument("organisation")
@json_option
@reading
def show(site: Site, organisation: str, *, as_json: bool) -> None:
    """Show what is known of ORGANISATION, and how much it has."""
    known = asyncio.run(_show(site, organisation))
    if as_json:
        show_rows([known], as_json=True)
        return
    rows = [{"what": name.replace("_", " "), "value": value} for name, value in known.items()]
    show_rows(rows, as_json=False)


for command in (
    create,
    create_group,
    change,
    state,
    move,
    merge,
    delete,
    agreement,
    user,
    domain,
):
    organisations.add_command(command)


async def _list(
    site: Site, below: str | None, state: str | None, *, with_deleted: bool
) -> list[asyncpg.Record]:
    async with site.transaction() as connection:
        return await list_organisations(
            connection,
            below=await get_organisation(connection, below) if below is not None else None,
            state=OrganisationState(state) if state is not None else None,
            with_deleted=with_deleted,
        )


async def _show(site: Site, written: str) -> Mapping[str, object]:
    async with site.transaction() as connection:
        organisation = await get_organisation(connection, written)
        known = await show_organisation(connection, organisation)
        return {**known, **await holdings(connection, organisation)}


def _without(row: asyncpg.Record, hidden: set[str]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in hidden}
