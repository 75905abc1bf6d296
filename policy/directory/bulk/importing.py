"""Brings bulk files into the directory: all of their rows, or none.

Rows are checked one by one on the way in (line and column of everything that is wrong), wait in
temporary tables, are held against each other and the directory in whole sets, and move on.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

import asyncpg

from policy.directory.bulk.copying import copy_text
from policy.directory.bulk.kinds import KINDS
from policy.directory.bulk.locating import locate, name_place
from policy.directory.bulk.reading import blocks_of
from policy.directory.bulk.rows import check_header
from policy.directory.bulk.staging import LINE_BITS, WAITING, WAITING_ALIASES, Stager
from policy.directory.queries.bulk import (
    ADD,
    ANALYZE,
    COUNT,
    INDEX,
    MAKE_WAITING,
    MAKE_WAITING_ALIASES,
    MAKE_WAITING_PINS,
    MIDDLE,
    PICTURES_WANTED,
    PLACES,
    SETTINGS,
    TEMPORARY_BUFFERS,
)
from policy.directory.queries.bulk_checks import CHECKS
from policy.directory.queries.bulk_updates import CHANGE, FIND, PUT_PINS, SEALED_FOR
from policy.directory.queries.loading import RESTORING
from policy.directory.queries.pictures import SHOW_IN_DEVICE, SHOW_IN_ROOM
from policy.directory.uploads import add_picture, read_picture
from policy.directory.writing.refusals import said_by
from policy.errors import DocumentError, PictureError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from policy.directory.bulk.locating import Fault
    from policy.directory.bulk.reading import Block, Source
    from policy.directory.bulk.staging import Staged
    from policy.directory.connection import Connection
    from policy.directory.sealing import Seal
    from policy.errors import Problem

# More of one sort would be read by nobody; they are counted on.
MAX_FAULTS: Final = 1000
PINS_AT_ONCE: Final = 10_000
# What one statement writes: more at once is no faster, and shows nothing of its progress.
LINES_AT_ONCE: Final = 50_000


class Mode(StrEnum):
    """What becomes of a row that is there already."""

    ADD = "add"  # it is refused
    UPDATE = "update"  # what the file says of it is changed


class Progress(Protocol):
    """Is told how far an import has come."""

    def read(self, size_bytes: int, rows: int) -> None:
        """So many more bytes of the files have been read, and so many more rows."""

    def moved(self, step: str, rows: int, total: int) -> None:
        """So many rows of so many are through with a step."""


@dataclass(slots=True)
class Imported:
    """How many rows of each kind are new or changed, and everything that is wrong with them."""

    added: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    more: int = 0  # problems that are counted only

    def add(self, problems: Sequence[Problem]) -> None:
        """Keep problems, up to a limit."""
        room = max(0, MAX_FAULTS - len(self.problems))
        self.problems += problems[:room]
        self.more += max(0, len(problems) - room)


@dataclass(frozen=True, slots=True)
class Import:
    """What to bring in, and how; `restore` takes rows as they were, whatever their state."""

    sources: tuple[Source, ...]
    mode: Mode = Mode.ADD
    restore: bool = False


async def import_files(
    connection: Connection, wanted: Import, seal: Seal, progress: Progress
) -> Imported:
    """Bring files in, in the transaction of the caller.

    Who gets any problem back ends it without effect.
    """
    imported = Imported()
    for source in wanted.sources:
        imported.add(check_header(source))
    if imported.problems:
        return imported
    work = _Work(connection, wanted, seal, progress, imported)
    await work.wait()
    await work.check()
    if not imported.problems:
        await work.move()
    return imported


class _Work:
    """One import: what is said where, and what is done next."""

    def __init__(
        self,
        connection: Connection,
        wanted: Import,
        seal: Seal,
        progress: Progress,
        imported: Imported,
    ) -> None:
        self._connection = connection
        self._wanted = wanted
        self._seal = seal
        self._progress = progress
        self._imported = imported
        self._is_update = wanted.mode is Mode.UPDATE
        self._pins: list[tuple[int, str | None, str | None]] = []

    async def wait(self) -> None:
        """Bring all rows that are right by themselves into the waiting tables."""
        await self._connection.execute(SETTINGS)
        with suppress(asyncpg.PostgresError):  # too late once a connection has a temporary table
            async with self._connection.transaction():
                await self._connection.execute(TEMPORARY_BUFFERS)
        for kind in KINDS:
            await self._connection.execute(MAKE_WAITING[kind])
        await self._connection.execute(MAKE_WAITING_ALIASES)
        async for staged in self._staged():
            self._imported.add(staged.problems)
            self._pins += staged.pins
            await self._copy(f"waiting_{staged.kind}", WAITING[staged.kind], staged.rows)
            await self._copy("waiting_aliases", WAITING_ALIASES, staged.aliases)
        for kind in (*KINDS, "aliases"):
            await self._connection.execute(INDEX.format(kind=kind))
            await self._connection.execute(ANALYZE.format(kind=kind))

    async def _staged(self) -> AsyncIterator[Staged]:
        """Stage block after block; the next is staged while the database takes one."""
        stager = Stager(self._seal, update=self._is_update)
        blocks = self._blocks()
        ahead: asyncio.Task[Staged | None] = asyncio.create_task(_stage(stager, blocks))
        reached: dict[int, int] = {}
        try:
            while (staged := await ahead) is not None:
                ahead = asyncio.create_task(_stage(stager, blocks))
                before = reached.get(staged.source, 0)
                reached[staged.source] = staged.end
                self._progress.read(staged.end - before, staged.count)
                yield staged
        finally:
            ahead.cancel()

    def _blocks(self) -> Iterator[Block]:
        for source in self._wanted.sources:
            try:
                yield from blocks_of(source)
            except DocumentError as exc:
                self._imported.add(exc.problems)

    async def _copy(self, table: str, columns: Sequence[str], lines: bytes) -> None:
        if lines:
            await self._connection.copy_to_table(
                table, source=_once(lines), columns=list(columns), format="text"
            )

    async def check(self) -> None:
        """Find out who is there already, and hold all rows against each other and the directory."""
        if self._is_update:
            for statement in FIND:
                await self._connection.execute(statement)
            await self._seal_pins()
        faults: list[tuple[Fault, str]] = []
        for number, check in enumerate(CHECKS):
            self._progress.moved("checking", number, len(CHECKS))
            for found in await self._connection.fetch(check.sql):
                other = found["other"]
                if check.other_is_place:
                    other = name_place(self._wanted.sources, int(other))
                text = check.said.format(value=found["value"], other=other)
                faults.append(((found["place"], check.field, found["value"]), text))
        shown = faults[:MAX_FAULTS]
        self._imported.more += len(faults) - len(shown)
        self._imported.add(await asyncio.to_thread(locate, self._wanted.sources, shown))
        order = {source.name: source.number for source in self._wanted.sources}
        self._imported.problems.sort(key=lambda each: (order[each.source], each.line, each.column))

    async def _seal_pins(self) -> None:
        """Seal PINs for the rooms that they turned out to be for."""
        await self._connection.execute(MAKE_WAITING_PINS)
        for start in range(0, len(self._pins), PINS_AT_ONCE):
            part = self._pins[start : start + PINS_AT_ONCE]
            rows = await self._connection.fetch(SEALED_FOR, [place for place, *_ in part])
            rooms = {row["place"]: row["room_id"] for row in rows}
            lines = []
            for place, pin, guest_pin in part:
                room = rooms[place]
                sealed = (
                    pin and self._seal.seal_pin(room, "pin", pin),
                    guest_pin and self._seal.seal_pin(room, "guest_pin", guest_pin),
                )
                lines.append("\t".join(map(copy_text, (place, *sealed))) + "\n")
            columns = ("place", "pin", "guest_pin")
            await self._copy("waiting_pins", columns, "".join(lines).encode())
        for kind in ("rooms", "bookings"):
            await self._connection.execute(PUT_PINS.format(kind=kind))

    async def move(self) -> None:
        """Write all rows where they belong; stops at the first that the database refuses."""
        if self._wanted.restore:
            await self._connection.execute(RESTORING)
        for kind in KINDS:
            row = await self._connection.fetchrow(COUNT.format(kind=kind))
            for counts, name in (
                (self._imported.added, "added"),
                (self._imported.changed, "changed"),
            ):
                if row is not None and row[name]:
                    counts[kind] = row[name]
        steps = list(ADD)
        if self._is_update:
            steps += [(kind, each) for kind, changes in CHANGE.items() for each in changes]
        for kind, statement in steps:
            if not await self._move(kind, statement):
                return
        await self._show_pictures()

    async def _move(self, kind: str, statement: str) -> bool:
        files = await self._connection.fetch(PLACES.format(kind=kind))
        total = sum(file["count"] for file in files)
        done = 0.0
        if files:
            self._progress.moved(f"writing {kind}", 0, total)
        for file in files:
            span = file["last"] - file["first"] + 1
            for first in range(file["first"], file["last"] + 1, LINES_AT_ONCE):
                last = min(first + LINES_AT_ONCE - 1, file["last"])
                refused = await self._find_refused(kind, statement, first, last)
                if refused is not None:
                    self._refuse(*refused)
                    return False
                done += (last - first + 1) / span * file["count"]
                self._progress.moved(f"writing {kind}", round(done), total)
        return True

    def _refuse(self, place: int, text: str) -> None:
        faults = [((place, "", ""), f"the directory refuses this row: {text}")]
        self._imported.add(locate(self._wanted.sources, faults))

    async def _show_pictures(self) -> None:
        faults: list[tuple[Fault, str]] = []
        for row in await self._connection.fetch(PICTURES_WANTED):
            folder = self._wanted.sources[row["place"] >> LINE_BITS].path.parent
            try:
                picture = await asyncio.to_thread(read_picture, folder / row["picture"])
            except PictureError as exc:
                faults.append(((row["place"], "picture", row["picture"]), f"picture: {exc}"))
                continue
            picture_id = await add_picture(self._connection, row["organisation_id"], picture)
            show = SHOW_IN_ROOM if row["is_room"] else SHOW_IN_DEVICE
            await self._connection.execute(show, row["target"], picture_id)
        self._imported.add(locate(self._wanted.sources, faults))

    async def _find_refused(
        self, kind: str, statement: str, first: int, last: int
    ) -> tuple[int, str] | None:
        """Write rows; if they are refused, give the first that is, by halving."""
        try:
            async with self._connection.transaction():
                await self._connection.execute(statement, first, last)
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as exc:
            middle = await self._connection.fetchval(MIDDLE.format(kind=kind), first, last)
            if middle is None or first == last:
                return first, said_by(exc)
            if middle == last:
                return last, said_by(exc)
        else:
            return None
        return await self._find_refused(kind, statement, first, middle) or (
            await self._find_refused(kind, statement, middle + 1, last)
        )


async def _stage(stager: Stager, blocks: Iterator[Block]) -> Staged | None:
    return await asyncio.to_thread(_stage_next, stager, blocks)


def _stage_next(stager: Stager, blocks: Iterator[Block]) -> Staged | None:
    block = next(blocks, None)
    return None if block is None else stager.stage(block)


async def _once(lines: bytes) -> AsyncIterator[bytes]:
    yield lines
