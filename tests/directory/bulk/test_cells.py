"""What is written in a cell is read as the same."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.directory.bulk.cells import Form, forms_of, parse_cell, render_cell, render_list
from policy.directory.bulk.kinds import KINDS

TAG = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)


@given(st.lists(TAG))
def test_tags_come_back(tags: list[str]) -> None:
    """Strokes and backslashes of their own too."""
    assert parse_cell(render_list(tags, Form.TAGS), Form.TAGS) == tags


@given(st.dictionaries(st.text(), st.integers(-(2**53), 2**53), min_size=1))
def test_mappings_come_back(mapping: dict[str, int]) -> None:
    """They stand there as JSON."""
    assert parse_cell(render_cell(mapping), Form.MAPPING) == mapping


def test_words_are_parted_by_spaces_or_strokes() -> None:
    """Aliases hold neither."""
    assert parse_cell(" a@b  c@d|e ", Form.WORDS) == ["a@b", "c@d", "e"]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (12, "12"),
        (datetime(2026, 3, 2, 10, tzinfo=UTC), "2026-03-02T10:00:00+00:00"),
    ],
)
def test_values_are_written_plainly(value: object, cell: str) -> None:
    """As a person would write them."""
    assert render_cell(value) == cell


def test_forms_follow_from_the_models() -> None:
    """A flag is plain, a code that looks like a number stays text."""
    forms = forms_of(KINDS["bookings"])
    assert forms["organisation"] is Form.TEXT
    assert forms["state"] is Form.TEXT
    assert forms["allow_guests"] is Form.PLAIN
    assert forms["tags"] is Form.TAGS
    assert forms["aliases"] is Form.WORDS
    assert forms["details"] is Form.MAPPING
    assert parse_cell("0123", forms["organisation"]) == "0123"
    assert parse_cell("true", forms["allow_guests"]) is True
