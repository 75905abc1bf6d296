"""`bookings create` and `bookings reserve`."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from policy.cli.bookings.meetings import pins_told, tell
from policy.cli.bookings.saying import Said, meeting_options, said_of
from policy.cli.moments import MOMENT, shown
from policy.cli.options import seal_of
from policy.cli.site import Site, writing
from policy.cli.tables import json_option
from policy.directory.writing.details import details_of
from policy.directory.writing.new_bookings import NewBooking, create_booking
from policy.directory.writing.organisations import get_living
from policy.directory.writing.reservations import DEFAULT_HOURS, Reserved
from policy.directory.writing.reservations import reserve as reserve_number

if TYPE_CHECKING:
    from policy.directory.writing.new_bookings import Booked

_template_option = click.option(
    "--template", metavar="NAME", help="A template of ORGANISATION; else its default."
)


@click.command()
@click.argument("organisation")
@click.option("--subject", required=True, help="1 to 100 characters; kept encrypted.")
@click.option("--starts", "starts_at", type=MOMENT, required=True, help="When it begins.")
@click.option("--ends", "ends_at", type=MOMENT, help="When it ends; or say --minutes.")
@click.option("--minutes", type=click.IntRange(1, 525_600), help="How long it lasts.")
@_template_option
@click.option(
    "--address",
    "own_address",
    help="Choose the address, where ORGANISATION may; else a number is drawn.",
)
@click.option(
    "--from-reservation",
    "reservation_id",
    type=click.UUID,
    metavar="ID",
    help="Take the number and the PINs of 'bookings reserve'.",
)
@click.option("--id", type=click.UUID, help="The id of the meeting; else one is drawn.")
@click.option("--organiser", metavar="EMAIL", help="A user of ORGANISATION.")
@meeting_options
@json_option
@writing
def create(
    site: Site,
    /,
    organisation: str,
    starts_at: datetime,
    ends_at: datetime | None,
    minutes: int | None,
    *,
    as_json: bool,
    **options: object,
) -> None:
    """Book a meeting for ORGANISATION.

    What is not said comes from its templates, see 'vdx-policy templates'. The
    number is drawn from their range, and PINs as they want them; both are shown.
    """
    if (ends_at is None) == (minutes is None):
        raise click.UsageError("give either --ends or --minutes")
    ends_at = ends_at or starts_at + timedelta(minutes=minutes or 0)
    booked = asyncio.run(_create(site, organisation, starts_at, ends_at, said_of(options)))
    if site.dry_run:
        click.echo(f"would book a meeting, such as {', '.join(booked.addresses)}")
        return
    told = {
        "booked": booked.id,
        "short id": booked.short_id,
        "addresses": booked.addresses,
        **pins_told(booked.pins),
        "opens": shown(booked.opens_at),
        "ends": shown(booked.ends_at),
    }
    tell(told, as_json=as_json)


@click.command()
@click.argument("organisation")
@_template_option
@click.option(
    "--hours",
    type=click.IntRange(1, 744),
    default=DEFAULT_HOURS,
    show_default=True,
    help="How long it is kept.",
)
@json_option
@writing
def reserve(
    site: Site, organisation: str, template: str | None, hours: int, *, as_json: bool
) -> None:
    """Put a number and its PINs aside for ORGANISATION; nobody answers there yet.

    'bookings create --from-reservation' makes a meeting of it.
    """
    reserved = asyncio.run(_reserve(site, organisation, template, hours))
    if site.dry_run:
        click.echo(f"would reserve a number, such as {', '.join(reserved.addresses)}")
        return
    told = {
        "reserved": reserved.id,
        "addresses": reserved.addresses,
        **pins_told(reserved.pins),
        "until": shown(reserved.until),
    }
    tell(told, as_json=as_json)


async def _create(
    site: Site, organisation: str, starts_at: datetime, ends_at: datetime, said: Said
) -> Booked:
    details = details_of(said.texts)
    async with site.transaction(seals=True) as connection:
        new = NewBooking(
            organisation=await get_living(connection, organisation),
            details=details,
            starts_at=starts_at,
            ends_at=ends_at,
            said=said.values,
            **said.others,  # type: ignore[arg-type]  # click has looked at the types
        )
        return await create_booking(connection, seal_of(site.settings), new)


async def _reserve(site: Site, organisation: str, template: str | None, hours: int) -> Reserved:
    async with site.transaction(seals=True) as connection:
        owner = await get_living(connection, organisation)
        seal = seal_of(site.settings)
        return await reserve_number(connection, seal, owner.id, template, hours=hours)
