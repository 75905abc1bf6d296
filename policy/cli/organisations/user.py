"""`organisations user`: who acts for an organisation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from policy.cli.site import Site, reading, writing
from policy.cli.tables import json_option, show_rows
from policy.directory.writing.organisations import get_living, get_organisation
from policy.directory.writing.users import Role, add_user, change_user, list_users, remove_user

if TYPE_CHECKING:
    import asyncpg

_roles_option = click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([each.value for each in Role]),
    help="What the user may do; may be given again.",
)


@click.group()
def user() -> None:
    """Users of an organisation, by e-mail address or what stands for one.

    Upper and lower case are the same.
    """


@user.command()
@click.argument("organisation")
@click.argument("email")
@_roles_option
@writing
def add(site: Site, organisation: str, email: str, roles: tuple[str, ...]) -> None:
    """Add the user EMAIL of ORGANISATION."""
    asyncio.run(_add(site, organisation, email, roles))
    site.tell(f"{organisation}: user added", f"would add a user to {organisation}")


@user.command()
@click.argument("organisation")
@click.argument("email")
@click.option("--email", "new_email", help="Another address.")
@click.option("--no-roles", is_flag=True, help="Take all roles away.")
@_roles_option
@writing
def change(
    site: Site,
    organisation: str,
    email: str,
    *,
    new_email: str | None,
    no_roles: bool,
    roles: tuple[str, ...],
) -> None:
    """Change the user EMAIL of ORGANISATION; roles that are given replace the old ones."""
    if no_roles == bool(roles) and (no_roles or new_email is None):
        raise click.UsageError("say what changes: --email, and either --role or --no-roles")
    wanted = roles if roles or no_roles else None
    asyncio.run(_change(site, organisation, email, new_email, wanted))
    site.tell(f"{organisation}: user changed", f"would change a user of {organisation}")


@user.command()
@click.argument("organisation")
@click.argument("email")
@writing
def remove(site: Site, organisation: str, email: str) -> None:
    """Remove the user EMAIL of ORGANISATION; meetings that they made stay."""
    asyncio.run(_remove(site, organisation, email))
    site.tell(f"{organisation}: user removed", f"would remove a user of {organisation}")


@user.command("list")
@click.argument("organisation", required=False)
@click.option("--role", type=click.Choice([each.value for each in Role]), help="Only with this.")
@json_option
@reading
def list_command(site: Site, organisation: str | None, role: str | None, *, as_json: bool) -> None:
    """List the users of ORGANISATION, or of all."""
    rows = asyncio.run(_list(site, organisation, role))
    show_rows([dict(row) for row in rows], as_json=as_json)


async def _add(site: Site, written: str, email: str, roles: tuple[str, ...]) -> None:
    async with site.transaction() as connection:
        organisation = await get_living(connection, written)
        await add_user(connection, organisation, email, {Role(each) for each in roles})


async def _change(
    site: Site, written: str, email: str, new_email: str | None, roles: tuple[str, ...] | None
) -> None:
    wanted = {Role(each) for each in roles} if roles is not None else None
    async with site.transaction() as connection:
        organisation = await get_living(connection, written)
        await change_user(connection, organisation, email, new_email=new_email, roles=wanted)


async def _remove(site: Site, written: str, email: str) -> None:
    async with site.transaction() as connection:
        await remove_user(connection, await get_living(connection, written), email)


async def _list(site: Site, written: str | None, role: str | None) -> list[asyncpg.Record]:
    async with site.transaction() as connection:
        one = await get_organisation(connection, written) if written is not None else None
        return await list_users(connection, one, Role(role) if role is not None else None)
