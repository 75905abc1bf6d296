"""Reads the tables of VDX and makes of them what an import takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import orjson
from pydantic import ValidationError

from policy.directory.bulk.kinds import KINDS
from policy.directory.bulk.reading import Source, blocks_of, find_sources
from policy.directory.bulk.rows import key_column, part, place_of_cell
from policy.directory.bulk.vdx.claims import Claims
from policy.directory.bulk.vdx.meetings import convert_meetings, quarantine
from policy.directory.bulk.vdx.notes import Notes, Origin
from policy.directory.bulk.vdx.people import convert_domains, convert_groups, convert_users
from policy.directory.bulk.vdx.rooms import convert_clients, convert_rooms
from policy.directory.bulk.vdx.rows import Work
from policy.directory.bulk.vdx.tables import (
    TABLES,
    Domain,
    Group,
    Meeting,
    PermanentAlias,
    PermanentRoom,
    RegisteredClient,
    SchedulingInfo,
    SchedulingTemplate,
    Table,
    User,
)
from policy.directory.bulk.vdx.templates import convert_templates
from policy.documents import Place
from policy.errors import DocumentError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import tzinfo

    from policy.directory.bulk.rows import Raw
    from policy.directory.bulk.vdx.rows import Made, Wishes

TableT = TypeVar("TableT", bound=Table)

_MORE_DOMAINS: Final = Origin("--domain", 0)


class Tables:
    """The tables of a folder, each read when it is asked for."""

    def __init__(self, folder: Path, zone: tzinfo) -> None:
        """Find the files; times without an offset are in this zone. Raises DocumentError."""
        self._sources = {each.kind: each for each in find_sources([folder], kinds=tuple(TABLES))}
        self._zone = zone
        self.problems: list[Problem] = []

    @property
    def names(self) -> list[str]:
        """List the tables that are there."""
        return list(self._sources)

    def read(self, name: str, table: type[TableT]) -> Iterator[tuple[TableT, Origin]]:
        """Give the rows of a table; those that cannot be read are problems."""
        source = self._sources.get(name)
        for block in blocks_of(source) if source else ():
            parted = part(block)
            self.problems += parted.problems
            for raw in parted.rows:
                origin = Origin(block.source.path.name, raw.line)
                try:
                    values = _values(block.source, raw)
                    row = table.model_validate(values, context={"zone": self._zone})
                except ValidationError as exc:
                    self.problems += _problems(block.source, raw, exc)
                else:
                    yield row, origin


def _values(source: Source, raw: Raw) -> Mapping[str, object]:
    if raw.cells is None:
        return {name.lower(): value for name, value in raw.said.items()}
    return dict(zip((name.lower() for name in source.header), raw.cells, strict=True))


def _problems(source: Source, raw: Raw, exc: ValidationError) -> Iterator[Problem]:
    for error in exc.errors(include_url=False, include_input=False):
        name = str(error["loc"][0]) if error["loc"] else ""
        said: Any = error.get("ctx", {}).get("error", error["msg"])
        text = f"{name}: {str(said)[:1].lower()}{str(said)[1:]}"
        if raw.cells is not None:
            yield place_of_cell(source, raw, name).problem(text)
        else:
            yield Place(source.name, raw.line, key_column(raw.text, name)).problem(text)


def convert(tables: Tables, wishes: Wishes) -> Work:
    """Make rows of all tables; raises DocumentError with every row that cannot be read.

    Who may have an address that several have asks for it first: meetings, rooms, then devices.
    """
    notes = Notes()
    work = Work(wishes, Claims(set(), notes), notes)
    convert_groups(work, tables.read("groups", Group))
    convert_domains(work, tables.read("domains", Domain))
    for domain, code in wishes.domains.items():
        if domain not in work.claims.domains:
            work.claims.domains.add(domain)
            row = {"domain": domain, "organisation": code, "inherit": True}
            work.made.add("domains", row, _MORE_DOMAINS)
    convert_users(work, tables.read("users", User))
    convert_templates(work, tables.read("scheduling_templates", SchedulingTemplate))
    over = convert_meetings(
        work,
        tables.read("meetings", Meeting),
        tables.read("scheduling_info", SchedulingInfo),
    )
    convert_rooms(
        work,
        tables.read("permanent_rooms", PermanentRoom),
        tables.read("permanent_aliases", PermanentAlias),
    )
    convert_clients(work, tables.read("registered_clients", RegisteredClient))
    quarantine(work, over)
    if tables.problems:
        raise DocumentError(tables.problems)
    return work


def sources_of(made: Made) -> tuple[Source, ...]:
    """Give what was made as files that are read from memory: they hold PINs in clear."""
    kinds = [kind for kind in KINDS if kind in made.rows]
    return tuple(
        Source(number, Path(f"{kind}.jsonl"), kind, "jsonl", len(content), content=content)
        for number, kind in enumerate(kinds)
        for content in (b"".join(orjson.dumps(row) + b"\n" for row, _ in made.rows[kind]),)
    )


def at_origins(problems: Sequence[Problem], made: Made) -> list[Problem]:
    """Tell problems of rows that were made by the rows of VDX that they were made from."""
    told = []
    for problem in problems:
        rows = made.rows.get(problem.source.removesuffix(".jsonl"))
        if rows is not None and problem.line:
            origin = rows[problem.line - 1][1]
            told.append(replace(problem, source=origin.file, line=origin.line, column=1))
        else:
            told.append(problem)
    return told
