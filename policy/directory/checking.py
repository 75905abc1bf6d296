"""Finds what does not fit together in a directory file, before any database is asked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.directory.document import key_of
from policy.errors import DocumentError, Problem
from policy.platform_names import PlatformNames, unknown_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy.directory.document import DirectoryFile
    from policy.documents import Parsed

Loc = tuple[int | str, ...]


def check_directory(
    directory: Parsed[DirectoryFile], platform: PlatformNames | None = None
) -> None:
    """Raise DocumentError with every row that refers to nothing or takes what is taken."""
    problems = [
        directory.marks.problem(loc, text)
        for find in (_owners, _parents, _templates, _aliases)
        for loc, text in find(directory)
    ]
    for name in ("templates", "rooms", "bookings"):
        for index, row in enumerate(getattr(directory.value, name)):
            written = row.model_dump(mode="json", exclude_unset=True)
            for loc, text in unknown_names(written, platform or PlatformNames()):
                problems.append(directory.marks.problem((name, index, *loc), text))
    if problems:
        raise DocumentError(sorted(problems, key=_by_place))


def _by_place(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _owners(directory: Parsed[DirectoryFile]) -> Iterator[tuple[Loc, str]]:
    file = directory.value
    known = {row.code for row in file.organisations}
    for name in ("domains", "templates", "rooms", "bookings", "devices", "phonebook_grants"):
        for index, row in enumerate(getattr(file, name)):
            for key in ("organisation", "seen_by"):
                code = getattr(row, key, None)
                if code is not None and code not in known:
                    yield (name, index, key), f"organisation {code!r} is not in this file"


def _parents(directory: Parsed[DirectoryFile]) -> Iterator[tuple[Loc, str]]:
    above: set[str] = set()
    for index, row in enumerate(directory.value.organisations):
        if row.code in above:
            yield ("organisations", index, "code"), f"organisation {row.code!r} stands twice"
        if row.parent is not None and row.parent not in above:
            text = f"parent {row.parent!r} is no organisation above this row"
            yield ("organisations", index, "parent"), text
        above.add(row.code)


def _templates(directory: Parsed[DirectoryFile]) -> Iterator[tuple[Loc, str]]:
    file = directory.value
    known = {(row.organisation, row.name) for row in file.templates}
    for name, rows in (("rooms", file.rooms), ("bookings", file.bookings)):
        for index, row in enumerate(rows):
            if row.template is not None and (row.organisation, row.template) not in known:
                text = f"template {row.template!r} is no template of this organisation"
                yield (name, index, "template"), text


def _aliases(directory: Parsed[DirectoryFile]) -> Iterator[tuple[Loc, str]]:
    domains = {row.domain for row in directory.value.domains}
    taken: dict[object, Loc] = {}
    for loc, alias in _written_aliases(directory.value):
        key = key_of(alias)
        if key.domain and key.domain not in domains:
            yield loc, f"alias {alias!r}: domain {key.domain!r} is not in this file"
        if key in taken:
            line = directory.marks.place_of(taken[key]).line
            yield loc, f"alias {alias!r} is taken in line {line}"
        taken.setdefault(key, loc)


def _written_aliases(file: DirectoryFile) -> Iterator[tuple[Loc, str]]:
    for name, rows in (("rooms", file.rooms), ("bookings", file.bookings)):
        for index, row in enumerate(rows):
            for position, alias in enumerate(row.aliases):
                yield (name, index, "aliases", position), alias
    for index, device in enumerate(file.devices):
        yield ("devices", index, "alias"), device.alias
    for index, held in enumerate(file.addresses):
        yield ("addresses", index, "alias"), held.alias
