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
    }
