"""Two letters that stand for a name, and their colour; drawn where there is no picture."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Mapping

# White letters on any of these have a contrast of 4.5 or more (WCAG AA).
COLOURS: Final = (
    "#1d4f91",
    "#00677f",
    "#1f6b3a",
    "#5b6312",
    "#8a4b08",
    "#a3302c",
    "#96265e",
    "#6a3a94",
    "#4a4f8c",
    "#4f5b66",
)

# Letters of their own in the north, not an O and an A with a mark.
NORDIC: Final = frozenset("ÆØÅ")
_UNMARKED: Final[Mapping[str, str]] = {"Đ": "D", "Ð": "D", "Ł": "L", "Œ": "O", "ẞ": "S", "Þ": "T"}
_BRACKETED: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>")
_SEPARATORS: Final = re.compile(r"[\s._\-]+")
# A display name longer than this is none; Pexip's limit for every field value.
_MAX_CHARACTERS: Final = 250


@dataclass(frozen=True, slots=True)
class Initials:
    """What is drawn; of the name nothing else is kept."""

    letters: str
    colour: str


def initials_of(name: str) -> Initials | None:
    """Give the first letters of the first and the last word; None where Latin letters lack.

    `Holm, Karin (Region North)` is KH; of an address what stands before the `@` counts.
    """
    name = unicodedata.normalize("NFC", name[:_MAX_CHARACTERS])
    plain = _BRACKETED.sub(" ", name).partition("@")[0]
    family, comma, given = plain.partition(",")
    words = [word for word in _SEPARATORS.split(f"{given} {family}" if comma else plain) if word]
    named = [word for word in words if word[0].isalpha()]
    letters = [_letter(word) for word in (named[:1] + named[1:][-1:])]
    if not letters or "" in letters:
        return None
    return Initials("".join(letters), COLOURS[crc32(name.encode()) % len(COLOURS)])


def _letter(word: str) -> str:
    """Give a letter that the font can draw, empty for none."""
    upper = word[0].upper()[0]
    if upper in NORDIC:
        return upper
    plain = unicodedata.normalize("NFKD", _UNMARKED.get(upper, upper))[0].upper()[:1]
    return plain if plain.isascii() and plain.isalpha() else ""
