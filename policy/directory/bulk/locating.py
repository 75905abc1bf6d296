"""Finds in which line and column stands what the database found wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.directory.bulk.reading import blocks_of
from policy.directory.bulk.rows import marks_of, part, values_of
from policy.directory.bulk.staging import LINE_BITS
from policy.documents import Place
from policy.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from policy.directory.bulk.reading import Source
    from policy.directory.bulk.rows import Raw
    from policy.errors import Problem

    # A place, the field that is wrong, its value as it stands in the text or as it is spelled.
    Fault = tuple[int, str, str]


def name_place(sources: Sequence[Source], place: int) -> str:
    """Say where a row stands, to be spoken of in another problem."""
    source = sources[place >> LINE_BITS]
    return f"line {place & (1 << LINE_BITS) - 1} of {source.path.name}"


def locate(sources: Sequence[Source], faults: Iterable[tuple[Fault, str]]) -> list[Problem]:
    """Give the problems of these places, in file order; the files are read once more."""
    wanted: dict[int, list[tuple[str, str, str]]] = {}
    for (place, field, value), text in faults:
        wanted.setdefault(place, []).append((field, value, text))
    problems: list[Problem] = []
    for source in sources:
        lines = {
            place & (1 << LINE_BITS) - 1: said
            for place, said in wanted.items()
            if place >> LINE_BITS == source.number
        }
        if lines:
            problems += _in_file(source, lines)
    return problems


def _in_file(
    source: Source, lines: Mapping[int, Sequence[tuple[str, str, str]]]
) -> Iterable[Problem]:
    left = set(lines)
    for block in blocks_of(source):
        end = block.line + block.raw.count(b"\n") + 1
        if not any(block.line <= line < end for line in left):
            continue
        for raw in part(block).rows:
            if raw.line in left:
                left.discard(raw.line)
                for field, value, text in lines[raw.line]:
                    yield _place(source, raw, field, value).problem(text)


def _place(source: Source, raw: Raw, field: str, value: str) -> Place:
    try:
        marks = marks_of(source, raw, values := values_of(source, raw))
    except DocumentError:
        return Place(source.name, raw.line, 1)
    if field == "alias" and "aliases" in values:
        written = values["aliases"]
        for index, alias in enumerate(written if isinstance(written, list) else ()):
            if str(alias).lower() == value or str(alias).lower().endswith(f"@{value}"):
                return marks.place_of(("aliases", index))
        return marks.place_of(("aliases",))
    return marks.place_of((field,))
