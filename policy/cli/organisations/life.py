"""`organisations state`, `move` and `merge`: what becomes of an organisation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from policy.cli.site import Site, writing
from policy.directory.records import OrganisationState
from policy.directory.writing.agreements import agreements_hold
from policy.directory.writing.merging import merge_organisations
from policy.directory.writing.organisations import get_living, holdings, set_state
from policy.directory.writing.tree import move_organisation
from policy.directory.writing.users import has_administrator, make_administrator
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policy.directory.connection import Connection
    from policy.directory.writing.merging import Merged
    from policy.directory.writing.organisations import Organisation


@click.command()
@click.argument("organisation")
@click.argument("state", type=click.Choice([each.value for each in OrganisationState]))
@click.option(
    "--contact",
    metavar="EMAIL",
    help="Make this user, who is added if need be, its administrator (meeting-admin).",
)
@writing
def state(site: Site, organisation: str, state: str, contact: str | None) -> None:
    """Take ORGANISATION to its next state.

    A prospect becomes agreement-pending and then active. What is active may be
    suspended and made active again; both may be leaving, and then closed, or
    active again. A prospect or a pending one may be closed.

    Calls are let in while it is active or leaving. Active needs a valid
    connection agreement and a valid data processing agreement, unless it was
    made with --no-agreements, and an administrator: the first is the technical
    contact. No mail is sent.
    """
    for line in asyncio.run(_state(site, organisation, OrganisationState(state), contact)):
        click.echo(line)


@click.command()
@click.argument("organisation")
@click.option("--below", metavar="ORGANISATION", help="The one that it goes under.")
@click.option("--to-root", is_flag=True, help="Put it under nobody.")
@writing
def move(site: Site, organisation: str, below: str | None, *, to_root: bool) -> None:
    """Move ORGANISATION and all below it to another place in the tree.

    No address changes. What it inherits does: templates, and domains of those
    above it.
    """
    if (below is None) != to_root:
        raise click.UsageError("say where to: either --below or --to-root")
    lost = asyncio.run(_move(site, organisation, below))
    place = f"below {below}" if below is not None else "to the root"
    site.tell(f"{organisation}: moved {place}", f"would move {organisation} {place}")
    _note_strangers(lost)


@click.command()
@click.argument("organisation")
@click.option("--into", required=True, metavar="ORGANISATION", help="The one that takes it in.")
@click.option(
    "--suffix-external-ids",
    is_flag=True,
    help="Of bookings of both with one external id, give those that come over '@CODE' at its end.",
)
@writing
def merge(site: Site, organisation: str, into: str, *, suffix_external_ids: bool) -> None:
    """Make everything that ORGANISATION has another one's, and close it.

    No address and no room changes, and nothing is lost: of names that both have,
    the one that comes over gets ' (CODE)' at its end; users of one e-mail
    address become one with the roles of both; those below it hang below the
    other. Templates that it had as a default are none any more. Its agreements,
    quota and keys stay behind with it. There is no way back: try --dry-run first.
    """
    merged = asyncio.run(_merge(site, organisation, into, suffixed=suffix_external_ids))
    site.tell(f"{organisation}: merged into {into}", f"would merge {organisation} into {into}")
    for kind, count in merged.counts.items():
        click.echo(f"  {kind}: {count}")
    for line in _notes(organisation, into, merged):
        click.echo(f"note: {line}")
    _note_strangers(merged.strangers)


async def _state(
    site: Site, written: str, wanted: OrganisationState, contact: str | None
) -> list[str]:
    async with site.transaction() as connection:
        organisation = await get_living(connection, written)
        if contact is None and wanted is OrganisationState.ACTIVE:
            await _want_administrator(connection, organisation)
        await set_state(connection, organisation, wanted)
        if contact is not None:
            await make_administrator(connection, organisation, contact)
        left = await holdings(connection, organisation)
    was = organisation.state
    lines = [
        f"would take {written} from {was} to {wanted}"
        if site.dry_run
        else f"{written}: {wanted}, was {was}"
    ]
    if contact is not None:
        lines.append("the contact administers it; no mail is sent, so tell them")
    if was.may_call and not wanted.may_call:
        called = [f"{kind} ({left[kind]})" for kind in _CALLED if kind in left]
        lines += [f"no calls are let in to its {', '.join(called)}"] if called else []
    return lines


# What cannot be called any more when an organisation is suspended or closed.
_CALLED = ("permanent rooms", "bookings", "devices")


async def _want_administrator(connection: Connection, organisation: Organisation) -> None:
    """Refuse to connect one that nobody could act for."""
    if (
        organisation.agreements_required
        and await agreements_hold(connection, organisation)
        and not await has_administrator(connection, organisation)
    ):
        raise RefusedError(
            f"organisation {organisation.called}: has no administrator yet, name its technical"
            " contact with --contact"
        )


async def _move(site: Site, written: str, below: str | None) -> Mapping[str, int]:
    async with site.transaction() as connection:
        organisation = await get_living(connection, written)
        parent = await get_living(connection, below) if below is not None else None
        return await move_organisation(connection, organisation, parent)


async def _merge(site: Site, written: str, into: str, *, suffixed: bool) -> Merged:
    async with site.transaction() as connection:
        return await merge_organisations(
            connection,
            await get_living(connection, written),
            await get_living(connection, into),
            suffix_external_ids=suffixed,
        )


def _notes(own: str, into: str, merged: Merged) -> Iterator[str]:
    """Say what somebody should look at after a merge."""
    if merged.renamed:
        yield f"renamed, since both had the name: {', '.join(merged.renamed)}"
    if merged.default_template is not None:
        yield f"template {merged.default_template!r} is no default any more"
    if merged.widened_grants:
        found = f"others that found {own} in their phone book find {into} too"
        yield f"{found}: {merged.widened_grants}"
    if merged.over_quota:
        yield f"permanent rooms of {into} beyond its quota: {merged.over_quota}"
    if merged.reopened:
        yield f"calls are let in again to what {own} had"


def _note_strangers(found: Mapping[str, int]) -> None:
    for domain, count in found.items():
        click.echo(f"note: devices that may not register in {domain} any more: {count}")
