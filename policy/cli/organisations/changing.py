"""`organisations create`, `create-group`, `change` and `delete`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import click

from policy.cli.site import Site, writing
from policy.directory.records import OrganisationState
from policy.directory.writing.organisations import (
    NewOrganisation,
    OrganisationType,
    Purpose,
    change_organisation,
    create_organisation,
    delete_organisation,
    draw_history_key,
    get_living,
    get_organisation,
    remove_history_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from policy.directory.connection import Connection

# What begins in another state has a life behind it, and comes by import.
_FIRST_STATES: Final = (
    OrganisationState.PROSPECT,
    OrganisationState.AGREEMENT_PENDING,
    OrganisationState.ACTIVE,
)
_WITH_CODE: Final = (OrganisationType.ORGANISATION, OrganisationType.PRAKSIS)
# What can be emptied: how it is called here, and its column.
_CLEARED: Final[Mapping[str, str]] = {
    "purposes": "purposes",
    "quota": "quota_permanent_rooms",
    "pool-size": "pool_size",
    "sms-sender": "sms_sender_name",
    "sms-callback": "sms_callback_url",
}
_HISTORY_KEY: Final = "history-key"
_MOST: Final = 2_147_483_647  # PostgreSQL's integer

_DETAILS: Final = (
    click.option(
        "--type",
        "kind",
        type=click.Choice([each.value for each in _WITH_CODE]),
        help="An organisation (usual), or a practice.",
    ),
    click.option(
        "--purpose",
        "purposes",
        multiple=True,
        type=click.Choice([each.value for each in Purpose]),
        help="What its rooms are for; may be given again.",
    ),
    click.option(
        "--quota",
        "quota_permanent_rooms",
        type=click.IntRange(0, _MOST),
        help="How many permanent rooms it may have. Without: any; with --as, as many as CODE.",
    ),
    click.option(
        "--pool-size",
        type=click.IntRange(0, _MOST),
        help="For old clients; without, or 0: no ad hoc meetings for them.",
    ),
    click.option(
        "--own-address/--no-own-address",
        "allow_own_address",
        default=None,
        help="Whether its meetings may have addresses of their own choice; usually not.",
    ),
    click.option(
        "--sms-sender",
        "sms_sender_name",
        help="Sender of text messages: 1 to 11 of A-Z, a-z, 0-9 and space.",
    ),
    click.option(
        "--sms-callback",
        "sms_callback_url",
        metavar="URL",
        help="Told what became of a text message; may hold %reference% and %status%.",
    ),
    click.option(
        "--agreements/--no-agreements",
        "agreements_required",
        default=None,
        help="Whether it must have valid agreements to be active; usually so.",
    ),
)

_parent_option = click.option(
    "--parent", metavar="ORGANISATION", help="The one above it; usually that of --as, or none."
)


def _details(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_DETAILS):
        command = option(command)
    return command


@click.command()
@click.argument("code")
@click.argument("name")
@_parent_option
@click.option(
    "--state",
    type=click.Choice([each.value for each in _FIRST_STATES]),
    help="Where its life begins: prospect, or active with --no-agreements.",
)
@click.option("--history-key", is_flag=True, help="Draw a key for its call history, and show it.")
@_details
@writing
def create(site: Site, /, parent: str | None, *, history_key: bool, **said: object) -> None:
    """Add the organisation CODE, called NAME.

    One that needs no agreements is connected at once. Any other begins as a
    prospect: add its agreements, then 'organisations state CODE active'.
    """
    key = asyncio.run(_create(site, parent, _given(said), history_key=history_key))
    site.tell(f"{said['code']}: created", f"would create {said['code']}")
    _show_key(site, key)


@click.command("create-group")
@click.argument("name")
@_parent_option
@writing
def create_group(site: Site, name: str, parent: str | None) -> None:
    """Add the group NAME, which only holds others together in the tree.

    It has no code, users or agreements.
    """
    asyncio.run(
        _create(
            site,
            parent,
            {
                "name": name,
                "type": OrganisationType.GROUP,
                "state": OrganisationState.ACTIVE,
                "agreements_required": False,
            },
            history_key=False,
        )
    )
    site.tell(f"{name}: created", f"would create group {name}")


@click.command()
@click.argument("organisation")
@click.option("--name", help="Another name.")
@click.option("--code", help="Another code; rules and files that name the old one do not follow.")
@click.option("--new-history-key", is_flag=True, help="Draw another key for its call history.")
@click.option(
    "--clear",
    multiple=True,
    type=click.Choice([*_CLEARED, _HISTORY_KEY]),
    help="Empty this; may be given again.",
)
@_details
@writing
def change(
    site: Site,
    /,
    organisation: str,
    *,
    new_history_key: bool,
    clear: tuple[str, ...],
    **said: object,
) -> None:
    """Change what is given of ORGANISATION; the rest stays."""
    changes = _given(said)
    for name in clear:
        if name != _HISTORY_KEY:
            changes[_CLEARED[name]] = [] if name == "purposes" else None
    if not (changes or clear or new_history_key):
        raise click.UsageError("nothing to change: give at least one option")
    key = asyncio.run(
        _change(
            site, organisation, changes, draw_key=new_history_key, drop_key=_HISTORY_KEY in clear
        )
    )
    site.tell(f"{organisation}: changed", f"would change {organisation}")
    _show_key(site, key)


@click.command()
@click.argument("organisation")
@writing
def delete(site: Site, organisation: str) -> None:
    """Delete ORGANISATION, which must have nothing left.

    A prospect or a group is taken away. One that is closed keeps its code and
    its agreements, loses its users, and is no longer shown.
    """
    asyncio.run(_delete(site, organisation))
    site.tell(f"{organisation}: deleted", f"would delete {organisation}")


def _given(said: Mapping[str, object]) -> dict[str, object]:
    """Give columns and their values for what was said on the command line."""
    given = {name: value for name, value in said.items() if value is not None and value != ()}
    if "kind" in given:
        given["type"] = given.pop("kind")
    if "purposes" in given and isinstance(given["purposes"], tuple):
        given["purposes"] = list(given["purposes"])
    return given


async def _create(
    site: Site, parent: str | None, said: dict[str, object], *, history_key: bool
) -> str | None:
    if "state" not in said:
        needed = said.get("agreements_required", True)
        said["state"] = OrganisationState.PROSPECT if needed else OrganisationState.ACTIVE
    parent = parent or site.within
    async with site.transaction() as connection:
        above = await get_living(connection, parent) if parent is not None else None
        new = NewOrganisation(parent_id=above.id if above is not None else None, **said)  # type: ignore[arg-type]  # click has looked at the types
        added = await create_organisation(connection, new)
        return await _draw(site, connection, added) if history_key else None


async def _change(
    site: Site, written: str, changes: Mapping[str, object], *, draw_key: bool, drop_key: bool
) -> str | None:
    async with site.transaction() as connection:
        organisation = await get_living(connection, written)
        await change_organisation(connection, organisation, changes)
        if drop_key:
            await remove_history_key(connection, organisation.id)
        return await _draw(site, connection, organisation.id) if draw_key else None


async def _delete(site: Site, written: str) -> None:
    async with site.transaction() as connection:
        organisation = await get_organisation(connection, written)  # it may have been merged
        await delete_organisation(connection, organisation)


async def _draw(site: Site, connection: Connection, organisation_id: UUID) -> str | None:
    """Draw a key, but not one that nobody will ever be able to use."""
    return None if site.dry_run else await draw_history_key(connection, organisation_id)


def _show_key(site: Site, key: str | None) -> None:
    if key is not None and not site.dry_run:
        click.echo(f"history key: {key} (shown only here)")
