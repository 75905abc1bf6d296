"""What an import from VDX has to tell: every collision, every repair, everything left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class What(StrEnum):
    """What became of something that did not fit."""

    COLLISION = "collision"  # two want one address; the better right has it
    REPAIRED = "repaired"  # it is carried as something else, which somebody may have to be told
    DROPPED = "dropped"  # a value is not carried
    LEFT_OUT = "left out"  # a row is not carried
    KEPT = "kept"  # it looks wrong and is carried as it is
    SKIPPED = "skipped"  # it is over, and nobody needs it


@dataclass(frozen=True, slots=True)
class Origin:
    """A row of a table of VDX."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to tell; `text` holds no PIN and nothing that people wrote."""

    what: What
    file: str
    line: int
    about: str
    text: str
    count: int = 1  # of rows that are all told here, where the first of them stands

    def __str__(self) -> str:
        times = f" ({self.count:,} times)" if self.count > 1 else ""
        return f"{self.file}:{self.line}: {self.what}: {self.about}: {self.text}{times}"


_SHOWN: Final = (
    What.COLLISION,
    What.LEFT_OUT,
    What.REPAIRED,
    What.DROPPED,
    What.KEPT,
    What.SKIPPED,
)


@dataclass(slots=True)
class Notes:
    """All that there is to tell."""

    notes: list[Note] = field(default_factory=list)
    _counted: dict[tuple[What, str, str, str], int] = field(default_factory=dict)

    def add(self, what: What, origin: Origin, about: str, text: str) -> None:
        """Tell of a row; `about` names what it is about, `text` what was done."""
        self.notes.append(Note(what, origin.file, origin.line, about, text))

    def count(self, what: What, origin: Origin, about: str, text: str) -> None:
        """Tell of a row of which there are millions, together with the others of its file."""
        number = self._counted.setdefault((what, origin.file, about, text), len(self.notes))
        if number == len(self.notes):
            self.add(what, origin, about, text)
        else:
            first = self.notes[number]
            self.notes[number] = replace(first, count=first.count + 1)

    def counts(self) -> list[tuple[What, str, int]]:
        """Give how often each thing was done, by what became of it."""
        counted: Counter[tuple[What, str]] = Counter()
        for note in self.notes:
            counted[note.what, note.text] += note.count
        return sorted(
            ((what, text, count) for (what, text), count in counted.items()),
            key=lambda each: (_SHOWN.index(each[0]), -each[2], each[1]),
        )

    def lines(self) -> Iterable[bytes]:
        """Give every note as a line of JSON."""
        for note in self.notes:
            said: Mapping[str, object] = asdict(note)
            yield orjson.dumps(said) + b"\n"
