"""`vdx-policy replay`: recorded calls against the rules in force and a candidate, side by side."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from policy.cli.directories import (
    NobodyDirectory,
    directory_of_file,
    directory_of_site,
    with_alternative,
)
from policy.cli.options import config_option, settings_from
from policy.cli.recordings import Recordings
from policy.cli.replay_report import Sides, as_json, as_text
from policy.errors import DirectoryError, StartError
from policy.plans import plan_of
from policy.replaying.replay import Player, Tally, is_countable
from policy.rules.files import load_rule_set
from policy.rules.job import Surroundings
from policy.rules.known import NeedsEntry
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy.directory.lookup import Directory
    from policy.directory.records import AddressKey
    from policy.replaying.replay import Call, Pair
    from policy.settings import Settings

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_RECORDING: Final = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
# So many calls tell what they lack before the directory is asked, in few round trips.
BATCH: Final = 1_000
_KEY_BYTES: Final = 32


class _Moment(click.ParamType[datetime | str]):
    """`recorded`, `now`, or a time."""

    name = "recorded|now|TIME"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | str:
        """Read a time, which is UTC unless it says more."""
        if value in ("recorded", "now"):
            return str(value)
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("write recorded, now, or a time such as 2026-03-01T12:00+01:00", param, ctx)
        if not is_countable(at):
            self.fail("no rule can know a time so far away", param, ctx)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


class _Types(click.ParamType[frozenset[RequestType]]):
    """Types of requests with commas between them."""

    name = "TYPE,..."

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[RequestType]:
        """Read the types."""
        if isinstance(value, frozenset):
            return value
        try:
            return frozenset(RequestType(each.strip()) for each in str(value).split(","))
        except ValueError:
            self.fail(f"types are {', '.join(RequestType)}", param, ctx)


@dataclass(frozen=True, slots=True)
class _Facts:
    """Where facts come from: a file, nobody, else the database of the settings."""

    settings: Settings
    file: Path | None
    nobody: bool


@click.command()
@click.argument("files", nargs=-1, required=True, type=_RECORDING)
@click.option("--rules", type=_FOLDER, help="Rules in force, instead of rules.folder.")
@click.option("--candidate", type=_FOLDER, help="Rules to hold against them.")
@click.option("--directory", type=_FILE, help="Directory file, instead of the database.")
@click.option("--no-directory", is_flag=True, help="Take every alias for unknown.")
@click.option(
    "--at",
    type=_Moment(),
    default="recorded",
    show_default=True,
    help="Decide each call in its own moment, or all of them in one.",
)
@click.option("--only", type=_Types(), help="Replay requests of these types.")
@click.option(
    "--limit-examples",
    type=click.IntRange(0, 100),
    default=3,
    show_default=True,
    help="Examples of each difference.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--fail-on-difference", is_flag=True, help="Exit code 1 when any answer differs.")
@config_option
def replay(  # noqa: PLR0913  one for each option
    *,
    files: tuple[Path, ...],
    rules: Path | None,
    candidate: Path | None,
    directory: Path | None,
    no_directory: bool,
    at: datetime | str,
    only: frozenset[RequestType] | None,
    limit_examples: int,
    form: str,
    fail_on_difference: bool,
    config: Path | None,
) -> None:
    """Decide the recorded calls in FILE... by two sets of rules, and show what differs.

    FILE is our decision log or a support log of Pexip, packed with gzip or not, or - for standard
    input. Without --candidate the rules in force are held against what the decision log says was
    answered then. Nothing is sent to anybody, other policy servers are not asked.
    """
    settings = settings_from(config)
    # Rules may forward to servers that the settings here do not know: none is asked.
    around = Surroundings(settings.platform)
    in_force = load_rule_set(rules or settings.rules.folder, around).table()
    after = in_force if candidate is None else load_rule_set(candidate, around).table()
    before = None if candidate is None else in_force
    started = datetime.now(UTC)
    player = Player(
        (before, after),
        plan_of(settings),
        at=None if at == "recorded" else started if isinstance(at, str) else at,
        otherwise=started,
    )
    recordings = Recordings(files)
    tally = Tally(samples=limit_examples, key=os.urandom(_KEY_BYTES))
    calls = _calls(recordings, player, only or frozenset(RequestType))
    asyncio.run(_play(calls, player, tally, recordings, _Facts(settings, directory, no_directory)))
    sides = Sides(before, after, only or frozenset(RequestType), is_recorded_time=at == "recorded")
    show = as_json if form == "json" else as_text
    click.echo(show(tally, recordings, sides), nl=False)
    if fail_on_difference and not tally.compared:
        raise click.ClickException("nothing was compared: no call in these files could be")
    if fail_on_difference and tally.differing:
        click.get_current_context().exit(1)


def _calls(recordings: Recordings, player: Player, only: frozenset[RequestType]) -> Iterator[Call]:
    for place, recorded in recordings.requests():
        if recorded.asked.request_type in only:
            yield player.prepare(place, recorded)


async def _play(
    calls: Iterator[Call], player: Player, tally: Tally, recordings: Recordings, facts: _Facts
) -> None:
    async with AsyncExitStack() as parts:
        directory = await _open(facts, parts)
        size_bytes = recordings.size_bytes()
        is_hidden = not size_bytes or not sys.stderr.isatty()
        with click.progressbar(
            length=size_bytes or 1, label="replaying", file=sys.stderr, hidden=is_hidden
        ) as bar:
            while batch := list(islice(calls, BATCH)):
                pairs = await _settled(batch, player, directory)
                for call, pair in zip(batch, pairs, strict=True):
                    tally.add(call, pair)
                bar.update(recordings.read_bytes - bar.pos)


async def _open(facts: _Facts, parts: AsyncExitStack) -> Directory:
    if facts.nobody:
        return NobodyDirectory()
    if facts.file is not None:
        return directory_of_file(facts.file, facts.settings)
    try:
        return await parts.enter_async_context(directory_of_site(facts.settings))
    except (StartError, DirectoryError) as exc:
        raise with_alternative(exc) from exc


async def _settled(batch: list[Call], player: Player, directory: Directory) -> list[Pair]:
    """Decide every call of a batch; what several of them lack is asked for together."""
    pairs: dict[int, Pair] = {}
    while len(pairs) < len(batch):
        lacking: set[AddressKey] = set()
        for number, call in enumerate(batch):
            if number in pairs:
                continue
            try:
                pairs[number] = player.play(call)
            except NeedsEntry as needs:
                lacking.add(needs.key)
        keys = list(lacking)
        entries = await asyncio.gather(*(directory.find(key) for key in keys))
        player.learn(dict(zip(keys, entries, strict=True)))
    return [pairs[number] for number in range(len(batch))]
