"""Cuts bulk files into blocks of whole rows, which can be read one by one and side by side.

A row of a CSV file may go over several lines, in quotes; a row of JSON Lines is one line.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final, Literal

from policy.directory.bulk.kinds import KINDS
from policy.documents import Place
from policy.errors import DocumentError
from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from policy.errors import Problem

SUFFIXES: Final = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
BLOCK_LINES: Final = 5000
BLOCK_BYTES: Final = 4 << 20
# A quote that is never closed makes the rest of the file one row.
ROW_BYTES: Final = 1 << 20

_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Source:
    """A bulk file; its number stands for it in the database."""

    number: int
    path: Path
    kind: str
    form: Literal["csv", "jsonl"]
    size: int
    header: tuple[str, ...] = ()  # of a CSV file
    delimiter: str = ","
    content: bytes | None = field(default=None, repr=False)  # what is in no file

    @property
    def name(self) -> str:
        """Give the name that problems begin with."""
        return str(self.path)


@dataclass(frozen=True, slots=True)
class Block:
    """Whole rows of a file, and the number of their first line."""

    source: Source
    line: int
    raw: bytes
    end: int  # how far in the file it reaches, in bytes


def find_sources(
    paths: Sequence[Path], kind: str | None = None, kinds: Sequence[str] = tuple(KINDS)
) -> tuple[Source, ...]:
    """Say which files there are and what they hold; raises DocumentError with every problem.

    In a folder, files are told apart by name; one that is named itself as well, unless `kind` says.
    """
    found: list[tuple[str, Path]] = []
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir():
            inside = [each for each in sorted(path.iterdir()) if each.suffix in SUFFIXES]
            found += [(each.stem, each) for each in inside]
            if not inside:
                problems.append(Place(str(path)).problem("holds no *.csv and no *.jsonl"))
        else:
            found.append((kind or path.stem, path))
    problems += [problem for each in found for problem in _faults(*each, kinds)]
    if problems:
        raise DocumentError(problems)
    found.sort(key=lambda each: (kinds.index(each[0]), each[1]))
    return tuple(open_source(number, path, kind) for number, (kind, path) in enumerate(found))


def _faults(kind: str, path: Path, kinds: Sequence[str]) -> Iterator[Problem]:
    place = Place(str(path))
    if not path.is_file():
        yield place.problem("no such file" if not path.exists() else "is no regular file")
    elif path.suffix not in SUFFIXES:
        yield place.problem("is neither *.csv nor *.jsonl")
    elif kind not in kinds:
        yield place.problem(f"{kind!r} is no kind of row{did_you_mean(kind, kinds)}")


def open_source(number: int, path: Path, kind: str) -> Source:
    """Look at the beginning of a file; raises DocumentError."""
    form: Literal["csv", "jsonl"] = "csv" if SUFFIXES[path.suffix] == "csv" else "jsonl"
    size = path.stat().st_size
    at = Place(str(path), 1, 1)
    with path.open("rb") as file:
        first = file.readline(ROW_BYTES)
    if first.startswith(_UTF16):
        raise DocumentError([at.problem("is UTF-16: save it as UTF-8")])
    if form == "jsonl":
        return Source(number, path, kind, form, size)
    text = decode(first.removeprefix(_BOM), at).rstrip("\r\n")
    if "\r" in text:
        raise DocumentError([at.problem("ends its lines with CR alone: save it with LF or CR LF")])
    delimiter = ";" if ";" in text and "," not in text else ","
    try:
        header = next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:  # a cell of more than 131,072 characters
        raise DocumentError([at.problem("is no line of column names")]) from None
    names = tuple(name.strip() for name in header)
    return Source(number, path, kind, form, size, names, delimiter)


def decode(raw: bytes, at: Place) -> str:
    """Give the text of bytes that begin at a place; raises DocumentError with line and column."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as exc:
        before = raw[: exc.start].decode("utf-8")
        line = before.count("\n")
        column = len(before) - before.rfind("\n")
        place = Place(at.source, at.line + line, column + (at.column - 1 if not line else 0))
        said = f"is not UTF-8 text: the byte 0x{raw[exc.start]:02x} is not understood"
        raise DocumentError([place.problem(said)]) from exc


def blocks_of(source: Source) -> Iterator[Block]:
    """Give the rows of a file in blocks, without its header; raises DocumentError."""
    is_csv = source.form == "csv"
    with _opened(source) as file:
        began = 1
        if is_csv:
            file.readline(ROW_BYTES)
            began = 2
        elif file.read(len(_BOM)) != _BOM:
            file.seek(0)
        lines: list[bytes] = []
        size = row_bytes = 0
        is_open = False
        for raw in _lines_of(source, file, began):
            lines.append(raw)
            size += len(raw)
            is_open ^= is_csv and raw.count(b'"') % 2 == 1
            row_bytes = row_bytes + len(raw) if is_open else 0
            if row_bytes > ROW_BYTES:
                break
            if not is_open and (len(lines) >= BLOCK_LINES or size >= BLOCK_BYTES):
                yield Block(source, began, b"".join(lines), file.tell())
                began += len(lines)
                lines, size = [], 0
        if is_open:
            raise DocumentError([_never_closed(source, began, lines)])
        if lines:
            yield Block(source, began, b"".join(lines), source.size)


def _lines_of(source: Source, file: BinaryIO, number: int) -> Iterator[bytes]:
    """Give line by line what is left of a file; memory need not hold one without an end."""
    while raw := file.readline(ROW_BYTES + 1):
        if len(raw) > ROW_BYTES:
            said = f"a line of more than {ROW_BYTES} bytes is no row"
            raise DocumentError([Place(source.name, number, 1).problem(said)])
        yield raw
        number += 1


def _opened(source: Source) -> BinaryIO:
    return source.path.open("rb") if source.content is None else io.BytesIO(source.content)


def _never_closed(source: Source, began: int, lines: Sequence[bytes]) -> Problem:
    """Find the quote behind which the rest of a block was taken for one cell."""
    is_open = False
    place = Place(source.name, began, 1)
    for number, raw in enumerate(lines):
        if raw.count(b'"') % 2:
            is_open = not is_open
            if is_open:
                column = len(raw[: raw.rfind(b'"')].decode("utf-8", "replace")) + 1
                place = Place(source.name, began + number, column)
    return place.problem("this quote is not closed")
