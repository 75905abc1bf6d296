"""Every problem of a row stands at its line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.directory.bulk.reading import blocks_of, find_sources
from policy.directory.bulk.rows import cell_places, check_row, key_column, part
from policy.errors import DocumentError

if TYPE_CHECKING:
    from pathlib import Path


def problems(path: Path) -> list[str]:
    """Read a file and give everything that is wrong with its rows."""
    (source,) = find_sources([path])
    found = []
    for block in blocks_of(source):
        parted = part(block)
        found += parted.problems
        for raw in parted.rows:
            try:
                check_row(source, raw)
            except DocumentError as exc:
                found += exc.problems
    return [str(each).replace(f"{path.parent}/", "") for each in found]


def test_cells_of_a_table(tmp_path: Path) -> None:
    """The column is that of the cell, or of the entry of a list in it."""
    path = tmp_path / "rooms.csv"
    path.write_bytes(
        b"organisation,aliases,pin,allow_guests,service\n"
        b"north,a@b c@@d,48213,true,\n"
        b'"no\nrth",a@b,12,true,\n'
        b"north,a@b,48213,tru,\n"
        b"north,a@b\n"
        b",,,,\n"
        b"\n"
        b"north,a@b,48213,true,{x\n"
        b'north,"a"b,48213,true,\n'
        b"n\x00rth,a@b,48213,true,\n"
    )

    assert problems(path) == [
        "rooms.csv:6:1: has 2 cells, the header has 5",
        "rooms.csv:10:1: text stands behind a closing quote",
        "rooms.csv:2:11: aliases: 'c@@d' is no alias, it has more than one '@'",
        "rooms.csv:4:10: pin: a PIN is 4 to 20 digits, of which the last may be '#'",
        "rooms.csv:5:17: allow_guests: needs true or false, got 'tru'",
        "rooms.csv:7:1: key 'organisation' is missing",
        "rooms.csv:9:22: service: not valid JSON: unexpected character, expected a string key",
        "rooms.csv:11:1: holds the character NUL, which no text may",
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (b"x" * 131_073, "rooms.csv:2:1: has a cell of more than 131072 characters"),
        (b"x\ry", "rooms.csv:2:1: has a CR alone in a cell without quotes"),
    ],
)
def test_cells_that_no_table_has(tmp_path: Path, cell: bytes, text: str) -> None:
    """Each is called by its name, and the rows behind it are read."""
    path = tmp_path / "rooms.csv"
    path.write_bytes(b"organisation,pin\nnorth," + cell + b"\nnorth,48213,\n")
    assert problems(path) == [text, "rooms.csv:3:1: has 3 cells, the header has 2"]


def test_lines_of_json(tmp_path: Path) -> None:
    """The column is that of the key; what is no JSON has the place where the reader stumbled."""
    path = tmp_path / "rooms.jsonl"
    path.write_text(
        '{"organisation": "north", "orgnisation": 1}\n'
        '{"organisation": "north", "pin": "12"}\n'
        '{"organisation": "north", "organisation": "south"}\n'
        '{"organisation": "north", "service": {"a": 1}}\n'
        "\n"
        '["north"]\n'
        '{"organisation": "north"\n'
        '{"organisation": "n\\u0000"}\n'
        '{"organisation": "n\\\\u0000"}\n'
    )

    assert problems(path) == [
        "rooms.jsonl:3:2: key 'organisation' stands twice",
        "rooms.jsonl:6:1: needs a mapping in each line",
        "rooms.jsonl:7:25: not valid JSON: unexpected end of data",
        "rooms.jsonl:1:27: unknown key 'orgnisation', did you mean 'organisation'?",
        "rooms.jsonl:2:27: pin: a PIN is 4 to 20 digits, of which the last may be '#'",
        "rooms.jsonl:4:1: a: is no field of service type conference",
        "rooms.jsonl:8:1: holds the character NUL, which no text may",
    ]


def test_other_encodings_have_a_place_in_the_middle_of_a_file(tmp_path: Path) -> None:
    """Line and column of the byte; columns are counted in characters."""
    path = tmp_path / "rooms.csv"
    path.write_bytes("organisation\nnorth\nsø".encode() + b"\xf8\n")
    assert problems(path) == ["rooms.csv:3:3: is not UTF-8 text: the byte 0xf8 is not understood"]


def test_cells_are_found_behind_quotes_and_lines() -> None:
    """A delimiter in quotes is none."""
    assert list(cell_places('a,"b,\nc",d', ",")) == [(0, 1), (0, 3), (1, 4)]


@pytest.mark.parametrize(("key", "column"), [("a", 2), ("b", 8), ("c", 1)])
def test_keys_are_found(key: str, column: int) -> None:
    """One that is not there is at the beginning."""
    assert key_column('{"a":1,"b" : 2}', key) == column
