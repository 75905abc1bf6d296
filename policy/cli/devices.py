"""`vdx-policy devices`: devices and soft clients, and how they prove who they are."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

import click

from policy.cli.options import seal_of
from policy.cli.rooms.group import limit_option
from policy.cli.rooms.life import quarantine_option, tell_quarantine
from policy.cli.site import Site, reading, writing
from policy.cli.tables import json_option, show_rows
from policy.directory.writing.devices import (
    change_device,
    create_device,
    delete_device,
    draw_password,
    get_device,
    list_devices,
    set_enabled,
)
from policy.directory.writing.organisations import get_living, get_organisation
from policy.directory.writing.register import addresses_of
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import asyncpg

    from policy.directory.writing.register import Address

_OPTIONS: Final = (
    click.option("--description", help="For phone books; nothing about health or a person."),
    click.option("--owner-email", help="Of whoever looks after it."),
    click.option("--username", help="What it names itself when it registers."),
    click.option(
        "--ask-password",
        is_flag=True,
        help="Ask for the password, or read one line of a pipe; else one is drawn and shown.",
    ),
    click.option(
        "--single-sign-on/--no-single-sign-on",
        default=None,
        help="Whether an identity provider proves it.",
    ),
    click.option(
        "--without-proof/--with-proof",
        default=None,
        help="Whether whoever claims the alias is admitted.",
    ),
    click.option("--listed/--no-listed", default=None, help="Whether phone books show it."),
    click.option("--tag", "tags", multiple=True, help="A word for rules; may be repeated."),
)
# What can be emptied: how it is called here, and the keys.
_CLEARED: Final[Mapping[str, tuple[str, ...]]] = {
    "description": ("description",),
    "owner-email": ("owner_email",),
    "username": ("username", "password"),
    "tags": ("tags",),
}
_SHOWN: Final = (
    "description",
    "owner_email",
    "enabled",
    "registered_until",
    "username",
    "single_sign_on",
    "without_proof",
    "listed",
    "tags",
)


def _device_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group()
def devices() -> None:
    """Look after devices and soft clients that register on the platform.

    DEVICE is its alias or its id. Works on the database at database.url, and on
    the embedded one: beside a running server as the same user, else by itself.
    """


@devices.command()
@click.argument("organisation")
@click.argument("alias")
@_device_options
@click.option("--disabled", is_flag=True, help="It may not register yet: see 'devices enable'.")
@writing
def create(
    site: Site,
    /,
    organisation: str,
    alias: str,
    *,
    ask_password: bool,
    disabled: bool,
    **said: object,
) -> None:
    """Make a device of ORGANISATION that is called at ALIAS.

    With --username it proves itself by a password, which is drawn and shown once.
    """
    wanted = _given(said) | {"alias": alias, "enabled": not disabled}
    drawn = None
    if ask_password:
        wanted["password"] = _asked_password()
    elif "username" in wanted:
        wanted["password"] = drawn = draw_password()
    address = asyncio.run(_create(site, organisation, wanted))
    site.tell(f"{address.alias}: created", f"would create {address.alias}")
    _show_password(site, drawn)


@devices.command()
@click.argument("device")
@_device_options
@click.option("--organisation", metavar="ORGANISATION", help="Another one whose it is.")
@click.option("--new-password", is_flag=True, help="Draw another password, and show it once.")
@click.option(
    "--clear", multiple=True, type=click.Choice([*_CLEARED]), help="Empty this; may be repeated."
)
@writing
def change(
    site: Site,
    /,
    device: str,
    organisation: str | None,
    *,
    ask_password: bool,
    new_password: bool,
    clear: tuple[str, ...],
    **said: object,
) -> None:
    """Change what is given of DEVICE; the rest stays, its address too."""
    changes = _given(said)
    if ask_password and new_password:
        raise click.UsageError("either --ask-password or --new-password")
    drawn = None
    if ask_password:
        changes["password"] = _asked_password()
    elif new_password:
        changes["password"] = drawn = draw_password()
    for name in clear:
        changes |= {key: () if key == "tags" else None for key in _CLEARED[name]}
    if not (changes or organisation):
        raise click.UsageError("nothing to change: give at least one option")
    asyncio.run(_change(site, device, organisation, changes))
    site.tell(f"{device}: changed", f"would change {device}")
    _show_password(site, drawn)


@devices.command()
@click.argument("device")
@writing
def enable(site: Site, device: str) -> None:
    """Let DEVICE register, call and be called."""
    asyncio.run(_enable(site, device, enabled=True))
    site.tell(f"{device}: enabled", f"would enable {device}")


@devices.command()
@click.argument("device")
@writing
def disable(site: Site, device: str) -> None:
    """Let DEVICE neither register nor be called, until it is enabled again."""
    asyncio.run(_enable(site, device, enabled=False))
    site.tell(f"{device}: disabled", f"would disable {device}")


@devices.command()
@click.argument("device")
@quarantine_option
@writing
def delete(site: Site, device: str, days: int) -> None:
    """Delete DEVICE, which must be disabled; its address is quarantined."""
    released = asyncio.run(_delete(site, device, days))
    site.tell(f"{device}: deleted", f"would delete {device}")
    tell_quarantine(site, released)


@devices.command("list")
@click.option("--organisation", metavar="ORGANISATION", help="Only of this one and those below it.")
@click.option("--enabled/--disabled", default=None, help="Only these.")
@limit_option
@json_option
@reading
def list_command(
    site: Site, organisation: str | None, *, enabled: bool | None, limit: int, as_json: bool
) -> None:
    """List devices, and how they prove themselves."""
    rows = asyncio.run(_list(site, organisation, enabled=enabled, limit=limit))
    show_rows([dict(row) for row in rows], as_json=as_json)


@devices.command()
@click.argument("device")
@json_option
@reading
def show(site: Site, device: str, *, as_json: bool) -> None:
    """Show what is known of DEVICE, its password not."""
    known = asyncio.run(_show(site, device))
    if as_json:
        show_rows([known], as_json=True)
        return
    rows = [{"what": name.replace("_", " "), "value": value} for name, value in known.items()]
    show_rows(rows, as_json=False)


def _given(said: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if value is not None and value != ()}


def _asked_password() -> str:
    if sys.stdin.isatty():
        password = str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        password = sys.stdin.readline().rstrip("\n")
    if not password:
        raise click.UsageError("an empty password")
    return password


def _show_password(site: Site, drawn: str | None) -> None:
    if drawn is not None and not site.dry_run:
        click.echo(f"password: {drawn} (shown only here)")


async def _create(site: Site, organisation: str, said: dict[str, object]) -> Address:
    owner_email = said.pop("owner_email", None)
    async with site.transaction(seals="password" in said) as connection:
        owner = await get_living(connection, organisation)
        seal = seal_of(site.settings)
        return await create_device(connection, seal, owner, said, owner_email)


async def _change(
    site: Site, written: str, organisation: str | None, changes: Mapping[str, object]
) -> None:
    async with site.transaction(seals=changes.get("password") is not None) as connection:
        device = await get_device(connection, written)
        owner = await get_living(connection, organisation) if organisation is not None else None
        seal = seal_of(site.settings)
        await change_device(connection, seal, device, changes, organisation=owner)


async def _enable(site: Site, written: str, *, enabled: bool) -> None:
    async with site.transaction() as connection:
        device = await get_device(connection, written)
        if device.is_enabled is enabled:
            raise RefusedError(f"device {written}: is {'en' if enabled else 'dis'}abled already")
        await set_enabled(connection, device, enabled=enabled)


async def _delete(site: Site, written: str, days: int) -> Sequence[Address]:
    async with site.transaction() as connection:
        return await delete_device(connection, await get_device(connection, written), days=days)


async def _list(
    site: Site, organisation: str | None, *, enabled: bool | None, limit: int
) -> list[asyncpg.Record]:
    async with site.transaction() as connection:
        below = await get_organisation(connection, organisation) if organisation else None
        return await list_devices(connection, below, enabled=enabled, limit=limit)


async def _show(site: Site, written: str) -> Mapping[str, object]:
    async with site.transaction() as connection:
        device = await get_device(connection, written)
        addresses = await addresses_of(connection, device_id=device.id)
    row = device.row
    return {
        "id": device.id,
        "organisation": device.organisation,
        "addresses": [each.alias for each in addresses],
        **{name: row[name] for name in _SHOWN},
        "password": "set" if row["sealed_password"] is not None else None,
        "created": row["created_at"],
    }
