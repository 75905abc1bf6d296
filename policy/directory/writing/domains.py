"""Domains of organisations, in which their addresses are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from policy.directory.queries.domains import (
    ADD_DOMAIN,
    CHANGE_DOMAIN,
    COUNT_IN_DOMAIN,
    GET_DOMAIN,
    LIST_DOMAINS,
    REMOVE_DOMAIN,
    REMOVE_FREE_ADDRESSES,
)
from policy.directory.writing.tree import strangers
from policy.errors import RefusedError
from policy.wire.fields import DomainText

if TYPE_CHECKING:
    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.writing.organisations import Organisation


def spelled(written: str) -> str:
    """Give a domain as the register holds it: in lower case, as A-label, without a final dot."""
    try:
        return TypeAdapter(DomainText).validate_python(written)
    except ValidationError as exc:
        raise RefusedError(f"{written!r} is no domain name") from exc


async def add_domain(
    connection: Connection,
    organisation: Organisation,
    domain: str,
    *,
    inherit: bool = False,
    history_only: bool = False,
) -> None:
    """Make a domain an organisation's; with `inherit` for all below it as well."""
    await connection.execute(ADD_DOMAIN, domain, organisation.id, inherit, history_only)


async def change_domain(
    connection: Connection,
    domain: str,
    *,
    organisation: Organisation | None = None,
    inherit: bool | None = None,
    history_only: bool | None = None,
) -> int:
    """Give a domain to another organisation, or change for whom it is; None leaves what is.

    Gives how many devices have their address in it and may not register any more.
    """
    await _get(connection, domain)
    before = await strangers(connection, [], domain)
    owner = organisation.id if organisation is not None else None
    await connection.execute(CHANGE_DOMAIN, domain, owner, inherit, history_only)
    return len(await strangers(connection, [], domain) - before)


async def remove_domain(connection: Connection, domain: str) -> None:
    """Give up a domain in which nothing is called any more."""
    await _get(connection, domain)
    row = await connection.fetchrow(COUNT_IN_DOMAIN, domain)
    left = [f"{what} ({count})" for what, count in (row or {}).items() if count]
    if left:
        raise RefusedError(f"domain {domain}: still has {' and '.join(left)}")
    await connection.execute(REMOVE_FREE_ADDRESSES, domain)
    await connection.execute(REMOVE_DOMAIN, domain)


async def count_addresses(connection: Connection, domain: str) -> int:
    """Count the addresses in a domain, whoever has them."""
    row = await connection.fetchrow(COUNT_IN_DOMAIN, domain)
    return int(row["addresses"]) if row else 0


async def list_domains(
    connection: Connection, organisation: Organisation | None
) -> list[asyncpg.Record]:
    """List the domains of one organisation, or of all."""
    asked = organisation.id if organisation is not None else None
    return await connection.fetch(LIST_DOMAINS, asked)


async def _get(connection: Connection, domain: str) -> None:
    """Hold a domain until the end of the transaction."""
    if await connection.fetchrow(GET_DOMAIN, domain) is None:
        raise RefusedError(f"domain {domain}: there is none of this name")
