"""The group `vdx-policy bookings`; its subcommands stand in the files beside this one."""

from __future__ import annotations

import click

from policy.cli.bookings.changing import cancel, change, end, running
from policy.cli.bookings.creating import create, reserve
from policy.cli.bookings.showing import list_command, show


@click.group()
def bookings() -> None:
    """Book meetings, each with a room of its own; change, cancel and end them.

    BOOKING is the id of a meeting, its short id, one of its addresses, or its
    external id if no other meeting has the same. A time without an offset is a
    time in Denmark; one that comes twice or never on a night on which clocks
    change is refused. Whether a meeting is open is decided by the clock of the
    database. A change holds for the next call.
    """


for command in (create, reserve, change, cancel, end, running, list_command, show):
    bookings.add_command(command)
