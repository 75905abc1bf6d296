"""`vdx-policy directory audit`: who changed what, and whether that is all still true."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policy.cli.database import in_transaction
from policy.cli.moments import MOMENT
from policy.cli.options import config_option, settings_from, within_option
from policy.cli.progress import watched
from policy.cli.tables import json_option, show_rows
from policy.directory.auditing import Wanted, list_audit, read_chain
from policy.directory.chain import Anchor, Verifier
from policy.directory.chain_file import ends_line, link_line, read_chain_file
from policy.errors import RefusedError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime
    from typing import IO

    from policy.settings import Settings

_FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
_STDOUT = Path("-")


class _Known(click.ParamType[Anchor]):
    """Reads NUMBER:HASH, as `verify` prints it."""

    name = "number:hash"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Anchor:
        if isinstance(value, Anchor):
            return value
        try:
            return Anchor.parse(str(value))
        except ValueError:
            self.fail(f"{value!r} is not NUMBER:HASH, as an earlier verify printed it", param, ctx)


@click.group()
def audit() -> None:
    """Who changed what in the directory, when, and whether the record is whole.

    Every change is noted by the database itself, whoever made it. PINs,
    passwords and what people wrote freely are noted as changed, without their
    values. Rows are kept for 13 months.
    """


@audit.command("list")
@click.option("--entity", metavar="TABLE", help="Only rows about these: room, booking, address ...")
@click.option("--id", "entity_id", metavar="ID", help="Only rows about this one.")
@click.option("--actor", metavar="NAME", help="Only what this person did.")
@click.option("--since", type=MOMENT, help="Only from this time on; Danish time without an offset.")
@click.option("--until", type=MOMENT, help="Only before this time.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1), help="Rows.")
@json_option
@within_option
@config_option
def list_command(  # noqa: PLR0913  click gives each option as an argument
    *,
    entity: str | None,
    entity_id: str | None,
    actor: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    as_json: bool,
    within: str | None,
    config: Path | None,
) -> None:
    """Tell the newest changes, the last one first."""
    wanted = Wanted(
        entity=entity, entity_id=entity_id, actor=actor, since=since, until=until, limit=limit
    )
    rows = asyncio.run(_list(settings_from(config), wanted, within))
    if not as_json:
        rows = [{**row, "changed": _told(row["changed"])} for row in rows]
    show_rows(rows, as_json=as_json)


@audit.command()
@click.option("--file", type=_FILE, help="Verify this exported file; no database is asked.")
@click.option(
    "--known",
    type=_Known(),
    help="A row of the chain that was noted earlier, elsewhere: it must still be there.",
)
@config_option
def verify(file: Path | None, known: Anchor | None, config: Path | None) -> None:
    """Verify that no row was changed, added or removed since it was noted.

    Each row is bound to the one before it by a hash. Prints the number and the
    hash of the last row: keep it somewhere else and give it as --known later,
    then not even who owns the database can rewrite what was before. Code 1 and
    the first wrong row when something is wrong.
    """
    if file is not None:
        with click.open_file(str(file), encoding="utf-8") as opened:
            last = _verify_file(str(file), opened, known)
    else:
        last = asyncio.run(_verify(settings_from(config), known))
    click.echo(f"audit: whole, its last row is {last}")


@audit.command()
@click.argument("file", type=_FILE)
@config_option
def export(file: Path, config: Path | None) -> None:
    """Write the whole audit to FILE (- for the terminal) as JSON Lines.

    A new file is readable for its owner alone. `vdx-policy directory audit
    verify --file FILE` verifies it anywhere.
    """
    count = asyncio.run(_export(settings_from(config), file))
    click.echo(f"{file}: {count} rows", err=True)


async def _list(settings: Settings, wanted: Wanted, within: str | None) -> list[dict[str, object]]:
    async with in_transaction(settings, within=within, dry_run=True) as connection:
        return await list_audit(connection, wanted)


def _verify_file(name: str, file: IO[str], known: Anchor | None) -> Anchor:
    ends, links = read_chain_file(name, file)
    verifier = Verifier(ends, known)
    count = ends.head.chain_no - ends.start.chain_no
    with watched("verifying", count) as done:
        for link in links:
            verifier.take(link)
            done(1)
    return verifier.end()


async def _verify(settings: Settings, known: Anchor | None) -> Anchor:
    async with in_transaction(settings, dry_run=True) as connection:
        ends, links = await read_chain(connection)
        verifier = Verifier(ends, known)
        count = ends.head.chain_no - ends.start.chain_no
        with watched("verifying", count) as done:
            async for link in links:
                verifier.take(link)
                done(1)
        return verifier.end()


async def _export(settings: Settings, path: Path) -> int:
    async with in_transaction(settings, dry_run=True) as connection:
        ends, links = await read_chain(connection)
        count = ends.head.chain_no - ends.start.chain_no
        with (
            _opened(path) as file,
            watched("writing", count) as done,
        ):
            file.write(ends_line(ends))
            async for link in links:
                file.write(link_line(link))
                done(1)
        return count


def _opened(path: Path) -> AbstractContextManager[IO[str]]:
    """Open a file to write to; a new one is for its owner alone, since it tells of people."""
    if path == _STDOUT:
        return click.open_file(str(path), "w", encoding="utf-8")
    try:
        return open(path, "w", encoding="utf-8", opener=_create)
    except OSError as exc:
        raise RefusedError(f"{path}: {(exc.strerror or 'cannot be made').lower()}") from exc


def _create(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _told(changed: object) -> str:
    """Say in a line what became of which column."""
    if not isinstance(changed, dict):
        return ""
    return ", ".join(f"{name}{_step(step)}" for name, step in changed.items())


def _step(step: object) -> str:
    match step:
        case {"from": before, "to": after}:
            return f": {_word(before)} -> {_word(after)}"
        case {"to": after}:
            return f": {_word(after)}"
        case {"from": before}:
            return f": was {_word(before)}"
        case "changed":
            return " changed"
        case _:
            return f": {step}"


def _word(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "-"
    return "-" if value is None else str(value)
