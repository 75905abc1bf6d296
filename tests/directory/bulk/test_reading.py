"""Files are cut into whole rows, and what is no text of ours is refused with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.directory.bulk import reading
from policy.directory.bulk.reading import blocks_of, find_sources
from policy.errors import DocumentError

if TYPE_CHECKING:
    from pathlib import Path


def said(caught: pytest.ExceptionInfo[DocumentError], folder: Path) -> list[str]:
    """Give the problems without the folder."""
    return [str(each).replace(f"{folder}/", "") for each in caught.value.problems]


def test_a_folder_is_read_in_the_order_in_which_kinds_need_each_other(tmp_path: Path) -> None:
    """Whatever their names' order; other files are not looked at."""
    for name in ("rooms.csv", "domains.jsonl", "organisations.csv", "README.md"):
        (tmp_path / name).write_text("code\n")

    sources = find_sources([tmp_path])

    assert [source.path.name for source in sources] == [
        "organisations.csv",
        "domains.jsonl",
        "rooms.csv",
    ]
    assert [source.number for source in sources] == [0, 1, 2]


def test_what_is_no_bulk_file_is_told(tmp_path: Path) -> None:
    """All of it at once."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "romms.csv").write_text("x")
    (tmp_path / "rooms.xlsx").write_text("x")

    with pytest.raises(DocumentError) as caught:
        find_sources([tmp_path / name for name in ("empty", "romms.csv", "rooms.xlsx", "no.csv")])

    assert said(caught, tmp_path) == [
        "empty: holds no *.csv and no *.jsonl",
        "romms.csv: 'romms' is no kind of row, did you mean 'rooms'?",
        "rooms.xlsx: is neither *.csv nor *.jsonl",
        "no.csv: no such file",
    ]


def test_a_kind_may_be_said(tmp_path: Path) -> None:
    """For a file of another name."""
    (tmp_path / "x.csv").write_text("code;name\n")
    (source,) = find_sources([tmp_path / "x.csv"], "organisations")
    assert (source.kind, source.delimiter, source.header) == (
        "organisations",
        ";",
        ("code", "name"),
    )


def test_a_row_over_several_lines_stays_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small the blocks are."""
    monkeypatch.setattr(reading, "BLOCK_LINES", 1)
    path = tmp_path / "rooms.csv"
    path.write_bytes(b'\xef\xbb\xbforganisation,description\nnorth,"a\n""b"""\nnorth,c\n')
    (source,) = find_sources([path])

    blocks = list(blocks_of(source))

    assert source.header == ("organisation", "description")
    assert [(block.line, block.raw) for block in blocks] == [
        (2, b'north,"a\n""b"""\n'),
        (4, b"north,c\n"),
    ]
    assert blocks[-1].end == path.stat().st_size


@pytest.mark.parametrize("rest", ["", "north,b\n" * 200_000])
def test_a_quote_that_is_not_closed_is_found(tmp_path: Path, rest: str) -> None:
    """It does not swallow the file; its place is told."""
    path = tmp_path / "rooms.csv"
    path.write_text('organisation,description\nnorth,a\nnorth,"b\n' + rest)
    (source,) = find_sources([path])

    with pytest.raises(DocumentError) as caught:
        list(blocks_of(source))

    assert said(caught, tmp_path) == ["rooms.csv:3:7: this quote is not closed"]


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (b"\xff\xfec\0", "rooms.csv:1:1: is UTF-16: save it as UTF-8"),
        (b"gr\xf8n\n", "rooms.csv:1:3: is not UTF-8 text: the byte 0xf8 is not understood"),
        (
            b"code,name\rnorth,North\r",
            "rooms.csv:1:1: ends its lines with CR alone: save it with LF or CR LF",
        ),
        (b"a" * 200_000, "rooms.csv:1:1: is no line of column names"),
        (b"a" * 2_000_000, "rooms.csv:1:1: is no line of column names"),
    ],
)
def test_other_encodings_are_refused(tmp_path: Path, head: bytes, text: str) -> None:
    """With line and column, before any row."""
    (tmp_path / "rooms.csv").write_bytes(head)
    with pytest.raises(DocumentError) as caught:
        find_sources([tmp_path])
    assert said(caught, tmp_path) == [text]


@pytest.mark.parametrize("name", ["rooms.csv", "rooms.jsonl"])
def test_a_line_without_an_end_is_not_taken_into_memory(tmp_path: Path, name: str) -> None:
    """A file of another kind, or a hole in one, has no rows."""
    path = tmp_path / name
    path.write_bytes(b"{}\n{}\n")
    with path.open("r+b") as file:
        file.truncate(1 << 32)
    (source,) = find_sources([path])

    with pytest.raises(DocumentError) as caught:
        list(blocks_of(source))

    assert said(caught, tmp_path) == [f"{name}:3:1: a line of more than 1048576 bytes is no row"]
