"""The fast way takes what the model takes, and nothing else."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.directory.bulk import shapes
from policy.directory.bulk.cells import render_cell
from policy.directory.bulk.reading import Block, Source
from policy.directory.bulk.rows import part
from policy.directory.bulk.shapes import Shapes
from policy.directory.bulk.staging import WAITING, Stager
from tests.database import SEAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Row = Mapping[str, object]

HEADER = (
    "organisation",
    "aliases",
    "service_name",
    "description",
    "type",
    "pin",
    "guest_pin",
    "allow_guests",
    "participant_limit",
    "view",
    "host_view",
    "service",
    "tags",
    "created_at",
    "listed",
)
LONG = "n" * 220
ROWS = st.fixed_dictionaries(
    {"organisation": st.sampled_from(["north", "south", "", LONG + LONG])},
    optional={
        "aliases": st.sampled_from([["1@x.org"], ["a.b@x.org", "2"], ["7-1@x.org"], ["a@@b"], []]),
        "service_name": st.sampled_from(["ward", "other", LONG, ""]),
        "description": st.sampled_from(["Ward 7", "010203-1234", "a\tb", LONG + LONG, "\0"]),
        "type": st.sampled_from(["conference", "lecture", "gateway", "two_stage_dialing"]),
        "pin": st.sampled_from(["48213", "90377", "4821#", "12", "", "1234567"]),
        "guest_pin": st.sampled_from(["48213", "90377", "4821#", "771#", "1234567"]),
        "allow_guests": st.sampled_from([True, False, 1, "true"]),
        "participant_limit": st.sampled_from([0, 12, -1, "x"]),
        "view": st.sampled_from(["one_main_seven_pips", "teams", "five_mains_seven_pips"]),
        "host_view": st.sampled_from(["one_main_seven_pips", "five_mains_seven_pips"]),
        "service": st.sampled_from([{}, {"pin": "1"}, {"enable_chat": "no"}, {"locked": True}]),
        "tags": st.sampled_from([[], ["ward 7"], ["a\nb"]]),
        "created_at": st.sampled_from(
            ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "0001-01-01"]
        ),
        "listed": st.sampled_from([True, False]),
    },
)


def source_of(form: Literal["csv", "jsonl"]) -> Source:
    """Give a file that is not there."""
    return Source(0, Path("rooms"), "rooms", form, 0, HEADER if form == "csv" else ())


def line_of(row: Row, form: Literal["csv", "jsonl"]) -> str:
    """Write a row."""
    if form == "jsonl":
        return json.dumps(row) + "\n"
    cells = []
    for name in HEADER:
        value = row.get(name)
        if isinstance(value, list):
            cells.append("|".join(value))
        else:
            cells.append(render_cell(value))
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def staged(rows: Sequence[Row], form: Literal["csv", "jsonl"], stager: Stager) -> object:
    """Stage rows as one block; gives all but ids, which are always new."""
    text = "".join(line_of(row, form) for row in rows)
    done = stager.stage(Block(source_of(form), 1, text.encode(), 0))
    lines = [line.split("\t") for line in done.rows.decode().splitlines()]
    hidden = {WAITING["rooms"].index(name) for name in ("id", "pin", "guest_pin")}
    name = WAITING["rooms"].index("service_name")
    seen = [
        [
            cell[:4] if index == name and cell.startswith("r-0") else cell
            for index, cell in enumerate(line)
            if index not in hidden
        ]
        for line in lines
    ]
    shown_pins = [
        [line[WAITING["rooms"].index(pin)].split(".")[0] for pin in ("pin", "guest_pin")]
        for line in lines
    ]
    aliases = [line.split("\t") for line in done.aliases.decode().splitlines()]
    without_ids = [line[:2] + line[3:] for line in aliases]
    return seen, shown_pins, without_ids, [str(each) for each in done.problems]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@given(rows=st.lists(ROWS, max_size=8))
def test_both_ways_give_the_same(form: Literal["csv", "jsonl"], rows: list[Row]) -> None:
    """Rows, aliases and problems, one after the other as in a file."""
    twice = [row for row in rows for _ in range(2)]  # the second may be known
    slow = Stager(SEAL)
    slow._write_fast = lambda *_: False  # type: ignore[method-assign]  # noqa: SLF001  the way that is compared with

    assert staged(twice, form, Stager(SEAL)) == staged(twice, form, slow)


def test_what_was_right_is_known_then() -> None:
    """Another name and other PINs of the same kind do not make another shape."""
    text = (
        '{"organisation":"a","aliases":["1"],"pin":"48213","guest_pin":"90377"}\n'
        '{"organisation":"b","aliases":["2"],"pin":"11111","guest_pin":"22222"}\n'
        '{"organisation":"b","aliases":["2"],"pin":"11111","guest_pin":"11111"}\n'
        '{"organisation":"b","aliases":["2"],"pin":"11111","guest_pin":"1111#"}\n'
    )
    source = source_of("jsonl")
    rows = part(Block(source, 1, text.encode(), 0)).rows
    known = Shapes(source, WAITING["rooms"])

    known.learn(rows[0], ["x"] * len(WAITING["rooms"]))

    assert [known.find(row) is not None for row in rows] == [True, True, False, False]


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in which every row has another shape does not fill the memory."""
    monkeypatch.setattr(shapes, "MAX_SHAPES", 1)
    text = "".join(
        f'{{"organisation":"a","aliases":["1"],"participant_limit":{number}}}\n'
        for number in range(3)
    )
    source = source_of("jsonl")
    rows = part(Block(source, 1, text.encode(), 0)).rows
    known = Shapes(source, WAITING["rooms"])
    for row in rows:
        known.learn(row, ["x"] * len(WAITING["rooms"]))

    assert [known.find(row) is not None for row in rows] == [True, False, False]
