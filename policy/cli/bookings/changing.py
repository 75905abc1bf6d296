"""`bookings change`, `cancel`, `end` and `running`."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from policy.cli.bookings.meetings import get_booking, pins_told, tell
from policy.cli.bookings.saying import Said, meeting_options, said_of
from policy.cli.moments import MOMENT, shown
from policy.cli.options import seal_of
from policy.cli.site import Site, writing
from policy.directory.writing.bookings import (
    BookingChange,
    cancel_booking,
    change_booking,
    end_booking,
    note_running,
)
from policy.errors import RefusedError

if TYPE_CHECKING:
    import asyncpg

    from policy.directory.pins import PinPair


@click.command()
@click.argument("booking")
@click.option("--subject", help="1 to 100 characters; kept encrypted.")
@click.option("--starts", "starts_at", type=MOMENT, help="When it begins.")
@click.option("--ends", "ends_at", type=MOMENT, help="When it ends.")
@click.option(
    "--minutes", type=click.IntRange(1, 525_600), help="How long it lasts, instead of --ends."
)
@click.option("--new-pins", is_flag=True, help="Draw its PINs anew, as long as they are.")
@meeting_options
@writing
def change(
    site: Site,
    /,
    booking: str,
    starts_at: datetime | None,
    ends_at: datetime | None,
    minutes: int | None,
    *,
    new_pins: bool,
    **options: object,
) -> None:
    """Change what is given of BOOKING, for whoever calls next.

    The rest stays, its addresses too. Who is inside already stays inside. --label
    and --info each replace all that there were.
    """
    if ends_at is not None and minutes is not None:
        raise click.UsageError("give either --ends or --minutes")
    said = said_of(options)
    times = (starts_at, ends_at, minutes)
    if times == (None, None, None) and not (new_pins or said.texts or said.values or said.others):
        raise click.UsageError("nothing to change: give at least one option")
    pins = asyncio.run(_change(site, booking, times, said, new_pins=new_pins))
    site.tell(f"{booking}: changed", f"would change {booking}")
    if pins is not None and not site.dry_run:
        tell(pins_told(pins), as_json=False)


@click.command()
@click.argument("booking")
@writing
def cancel(site: Site, booking: str) -> None:
    """Cancel BOOKING: the next call to it is told that it is cancelled.

    Its number rests from when the meeting was to end, so that nobody who was
    invited reaches strangers.
    """
    asyncio.run(_cancel(site, booking))
    site.tell(f"{booking}: cancelled", f"would cancel {booking}")


@click.command()
@click.argument("booking")
@writing
def end(site: Site, booking: str) -> None:
    """End BOOKING now: nobody may join it any more. Who is inside stays inside."""
    asyncio.run(_end(site, booking))
    site.tell(f"{booking}: ended", f"would end {booking}")


@click.command()
@click.argument("booking")
@writing
def running(site: Site, booking: str) -> None:
    """Note that the conference of BOOKING runs at this moment.

    Unless it ends on time, it may then be joined for ten minutes more, two
    hours after its end at most. 'sweep --manager' does this by itself.
    """
    closes_at = asyncio.run(_running(site, booking))
    until = f"may be joined until {shown(closes_at)}"
    site.tell(f"{booking}: runs, {until}", f"would note that {booking} runs: {until}")


async def _change(
    site: Site,
    written: str,
    times: tuple[datetime | None, datetime | None, int | None],
    said: Said,
    *,
    new_pins: bool,
) -> PinPair | None:
    seals = new_pins or bool(said.texts or said.others.keys() & {"pin", "guest_pin"})
    async with site.transaction(seals=seals) as connection:
        meeting = await get_booking(site, connection, written)
        starts_at, ends_at, minutes = times
        if minutes is not None:
            ends_at = (starts_at or meeting["starts_at"]) + timedelta(minutes=minutes)
        changes = BookingChange(
            starts_at=starts_at,
            ends_at=ends_at,
            details=said.texts,
            said=said.values,
            new_pins=new_pins,
            **said.others,  # type: ignore[arg-type]  # click has looked at the types
        )
        return await change_booking(connection, seal_of(site.settings), meeting, changes)


async def _cancel(site: Site, written: str) -> None:
    async with site.transaction() as connection:
        await cancel_booking(connection, await get_booking(site, connection, written))


async def _end(site: Site, written: str) -> None:
    async with site.transaction() as connection:
        await end_booking(connection, await get_booking(site, connection, written))


async def _running(site: Site, written: str) -> datetime:
    async with site.transaction() as connection:
        meeting = await get_booking(site, connection, written)
        if meeting["state"] != "open":
            raise RefusedError(f"booking {written}: is {meeting['state']}, only an open one runs")
        await note_running(connection, [meeting["service_name"]])
        return _closes_at(await get_booking(site, connection, written))


def _closes_at(meeting: asyncpg.Record) -> datetime:
    closes_at: datetime = meeting["closes_at"]
    return closes_at
