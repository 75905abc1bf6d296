"""What a conversion knows."""

from __future__ import annotations

from datetime import UTC, datetime

from policy.directory.bulk.vdx.claims import Claims
from policy.directory.bulk.vdx.notes import Notes, Origin
from policy.directory.bulk.vdx.rows import Made, Wishes, Work, group_uuid


def test_a_group_has_the_same_id_every_time() -> None:
    """So that a second try is told of the first."""
    assert group_uuid(1) == group_uuid(1) != group_uuid(2)


def test_rows_say_nothing_of_what_is_none() -> None:
    """Their defaults are those of the directory."""
    made = Made()
    made.add("rooms", {"a": None, "b": False}, Origin("a.csv", 1))
    assert made.rows == {"rooms": [({"b": False}, Origin("a.csv", 1))]}


def test_texts_are_cut_with_a_note() -> None:
    """And nodes that are not there leave a row out."""
    notes = Notes()
    work = Work(Wishes(datetime(2026, 1, 1, tzinfo=UTC)), Claims(set(), notes), notes)
    here = Origin("a.csv", 1)

    assert work.shortened("abc", 2, here, "x") == "ab"
    assert work.shortened("ab", 2, here, "x") == "ab"
    assert work.node(1, here, "x") is None
    assert work.organisation("o", here, "x") is None
    assert [note.text for note in notes.notes] == [
        "cut to 2 characters",
        "its group 1 is in no table",
        "its organisation 'o' is in no table",
    ]
