"""What tests look at in a conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policy.directory.bulk.vdx.rows import Work


def rows_of(work: Work, kind: str) -> list[dict[str, object]]:
    """Give the rows that were made of a kind."""
    return [row for row, _ in work.made.rows.get(kind, [])]


def notes_of(work: Work, file: str) -> list[str]:
    """Give what was told of the rows of a table."""
    return [str(note) for note in work.notes.notes if note.file == f"{file}.csv"]
