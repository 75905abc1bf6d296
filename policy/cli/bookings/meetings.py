"""Which meeting a command means, and how one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import orjson

from policy.directory.writing.bookings import find_booking
from policy.errors import RefusedError, RequestError
from policy.rules.known import keys_of
from policy.wire.alias import AliasKind, parse_alias

if TYPE_CHECKING:
    from collections.abc import Mapping

    import asyncpg

    from policy.cli.site import Site
    from policy.directory.connection import Connection
    from policy.directory.pins import PinPair
    from policy.directory.records import AddressKey


async def get_booking(site: Site, connection: Connection, written: str) -> asyncpg.Record:
    """Give the meeting of an id, a short id, an address or an external id; else refuse."""
    meeting = await find_booking(connection, written, _keys(site, written))
    if meeting is None:
        raise RefusedError(
            f"booking {written}: no meeting has this id, short id, address or external id"
        )
    return meeting


def _keys(site: Site, written: str) -> tuple[AddressKey, ...]:
    try:
        alias = parse_alias(written)
    except RequestError:  # it may be an id nevertheless
        return ()
    if alias.kind is not AliasKind.ADDRESS:
        return ()
    return keys_of(alias, site.settings.dialling.default_domain or "")


def pins_told(pins: PinPair | None) -> dict[str, object]:
    """Give what is said of PINs by a command that has just drawn them or was asked to."""
    told = {"host PIN": pins.pin if pins else None, "guest PIN": pins.guest_pin if pins else None}
    return {name: pin for name, pin in told.items() if pin is not None}


def tell(told: Mapping[str, object], *, as_json: bool) -> None:
    """Print one thing: a line for each name, or one JSON object."""
    if as_json:
        named = {name.lower().replace(" ", "_"): value for name, value in told.items()}
        click.echo(orjson.dumps(named, default=str).decode())
        return
    for name, value in told.items():
        text = ", ".join(map(str, value)) if isinstance(value, tuple | list) else value
        click.echo(f"{name}: {text}")
