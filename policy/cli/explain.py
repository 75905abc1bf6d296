"""`vdx-policy explain`: why a call is decided so, and what the node does then."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import orjson

from policy.apps import forwarder_of
from policy.cli.directories import directory_of_file, directory_of_site
from policy.cli.explain_remote import Server, ask_server
from policy.cli.options import config_option, settings_from
from policy.directory.records import Found
from policy.errors import DirectoryError, RequestError, StartError
from policy.handlers.explain import Explained, explained
from policy.handlers.facts import Facts
from policy.plans import plan_of
from policy.rules.files import load_rule_set
from policy.rules.job import Surroundings
from policy.rules.reload import utc_now
from policy.wire.asked import ROOT
from policy.wire.recorded import read_call, read_line
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policy.directory.lookup import Directory
    from policy.directory.records import AddressKey, Entry
    from policy.rules.table import RuleTable
    from policy.settings import Settings
    from policy.wire.asked import Asked

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
# As wide as lines of rules are long, where no terminal says otherwise.
_WIDTH: Final = 100


class _Time(click.ParamType[datetime]):
    """A time with its offset."""

    name = "TIME"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it."""
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            self.fail("write a time with its offset, such as 2026-03-01T12:00+01:00", param, ctx)
        return at


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is to be explained."""

    asked: Asked
    at: datetime | None
    may_forward: bool


@dataclass(frozen=True, slots=True)
class _Places:
    """Where rules and rows come from, when not from the settings."""

    rules: Path | None
    directory: Path | None


@click.command()
@click.argument("call", nargs=-1, required=True)
@click.option(
    "--request",
    "request_type",
    type=click.Choice([each.value for each in RequestType]),
    help="Type of the request, for words and query strings. [default: service]",
)
@click.option("--rules", type=_FOLDER, help="Folder of rules, instead of rules.folder.")
@click.option("--directory", type=_FILE, help="Directory file, instead of the database.")
@click.option("--at", type=_Time(), help="Decide at this time. [default: the log line's, else now]")
@click.option("--forward", is_flag=True, help="Ask other policy servers for real.")
@click.option("--server", metavar="URL", help="Ask a running server, at its operator port.")
@click.option("--user", default="operator", show_default=True, help="Its operator.credentials.")
@click.option(
    "--password",
    envvar="VDX_POLICY_OPERATOR_PASSWORD",
    help="Prompted for, or in VDX_POLICY_OPERATOR_PASSWORD.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--all", "all_rules", is_flag=True, help="Show all rules that do not match.")
@config_option
def explain(  # noqa: PLR0913  one for each option
    *,
    call: tuple[str, ...],
    request_type: str | None,
    rules: Path | None,
    directory: Path | None,
    at: datetime | None,
    forward: bool,
    server: str | None,
    user: str,
    password: str | None,
    form: str,
    all_rules: bool,
    config: Path | None,
) -> None:
    """Explain how CALL is decided: the rules, the facts, the answer, and what a node does then.

    CALL is a URL, a query string, a line of Pexip's support log, or words such as
    local_alias=721834 protocol=sip; - reads it from standard input. Exit code 1
    when the directory is needed and away.
    """
    asking = _asking(call, request_type, at, may_forward=forward)
    if server is None:
        done = asyncio.run(_explained(asking, settings_from(config), _Places(rules, directory)))
    else:
        if rules or directory:
            raise click.UsageError("--server decides with its own rules and its own directory")
        secret = password or click.prompt("Password", hide_input=True, err=True)
        there = Server(server, user, secret)
        done = asyncio.run(
            ask_server(there, asking.asked, at=asking.at, may_forward=asking.may_forward)
        )
    if form == "json":
        body = orjson.dumps(done.explanation, option=orjson.OPT_INDENT_2)
        click.echo(body)
    else:
        width = shutil.get_terminal_size((_WIDTH, 0)).columns
        click.echo(done.explanation.as_text(width, all_rules=all_rules), nl=False)
    if done.has_failed:
        sys.exit(1)


def _asking(
    words: Sequence[str], request_type: str | None, at: datetime | None, *, may_forward: bool
) -> _Asking:
    text = _standard_input() if words == ("-",) else _joined(words)
    wanted = RequestType(request_type) if request_type else None
    try:
        asked = read_call(text, request_type=wanted)
        recorded = read_line(text) if at is None else None
    except RequestError as exc:
        raise click.BadParameter(str(exc), param_hint="CALL") from exc
    return _Asking(asked, at or (recorded.at if recorded else None), may_forward)


def _standard_input() -> str:
    return sys.stdin.buffer.read().decode(errors="replace")


def _joined(words: Sequence[str]) -> str:
    """Undo what the shell did: a log line stays as it is, a value with blanks needs its quotes."""
    if len(words) == 1 or any(ROOT in word for word in words):
        return " ".join(words)
    return " ".join(shlex.quote(word) for word in words)


async def _explained(asking: _Asking, settings: Settings, places: _Places) -> Explained:
    around = Surroundings(settings.platform, frozenset(settings.upstreams))
    table = load_rule_set(places.rules or settings.rules.folder, around).table()
    async with AsyncExitStack() as parts:
        directory = (
            _SiteDirectory(settings, parts)
            if places.directory is None
            else directory_of_file(places.directory, settings)
        )
        forwarder = forwarder_of(settings)
        if asking.may_forward:
            await forwarder.open()
            parts.push_async_callback(forwarder.close)
        at = asking.at or utc_now()
        facts = Facts(
            directory=_Uncached(directory),
            rules=_InForce(table),
            forwarder=forwarder,
            clock=lambda: at,
            plan=plan_of(settings),
            within_s=settings.server.answer_within_s,
        )
        done = await explained(facts, asking.asked, may_forward=asking.may_forward)
        # The time went into opening a database and compiling patterns: of no call would it be true.
        return replace(done, explanation=replace(done.explanation, took_ms=0.0))


@dataclass(frozen=True, slots=True)
class _InForce:
    """Rules that stay as they are."""

    table: RuleTable


@dataclass(frozen=True, slots=True)
class _Uncached:
    """A directory that is asked each time."""

    directory: Directory

    def find(self, key: AddressKey) -> asyncio.Future[Found]:
        """Ask; DirectoryError when nobody can say."""
        return asyncio.ensure_future(self._ask(key))

    async def _ask(self, key: AddressKey) -> Found:
        return Found(await self.directory.find(key))

    def peek(self, _key: AddressKey) -> None:
        """Nothing is at hand."""


class _SiteDirectory:
    """The database of the settings, opened by the first who asks: rules alone may decide."""

    def __init__(self, settings: Settings, parts: AsyncExitStack) -> None:
        self._settings = settings
        self._parts = parts
        self._directory: Directory | None = None

    async def find(self, key: AddressKey) -> Entry:
        """Ask the database; raises DirectoryError."""
        if self._directory is None:
            try:
                opening = directory_of_site(self._settings)
                self._directory = await self._parts.enter_async_context(opening)
            except (StartError, DirectoryError) as exc:
                raise DirectoryError(f"the directory was not asked, {exc}") from exc
        return await self._directory.find(key)
