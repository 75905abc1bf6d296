"""`vdx-policy directory show`: who owns an address, why, and until when."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click
import orjson

from policy.cli.bookings.meetings import tell
from policy.cli.moments import shown
from policy.cli.options import seal_of
from policy.cli.site import Site, reading
from policy.cli.tables import json_option
from policy.decide.addresses import refusal_of, state_of
from policy.directory.showing import look_at
from policy.directory.writing.register import alias_of
from policy.rules.known import keys_of
from policy.wire.alias import AliasKind, parse_alias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import asyncpg

    from policy.directory.records import AddressKey
    from policy.directory.showing import Shown


@click.command()
@click.argument("alias")
@json_option
@reading
def show(site: Site, alias: str, *, as_json: bool) -> None:
    """Show who owns ALIAS, why, and until when.

    It is looked up as a call would look it up, and what is said of a call is
    what a server would say at this moment. PINs are not shown. A number that
    nobody has is told with whoever has, or had, one like it.
    """
    parsed = parse_alias(alias, {str(each) for each in site.settings.dialling.node_addresses})
    if parsed.kind is not AliasKind.ADDRESS:
        raise click.BadParameter(f"{alias!r} is no address of the register", param_hint="ALIAS")
    keys = keys_of(parsed, site.settings.dialling.default_domain or "")
    seen, at = asyncio.run(_look_at(site, keys))
    told = {
        "asked": alias,
        "looked up as": [alias_of(key) for key in keys],
        "found": _found(keys, seen),
        **_address(seen.row),
        **_target(seen.row),
        **_call(seen, at),
        "for statistics": _owner(seen),
        "like it": [_near(row) for row in seen.near],
    }
    tell(
        {name: value for name, value in told.items() if value not in (None, [], "")},
        as_json=as_json,
    )


async def _look_at(site: Site, keys: Sequence[AddressKey]) -> tuple[Shown, datetime]:
    async with site.transaction() as connection:
        seen = await look_at(connection, seal_of(site.settings), keys)
        return seen, await connection.fetchval("SELECT now()")


def _found(keys: Sequence[AddressKey], seen: Shown) -> str:
    """Say which address answers, and why that one."""
    if seen.row is None:
        if seen.entry is not None and not seen.entry.own_domain:
            return f"nothing: {seen.key.domain} is no domain of the directory"
        return "nothing: nobody has it"
    alias: str = seen.row["alias"]
    if alias != alias_of(seen.key):
        return f"{alias}, which holds in every domain of the directory"
    if seen.key != keys[0]:
        return f"{alias}, completed by the default domain"
    return f"{alias}, as it was asked for"


def _address(row: asyncpg.Record | None) -> dict[str, object]:
    if row is None:
        return {}
    return {
        "address": f"{row['state']} {row['kind']}, since {shown(row['since'])}",
        "until": _moment(row["until"]),
        "range": row["range"],
        "description": row["description"],
        "organisation": row["organisation"],
        "organisation is": row["organisation_state"],
        "above it": [each for each in row["path"] or () if each != row["organisation"]],
        "last called": _moment(row["last_used_at"]),
    }


def _target(row: asyncpg.Record | None) -> dict[str, object]:
    if row is None:
        return {}
    if row["device"] is not None:
        return _device(row)
    if row["room"] is None:
        return {}
    room: dict[str, object] = {
        "room": row["room"],
        "service type": row["service_type"],
        "room is": row["room_state"] if row["booking"] is None else None,
        "template": row["template"],
    }
    return room | _meeting(row)


def _meeting(row: asyncpg.Record) -> dict[str, object]:
    if row["booking"] is None:
        return {"reserved until": _moment(row["reserved_until"])}
    times = ("opens_at", "starts_at", "ends_at", "closes_at")
    events = ("cancelled_at", "ended_at", "runs_seen_at")
    return {
        "booking": row["booking"],
        "booking is": row["booking_state"],
        **{name.removesuffix("_at"): _moment(row[name]) for name in times + events},
        "values from": sorted({str(each) for each in orjson.loads(row["sources"]).values()}),
    }


def _device(row: asyncpg.Record) -> dict[str, object]:
    proofs = {
        "password": row["has_password"],
        "single sign-on": row["single_sign_on"],
        "none": row["without_proof"],
    }
    return {
        "device": str(row["device"]),
        "device is": "enabled" if row["enabled"] else "disabled",
        "proof": [name for name, is_taken in proofs.items() if is_taken] or "it cannot register",
        "registered until": _moment(row["registered_until"]),
        "domain": None if row["in_own_domain"] else "of somebody else: it cannot register",
    }


def _call(seen: Shown, at: datetime) -> dict[str, object]:
    if seen.entry is None:
        return {"a call now": f"cannot be answered: {seen.fault}"}
    target = seen.entry.target
    if target is None:
        return {}
    refusal = refusal_of(target, at)
    state = state_of(target, at).replace("_", " ")
    if refusal is not None and refusal.text:
        state = f"{state}: {refusal.text}"
    return {"a call now": state, "changes at": _moment(seen.entry.valid_until)}


def _owner(seen: Shown) -> str:
    if not seen.owner.organisation:
        return "nobody"
    return f"{seen.owner.organisation}, by {seen.owner.source.replace('-', ' ')}"


def _near(row: asyncpg.Record) -> str:
    whose = f" of {row['organisation']}" if row["organisation"] else ""
    until = f", until {_moment(row['until'])}" if row["until"] else ""
    return f"{row['alias']}: {row['state']} {row['kind']}{whose}{until}"


def _moment(moment: object) -> str | None:
    return None if moment is None else shown(moment)  # type: ignore[arg-type]  # a time of a row
