"""`vdx-policy templates`: what meetings have in common, and where each value comes from."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import click

from policy.cli.said_values import set_option, values_said
from policy.cli.site import Site, reading, writing
from policy.cli.tables import json_option, show_rows
from policy.directory.writing.inheritance import resolve
from policy.directory.writing.organisations import get_living, get_organisation
from policy.directory.writing.templates import (
    NewTemplate,
    TemplateChange,
    change_template,
    create_template,
    delete_template,
    get_default_name,
    list_templates,
    set_default_template,
)

if TYPE_CHECKING:
    from uuid import UUID

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.writing.inheritance import Resolved

_organisation_option = click.option(
    "--organisation",
    metavar="ORGANISATION",
    help="Whose it is: a code, or a group's name. Without: the platform's, for all.",
)

# The first character is click's mark for lines that stay as they are.
_VALUES: Final = """\b
Values that can be said, besides every field of a conference or lecture:
  type                     conference or lecture
  range                    name of the range that numbers are drawn from
  host_pin_required        true: hosts have a PIN
  guest_pin_required       true: guests have one too
  host_pins, guest_pins    what PINs are drawn from, as in 10000-99999
  lead_minutes             how long before its start a meeting opens
  end_meeting_on_end_time  true: it closes at its end, even while it runs
  custom_portal_guest, custom_portal_host, return_url, portal_call_type
                           for links, never for nodes
"""


@click.group(epilog=_VALUES)
def templates() -> None:
    """Say what meetings have in common; what is left unsaid is inherited.

    A meeting takes each value from the nearest that says it: the booking
    itself, the template it names, the default of its organisation, the default
    of each one above it, the platform's default, and what is built in. Values
    are copied when a meeting is booked: a change is for meetings after it.
    """


@templates.command()
@click.argument("name")
@_organisation_option
@set_option
@click.option("--default", "is_default", is_flag=True, help="For meetings that name none.")
@click.option("--pool", "is_pool", is_flag=True, help="For old clients' pool of rooms.")
@writing
def create(
    site: Site,
    name: str,
    organisation: str | None,
    said: tuple[tuple[str, str], ...],
    *,
    is_default: bool,
    is_pool: bool,
) -> None:
    """Make the template NAME."""
    before = asyncio.run(
        _create(site, name, organisation, values_said(said), default=is_default, pool=is_pool)
    )
    instead = f", the default instead of {before}" if before else ""
    site.tell(f"{name}: created{instead}", f"would create {name}{instead}")


@templates.command()
@click.argument("name")
@_organisation_option
@set_option
@click.option(
    "--inherit",
    "inherited",
    multiple=True,
    metavar="NAME",
    help="Say this value no more: it is inherited again. May be repeated.",
)
@click.option("--rename", metavar="NAME", help="Call it so from now on.")
@click.option("--pool/--no-pool", "is_pool", default=None, help="For old clients' pool of rooms.")
@writing
def change(  # noqa: PLR0913  as above
    site: Site,
    name: str,
    organisation: str | None,
    said: tuple[tuple[str, str], ...],
    inherited: tuple[str, ...],
    rename: str | None,
    *,
    is_pool: bool | None,
) -> None:
    """Change what the template NAME says, for meetings that are booked from now on."""
    changes = TemplateChange(values_said(said), inherited, rename, is_pool)
    if changes == TemplateChange():
        raise click.UsageError("nothing to change: give at least one option")
    asyncio.run(_change(site, name, organisation, changes))
    site.tell(f"{name}: changed", f"would change {name}")


@templates.command()
@click.argument("name")
@_organisation_option
@writing
def default(site: Site, name: str, organisation: str | None) -> None:
    """Let meetings that name no template have NAME; the default before it is one no more."""
    before = asyncio.run(_default(site, name, organisation))
    instead = f" instead of {before}" if before not in {None, name} else ""
    site.tell(f"{name}: is the default{instead}", f"would make {name} the default{instead}")


@templates.command()
@click.argument("name")
@_organisation_option
@writing
def delete(site: Site, name: str, organisation: str | None) -> None:
    """Delete the template NAME; meetings that were booked with it keep their values."""
    was_default = asyncio.run(_delete(site, name, organisation))
    done, would = f"{name}: deleted", f"would delete {name}"
    if was_default:
        owner = "the platform" if organisation is None else f"organisation {organisation}"
        done += f"; {owner} has no default template any more"
        would += f"; {owner} would have no default template any more"
    site.tell(done, would)


@templates.command("list")
@click.option(
    "--organisation",
    metavar="ORGANISATION",
    help="Those that it can inherit from. Without: every template.",
)
@json_option
@reading
def list_command(site: Site, organisation: str | None, *, as_json: bool) -> None:
    """List templates: the platform's first."""
    rows = asyncio.run(_list(site, organisation))
    show_rows([dict(row) for row in rows], as_json=as_json)


@templates.command()
@click.argument("name", required=False)
@_organisation_option
@json_option
@reading
def show(site: Site, name: str | None, organisation: str | None, *, as_json: bool) -> None:
    """Show what a meeting gets with the template NAME, or with none, and who says so."""
    resolved = asyncio.run(_show(site, name, organisation))
    rows: list[dict[str, object]] = [
        {"name": name, "value": each.value, "from": each.source}
        for name, each in resolved.values.items()
    ]
    show_rows([row | {"value": _shown(row["value"])} for row in rows], as_json=as_json)


def _shown(value: object) -> object:
    return value if isinstance(value, bool | int | list | dict | None) else str(value)


async def _owner_id(connection: Connection, organisation: str | None) -> UUID | None:
    return None if organisation is None else (await get_living(connection, organisation)).id


async def _create(
    site: Site,
    name: str,
    organisation: str | None,
    said: dict[str, object],
    *,
    default: bool,
    pool: bool,
) -> str | None:
    """Make it, and give the name of the default whose place it takes."""
    async with site.transaction() as connection:
        owner_id = await _owner_id(connection, organisation)
        before = await get_default_name(connection, owner_id) if default else None
        new = NewTemplate(owner_id, name, said, is_default=default, is_pool=pool)
        await create_template(connection, new)
        return before


async def _change(site: Site, name: str, organisation: str | None, changes: TemplateChange) -> None:
    async with site.transaction() as connection:
        owner_id = await _owner_id(connection, organisation)
        await change_template(connection, owner_id, name, changes)


async def _default(site: Site, name: str, organisation: str | None) -> str | None:
    async with site.transaction() as connection:
        owner_id = await _owner_id(connection, organisation)
        before = await get_default_name(connection, owner_id)
        await set_default_template(connection, owner_id, name)
        return before


async def _delete(site: Site, name: str, organisation: str | None) -> bool:
    async with site.transaction() as connection:
        return await delete_template(connection, await _owner_id(connection, organisation), name)


async def _list(site: Site, organisation: str | None) -> list[asyncpg.Record]:
    async with site.transaction() as connection:
        asked = await get_organisation(connection, organisation) if organisation else None
        return await list_templates(connection, asked.id if asked else None)


async def _show(site: Site, name: str | None, organisation: str | None) -> Resolved:
    async with site.transaction() as connection:
        asked = await get_organisation(connection, organisation) if organisation else None
        return await resolve(connection, asked.id if asked else None, name)
