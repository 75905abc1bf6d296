"""`vdx-policy sweep`: does what time alone makes due."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import click
from pydantic import BaseModel

from policy.cli.database import opened
from policy.cli.manager import Manager, manager_credentials
from policy.cli.options import config_option, dry_run_option, settings_from
from policy.cli.progress import watched
from policy.directory.connection import FAULTS, PRIMARY, connect, reason_of
from policy.directory.migrate import CONNECT_S
from policy.directory.writing.agreements import WARNINGS, expiring
from policy.directory.writing.bookings import note_running
from policy.directory.writing.register import QUARANTINE_DAYS
from policy.directory.writing.scope import act_as
from policy.directory.writing.sweeping import (
    ACTOR,
    UNUSED_DAYS,
    count_logs,
    daily_steps,
    find_due,
    find_overdue,
    prune_logs,
    sweep,
    urgent_steps,
)
from policy.errors import DirectoryError, PolicyError, StartError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from policy.directory.connection import Connection
    from policy.directory.writing.agreements import Expiring
    from policy.directory.writing.sweeping import Step
    from policy.settings import Settings

_DAY_S: Final = 86_400.0
_RUNNING: Final = "/api/admin/status/v1/conference/"
_DISCONNECT: Final = "/api/admin/command/v1/conference/disconnect/"


class _Conference(BaseModel):
    """A conference that runs; its name is that of its room."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What a sweep does, where, and whether in earnest."""

    settings: Settings
    urgent: Sequence[Step]
    daily: Sequence[Step]
    manager: Manager | None = None
    dry_run: bool = False


@dataclass(slots=True)
class Told:
    """What came of a sweep."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    expiring: list[Expiring] = field(default_factory=list)


@click.command("sweep")
@click.option(
    "--urgent",
    is_flag=True,
    help="Only what cannot wait for a day: meetings, reservations, holds, quarantines.",
)
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    metavar="SECONDS",
    help="Go on until it is ended: the urgent after so many seconds, everything once a day.",
)
@click.option(
    "--quarantine-days",
    type=click.IntRange(0, 3650),
    default=QUARANTINE_DAYS,
    show_default=True,
    help="How long nobody else gets the number of a meeting that has ended.",
)
@click.option(
    "--retire-unused-after",
    type=click.IntRange(UNUSED_DAYS, 36_500),
    metavar="DAYS",
    help="Retire rooms that nobody has called for so long. Without: a person retires them.",
)
@click.option(
    "--manager",
    metavar="URL",
    help="Ask this management node (https://...) which conferences run, and end those on time.",
)
@manager_credentials(prompt=False)
@dry_run_option
@config_option
def sweep_command(  # noqa: PLR0913  click gives each option as an argument
    *,
    urgent: bool,
    every: float | None,
    quarantine_days: int,
    retire_unused_after: int | None,
    manager: str | None,
    user: str,
    password: str | None,
    ca_file: Path | None,
    dry_run: bool,
    config: Path | None,
) -> None:
    """End what is over, free what has run out, purge what need not be kept.

    Callers never wait for it: a meeting is over when its time has come, by the
    clock of the database, swept or not. Run it every minute with --urgent and
    every night without; on as many machines as you like, at the same time too.
    A second run finds nothing to do.
    """
    if manager is not None and password is None:
        password = click.prompt("Password", hide_input=True)
    sweeping = Sweeping(
        settings_from(config),
        urgent_steps(quarantine_days),
        daily_steps(retire_unused_after),
        Manager.at(manager, user, password or "", ca_file, hint="--manager") if manager else None,
        dry_run,
    )
    if every is None:
        asyncio.run(_once(sweeping, is_daily=not urgent))
    else:
        asyncio.run(_forever(sweeping, every, is_daily=not urgent))


async def _once(sweeping: Sweeping, *, is_daily: bool) -> None:
    told, fault = await _round(sweeping, is_daily=is_daily)
    if sweeping.dry_run:
        click.echo("dry run, nothing was changed; due are:")
    _tell(told, is_quiet=False)
    if fault is not None:
        raise fault


async def _forever(sweeping: Sweeping, every_s: float, *, is_daily: bool) -> None:
    """Sweep until a signal ends it; what goes wrong is told and tried again."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    click.echo(f"sweeping every {every_s:g} seconds")
    next_daily_s = loop.time()

    async def work() -> None:
        nonlocal next_daily_s
        is_time = is_daily and loop.time() >= next_daily_s
        told, fault = await _round(sweeping, is_daily=is_time)
        if is_time:
            next_daily_s = loop.time() + _DAY_S
        _tell(told, is_quiet=True)
        if fault is not None:
            raise fault

    await repeat(work, every_s, stop)


async def repeat(work: Callable[[], Awaitable[None]], every_s: float, stop: asyncio.Event) -> None:
    """Do some work again and again until it is stopped; an error is told, and ends nothing."""
    while not stop.is_set():
        try:
            await work()
        except PolicyError as exc:
            click.echo(f"vdx-policy: {exc}", err=True)
        try:
            async with asyncio.timeout(every_s):
                await stop.wait()
        except TimeoutError:
            continue


async def _round(sweeping: Sweeping, *, is_daily: bool) -> tuple[Told, StartError | None]:
    """Sweep once; a management node that does not answer keeps nothing else from being done."""
    told = Told()
    fault: StartError | None = None
    async with opened(sweeping.settings) as dsn:
        connection = await connect(dsn, timeout_s=CONNECT_S, to=PRIMARY)
        try:
            try:
                await _look_at_platform(connection, sweeping, told)
            except StartError as exc:
                fault = exc
            await _sweep(connection, sweeping, told, is_daily=is_daily)
        except FAULTS as exc:
            raise DirectoryError(f"database: {reason_of(exc)}") from exc
        finally:
            await connection.close(timeout=CONNECT_S)
    return told, fault


async def _sweep(connection: Connection, sweeping: Sweeping, told: Told, *, is_daily: bool) -> None:
    steps = [*sweeping.urgent, *(sweeping.daily if is_daily else ())]
    if sweeping.dry_run:
        for step in steps:
            told.counts[step.found] = len(await find_due(connection, step))
    else:
        swept = await sweep(connection, steps, watched)
        told.counts.update(swept.counts)
        told.refused += swept.refused
    if is_daily:
        logs = await (count_logs if sweeping.dry_run else prune_logs)(connection)
        told.counts.update(logs)
        told.expiring += await expiring(connection, max(WARNINGS))


async def _look_at_platform(connection: Connection, sweeping: Sweeping, told: Told) -> None:
    """Note which meetings go on, and end the conferences of those that end on time."""
    if sweeping.manager is None:
        return
    async with sweeping.manager.session() as session:
        running = await session.list(_RUNNING, _Conference)
        names = [each.name for each in running]
        transaction = connection.transaction()
        await transaction.start()
        try:
            await act_as(connection, ACTOR)
            told.counts["meetings that go on"] += len(await note_running(connection, names))
        except BaseException:
            await transaction.rollback()
            raise
        await (transaction.rollback() if sweeping.dry_run else transaction.commit())
        overdue = await find_overdue(connection, names)
        told.counts["conferences ended"] += 0
        for each in running:
            if each.name in overdue:
                if not sweeping.dry_run:
                    await session.command(_DISCONNECT, {"conference_id": each.id})
                told.counts["conferences ended"] += 1


def _tell(told: Told, *, is_quiet: bool) -> None:
    """Print every count, or if quiet those that are not zero."""
    for what, count in told.counts.items():
        if count or not is_quiet:
            click.echo(f"{what}: {count}")
    for each in told.refused:
        click.echo(f"left as it is: {each}", err=True)
    for agreement in told.expiring:
        click.echo(_told(agreement))


def _told(each: Expiring) -> str:
    which = f"{each.organisation}: {each.kind} agreement"
    if each.lasts_to is None:
        return f"{which}: there is none, it gets no new rooms"
    if each.has_lapsed:
        return f"{which}: lapsed after {each.lasts_to}, it gets no new rooms"
    return f"{which}: lapses after {each.lasts_to}, in {each.days_left} days"
