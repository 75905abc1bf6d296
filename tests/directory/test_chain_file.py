"""The audit as a file: what is written is read back, and what is no such file is told."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from policy.directory.chain import Ends
from policy.directory.chain_file import ends_line, link_line, read_chain_file
from policy.errors import DocumentError
from tests.directory.test_chain import START, anchor_of, chain

if TYPE_CHECKING:
    from policy.directory.chain import Link


def written(ends: Ends, links: list[Link]) -> str:
    """Write a whole file."""
    return ends_line(ends) + "".join(map(link_line, links))


def test_what_is_written_is_read_back() -> None:
    """Every value, also a row that was never linked."""
    links = [*chain(3), replace(chain(1)[0], chain_no=None, previous=None, hash=None, actor="Åse")]
    ends = Ends(START, anchor_of(links[2]))

    read, rows = read_chain_file("audit.jsonl", io.StringIO(written(ends, links)))

    assert (read, list(rows)) == (ends, links)


@pytest.mark.parametrize(
    ("line", "text", "wanted"),
    [
        (1, "", "is no exported audit"),
        (1, "{}", "is no exported audit"),
        (1, '{"start": "7", "head": "8"}', "is no exported audit"),
        (3, "", "is no row of the audit"),
        (3, "{", "is no row of the audit"),
        (3, '{"chain_no": 1}', "is no row of the audit, see its key id"),
        (3, link_line(chain(1)[0]).replace(START.hash.hex(), "xy"), "its hash is no hash"),
    ],
)
def test_what_is_no_audit_is_told_with_its_line(line: int, text: str, wanted: str) -> None:
    """As every file that an operator gives us."""
    links = chain(3)
    lines = written(Ends(START, anchor_of(links[-1])), links).splitlines()
    lines[line - 1] = text.rstrip("\n")

    with pytest.raises(DocumentError) as caught:
        list(read_chain_file("audit.jsonl", io.StringIO("\n".join(lines)))[1])

    assert str(caught.value).startswith(f"audit.jsonl:{line}:1: {wanted}")
