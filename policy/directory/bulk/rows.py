"""Reads the rows of a block, and says in which line and column something is wrong. Pure."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson
from pydantic import ValidationError

from policy.directory.bulk.cells import Form, forms_of, parse_cell
from policy.directory.bulk.kinds import KINDS
from policy.directory.bulk.reading import decode
from policy.documents import Marks, Place, Tree, validate
from policy.errors import DocumentError, Problem
from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from policy.directory.bulk.reading import Block, Source
    from policy.documents import Document

# Inside a cell that holds a list.
_ENTRY: Final = re.compile(r"[^\s|]+")


@dataclass(frozen=True, slots=True)
class Raw:
    """A row as it stands in its file, from this line on: cells, or else an object of JSON."""

    line: int
    text: str
    cells: Sequence[str] | None = None
    said: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Rows:
    """The rows of a block that could be parted, and what is wrong with the others."""

    rows: list[Raw] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def check_header(source: Source) -> list[Problem]:
    """List what is wrong with the first line of a CSV file."""
    if source.form != "csv":
        return []
    model = KINDS[source.kind]
    places = dict(enumerate(cell_places(source.delimiter.join(source.header), source.delimiter)))
    problems = []
    for index, name in enumerate(source.header):
        place = Place(source.name, 1, places.get(index, (0, 1))[1])
        if name not in model.model_fields:
            hint = did_you_mean(name, list(model.model_fields))
            problems.append(place.problem(f"unknown column {name!r}{hint}"))
        elif name in source.header[:index]:
            problems.append(place.problem(f"column {name!r} stands twice"))
    for name, each in model.model_fields.items():
        if each.is_required() and name not in source.header:
            problems.append(Place(source.name, 1, 1).problem(f"column {name!r} is missing"))
    return problems


def part(block: Block) -> Rows:
    """Part a block into its rows."""
    found = Rows()
    start = Place(block.source.name, block.line, 1)
    try:
        text = decode(block.raw, start)
    except DocumentError as exc:
        found.problems += exc.problems
        return found
    if block.source.form == "csv":
        _part_csv(block, text, found)
    else:
        _part_json(block, text, found)
    return found


def _part_csv(block: Block, text: str, found: Rows) -> None:
    source = block.source
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    reader = csv.reader(lines, delimiter=source.delimiter, strict=True)
    columns = len(source.header)
    before = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as exc:
            place = Place(source.name, block.line + before, 1)
            found.problems.append(place.problem(_csv_fault(str(exc))))
            before = reader.line_num
            continue
        if cells is None:
            return
        line, before = block.line + before, reader.line_num
        if len(cells) == columns:
            raw = "".join(lines[line - block.line : before])
            found.rows.append(Raw(line, raw, cells))
        elif any(cells):
            said = f"has {len(cells)} cells, the header has {columns}"
            found.problems.append(Place(source.name, line, 1).problem(said))


def _csv_fault(said: str) -> str:
    """Put in our words what the standard library finds wrong."""
    if said.startswith("field larger"):
        return f"has a cell of more than {csv.field_size_limit()} characters"
    if said.startswith("new-line"):
        return "has a CR alone in a cell without quotes"
    return "text stands behind a closing quote"


def _part_json(block: Block, text: str, found: Rows) -> None:
    name = block.source.name
    for number, line in enumerate(text.split("\n"), block.line):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as exc:
            said = f"not valid JSON: {exc.msg}"
            found.problems.append(Place(name, number, exc.pos + 1).problem(said))
            continue
        if not isinstance(row, dict):
            found.problems.append(Place(name, number, 1).problem("needs a mapping in each line"))
        elif doubled := _doubled_key(line, row):
            place = Place(name, number, key_column(line, doubled))
            found.problems.append(place.problem(f"key {doubled!r} stands twice"))
        else:
            found.rows.append(Raw(number, line, said=row))


def _doubled_key(line: str, row: Mapping[str, object]) -> str | None:
    if line.count('":') == len(row):  # every key is followed so; nothing else is here
        return None
    doubled: list[str] = []

    def look(pairs: list[tuple[str, object]]) -> dict[str, object]:
        doubled.extend(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        return dict(pairs)

    json.loads(line, object_pairs_hook=look)
    return doubled[0] if doubled else None


def key_column(line: str, key: str) -> int:
    """Find the column of a key in a line of JSON, 1 if it is not there."""
    found = re.search(rf"{re.escape(orjson.dumps(key).decode())}\s*:", line)
    return found.start() + 1 if found else 1


def cell_places(raw: str, delimiter: str) -> Iterator[tuple[int, int]]:
    """Give line, from 0, and column, from 1, of each cell of a row."""
    is_open = False
    line, column = 0, 1
    yield line, column
    for character in raw:
        column += 1
        if character == '"':
            is_open = not is_open
        elif character == "\n":
            line, column = line + 1, 1
        elif character == delimiter and not is_open:
            yield line, column


def place_of_cell(source: Source, raw: Raw, name: str) -> Place:
    """Find the cell of a column, whose name may be written in capitals."""
    for each, (line, column) in zip(
        source.header, cell_places(raw.text, source.delimiter), strict=False
    ):
        if each.lower() == name:
            return Place(source.name, raw.line + line, column)
    return Place(source.name, raw.line, 1)


def values_of(source: Source, raw: Raw) -> dict[str, object]:
    """Give what a row says; raises DocumentError for a cell that cannot be understood."""
    if raw.cells is None:
        return dict(raw.said)
    forms = forms_of(KINDS[source.kind])
    values: dict[str, object] = {}
    problems = []
    for name, cell in zip(source.header, raw.cells, strict=True):
        if cell == "":
            continue
        try:
            values[name] = parse_cell(cell, forms[name])
        except orjson.JSONDecodeError as exc:
            place = marks_of(source, raw, {name: cell}).place_of((name,))
            problems.append(place.problem(f"{name}: not valid JSON: {exc.msg}"))
    if problems:
        raise DocumentError(problems)
    return values


def marks_of(source: Source, raw: Raw, values: Mapping[str, object]) -> Marks:
    """Say where each value of a row stands."""
    marks = Marks(source.name)
    marks.values[()] = Place(source.name, raw.line, 1)
    if raw.cells is not None:
        places = list(cell_places(raw.text, source.delimiter))
        for name, (line, column) in zip(source.header, places, strict=False):
            marks.values[(name,)] = Place(source.name, raw.line + line, column)
    else:
        for name in values:
            place = Place(source.name, raw.line, key_column(raw.text, name))
            marks.values[(name,)] = marks.keys[(name,)] = place
    for name, value in values.items():
        if isinstance(value, list):
            _mark_entries(marks, source, raw, name)
    return marks


def _mark_entries(marks: Marks, source: Source, raw: Raw, name: str) -> None:
    """Find each entry of a cell that holds a list, where that is one line without quotes in it."""
    model = KINDS[source.kind]
    if raw.cells is None or forms_of(model).get(name) is not Form.WORDS:
        return
    cell = raw.cells[source.header.index(name)]
    place = marks.values[(name,)]
    line = raw.text.split("\n")[place.line - raw.line]
    start = line.find(cell, place.column - 1)
    if start < 0:
        return
    for index, entry in enumerate(_ENTRY.finditer(cell)):
        at = Place(source.name, place.line, start + entry.start() + 1)
        marks.values[name, index] = at


def _holds_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value


def check_row(source: Source, raw: Raw) -> tuple[Document, dict[str, object]]:
    """Hold a row against the model of its kind; raises DocumentError with every problem."""
    values = values_of(source, raw)
    if ("\0" in raw.text or "\\u0000" in raw.text) and _holds_nul(values):
        said = "holds the character NUL, which no text may"
        raise DocumentError([Place(source.name, raw.line, 1).problem(said)])
    model = KINDS[source.kind]
    try:
        return model.model_validate(values), values
    except ValidationError:  # only what is wrong is worth finding its places
        return validate(Tree(values, marks_of(source, raw, values)), model).value, values
