"""The life of a meeting on the command line, from its reservation to its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from click.testing import CliRunner

from policy.cli.main import cli

if TYPE_CHECKING:
    from tests.cli.bookings.conftest import Say
    from tests.database import Database


def test_every_command_says_what_it_does() -> None:
    """With help for each option."""
    for name in ("create", "reserve", "change", "cancel", "end", "running", "list", "show"):
        done = CliRunner().invoke(cli, ["bookings", name, "--help"])
        assert done.exit_code == 0
        assert "Show this message and exit." in done.output


async def test_a_meeting_from_reservation_to_end(say: Say, database: Database) -> None:
    """What one command prints is what the next one takes."""
    reserved = await say("bookings", "reserve", "hospital", "--hours", "2")
    reservation = re.findall("reserved: (.*)", reserved)[0]
    address = re.findall("addresses: (.*)", reserved)[0]
    pin = re.findall("host PIN: ([0-9]{5})", reserved)[0]

    booked = await say(
        *("bookings", "create", "hospital", "--subject", "Ward round", "--lead", "15"),
        *("--starts", "2027-06-01T12:00", "--minutes", "60", "--from-reservation", reservation),
    )

    short_id = re.findall("short id: (.*)", booked)[0]
    assert f"addresses: {address}\nhost PIN: {pin}\n" in booked
    assert "opens: 2027-06-01T11:45+02:00\nends: 2027-06-01T13:00+02:00\n" in booked
    assert await say("bookings", "change", address, "--starts", "2026-01-01") == (
        "refused: ends: more than 24 hours after starts, which has to be permitted: long\n"
    ).strip("\n")
    assert (
        await say("bookings", "change", short_id, "--starts", "2026-01-01", "--long")
        == f"{short_id}: changed\n"
    )
    listed = await say("bookings", "list", "--state", "open")
    assert f"{short_id}  hospital      open   2026-01-01T00:00+01:00" in listed
    assert await say("bookings", "running", address) == (
        f"{address}: runs, may be joined until 2027-06-01T13:00+02:00\n"
    )
    assert await say("bookings", "end", address.partition("@")[0]) == (
        f"{address.partition('@')[0]}: ended\n"
    )
    assert await say("bookings", "cancel", short_id) == (
        f"refused: booking {short_id}: is ended, there is nothing to cancel"
    )
    assert await database.sql.fetchval("SELECT ended_at IS NOT NULL FROM booking")
