"""The report says what was done, and how often."""

from __future__ import annotations

import orjson

from policy.directory.bulk.vdx.notes import Notes, Origin, What


def test_notes_are_counted_the_gravest_first() -> None:
    """By what became of it, then by number."""
    notes = Notes()
    notes.add(What.SKIPPED, Origin("a.csv", 1), "meeting", "is over")
    for line in (2, 3):
        notes.add(What.REPAIRED, Origin("a.csv", line), f"room {line}", "guest PIN drawn")
    notes.add(What.COLLISION, Origin("a.csv", 4), "1@x.org", "is that of a meeting")

    assert notes.counts() == [
        (What.COLLISION, "is that of a meeting", 1),
        (What.REPAIRED, "guest PIN drawn", 2),
        (What.SKIPPED, "is over", 1),
    ]
    assert orjson.loads(next(iter(notes.lines()))) == {
        "what": "skipped",
        "file": "a.csv",
        "line": 1,
        "about": "meeting",
        "text": "is over",
        "count": 1,
    }


def test_what_there_are_millions_of_is_told_once_for_a_file() -> None:
    """With the line of the first, and how many there are."""
    notes = Notes()
    for line in (5, 6, 7):
        notes.count(What.SKIPPED, Origin("a.csv", line), "meeting", "is over")
    notes.count(What.SKIPPED, Origin("b.csv", 1), "meeting", "is over")

    assert [str(note) for note in notes.notes] == [
        "a.csv:5: skipped: meeting: is over (3 times)",
        "b.csv:1: skipped: meeting: is over",
    ]
    assert notes.counts() == [(What.SKIPPED, "is over", 4)]
