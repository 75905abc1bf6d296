"""Finds what does not fit together in a directory file, before any database is asked. Pure.

A directory may stand inside another document, such as a test of rules; `loc` says where.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from policy.directory.document import check_service, key_of
from policy.errors import DocumentError, Problem
from policy.platform_names import PlatformNames, unknown_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from policy.directory.document import DirectoryFile, RoomRow
    from policy.documents import Marks, Parsed

Loc = tuple[int | str, ...]

# As the tables have it: the register's spelling, and years that a clock of the program can count.
_LOCAL: Final = re.compile("[a-z0-9æøå._-]{1,100}")
_FIRST_START: Final = datetime(1971, 1, 1, tzinfo=UTC)
_LAST_END: Final = datetime(9999, 1, 1, tzinfo=UTC)


def check_directory(
    directory: Parsed[DirectoryFile], platform: PlatformNames | None = None
) -> None:
    """Raise DocumentError with every row that refers to nothing or takes what is taken."""
    problems = check_directory_at(directory.value, directory.marks, (), platform)
    if problems:
        raise DocumentError(problems)


def check_directory_at(
    file: DirectoryFile, marks: Marks, loc: Loc, platform: PlatformNames | None = None
) -> list[Problem]:
    """List what is wrong with a directory that stands at a place of a document, in its order."""

    def line_of(place: Loc) -> int:
        return marks.place_of((*loc, *place)).line

    found = [each for find in _CHECKS for each in find(file)]
    found += _doubles(file, line_of)
    found += _unknown_names(file, platform or PlatformNames())
    problems = [marks.problem((*loc, *place), text) for place, text in found]
    return sorted(problems, key=lambda problem: (problem.line, problem.column))


def _unknown_names(file: DirectoryFile, platform: PlatformNames) -> Iterator[tuple[Loc, str]]:
    for name in ("templates", "rooms", "bookings"):
        for index, row in enumerate(getattr(file, name)):
            written = row.model_dump(mode="json", exclude_unset=True)
            for place, text in unknown_names(written, platform):
                yield (name, index, *place), text


def _owners(file: DirectoryFile) -> Iterator[tuple[Loc, str]]:
    known = {row.code for row in file.organisations}
    for name in ("domains", "templates", "rooms", "bookings", "devices", "phonebook_grants"):
        for index, row in enumerate(getattr(file, name)):
            for key in ("organisation", "seen_by"):
                code = getattr(row, key, None)
                if code is not None and code not in known:
                    yield (name, index, key), f"organisation {code!r} is not in this file"


def _parents(file: DirectoryFile) -> Iterator[tuple[Loc, str]]:
    above: set[str] = set()
    for index, row in enumerate(file.organisations):
        if row.code in above:
            yield ("organisations", index, "code"), f"organisation {row.code!r} stands twice"
        if row.parent is not None and row.parent not in above:
            text = f"parent {row.parent!r} is no organisation above this row"
            yield ("organisations", index, "parent"), text
        above.add(row.code)


def _templates(file: DirectoryFile) -> Iterator[tuple[Loc, str]]:
    known = {(row.organisation, row.name): row for row in file.templates}
    for place, row in _rooms(file):
        if row.template is None:
            continue
        template = known.get((row.organisation, row.template))
        if template is None:
            text = f"template {row.template!r} is no template of this organisation"
            yield (*place, "template"), text
        elif template.type != row.type:
            text = f"template {row.template!r} is for a {template.type}, this is a {row.type}"
            yield (*place, "template"), text
        else:
            try:
                check_service(row.type, {"name": "r"} | template.service | row.said())
            except ValueError as exc:
                yield place, f"with template {row.template!r}: {exc}"


def _aliases(file: DirectoryFile) -> Iterator[tuple[Loc, str]]:
    domains = {row.domain for row in file.domains}
    for place, alias in _written_aliases(file):
        key = key_of(alias)
        if key.domain and key.domain not in domains:
            yield place, f"alias {alias!r}: domain {key.domain!r} is not in this file"
        if not _LOCAL.fullmatch(key.local):
            yield (
                place,
                f"alias {alias!r}: an address has 1 to 100 of a-z, æ, ø, å, 0-9, '.', '_' and '-'",
            )


def _bookings(file: DirectoryFile) -> Iterator[tuple[Loc, str]]:
    for index, row in enumerate(file.bookings):
        for key, is_counted in (
            ("starts_at", row.starts_at >= _FIRST_START),
            ("ends_at", row.ends_at < _LAST_END),
        ):
            if not is_counted:
                yield ("bookings", index, key), f"{key}: a meeting is in the years 1971 to 9998"


def _grants(file: DirectoryFile) -> Iterator[tuple[Loc, str]]:
    for index, row in enumerate(file.phonebook_grants):
        if row.organisation == row.seen_by:
            text = f"organisation {row.seen_by!r} sees itself anyway"
            yield ("phonebook_grants", index, "seen_by"), text


_CHECKS: Final = (_owners, _parents, _templates, _aliases, _bookings, _grants)


def _doubles(file: DirectoryFile, line_of: Callable[[Loc], int]) -> Iterator[tuple[Loc, str]]:
    """Give what may stand once and stands twice, with the line of the first."""
    first: dict[tuple[object, ...], Loc] = {}
    for place, what, text in _only_once(file):
        if what in first:
            yield place, f"{text} in line {line_of(first[what])}"
        first.setdefault(what, place)


def _only_once(file: DirectoryFile) -> Iterator[tuple[Loc, tuple[object, ...], str]]:
    for place, alias in _written_aliases(file):
        yield place, ("alias", key_of(alias)), f"alias {alias!r} is taken"
    for place, room in _rooms(file):
        name = room.service_name
        if name is not None:
            yield (*place, "service_name"), ("name", name), f"service_name {name!r} is taken"
    for index, row in enumerate(file.domains):
        place = ("domains", index, "domain")
        yield place, ("domain", row.domain), f"domain {row.domain!r} is there already,"
    for index, each in enumerate(file.templates):
        what = ("template", each.organisation, each.name)
        yield ("templates", index, "name"), what, f"template {each.name!r} is there already,"
    for index, grant in enumerate(file.phonebook_grants):
        what = ("grant", grant.organisation, grant.seen_by)
        yield ("phonebook_grants", index), what, "this grant is there already,"


def _rooms(file: DirectoryFile) -> Iterator[tuple[Loc, RoomRow]]:
    lists: tuple[tuple[str, Iterable[RoomRow]], ...] = (
        ("rooms", file.rooms),
        ("bookings", file.bookings),
    )
    for name, rows in lists:
        for index, row in enumerate(rows):
            yield (name, index), row


def _written_aliases(file: DirectoryFile) -> Iterator[tuple[Loc, str]]:
    for place, row in _rooms(file):
        for position, alias in enumerate(row.aliases):
            yield (*place, "aliases", position), alias
    for index, device in enumerate(file.devices):
        yield ("devices", index, "alias"), device.alias
    for index, held in enumerate(file.addresses):
        yield ("addresses", index, "alias"), held.alias
