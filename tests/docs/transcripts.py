"""What pages show of the terminal: files, commands, and what these say.

A block of `sh` holds commands alone, one of `console` commands behind `$ ` with what they print,
and one whose first line has a second word, as `csv rooms.csv`, is a file of that name. Within what
is printed `...` stands for any lines and `…` for any part of a line. Ids, PINs, days, times and
numbers of four and more digits may be others than the page shows; where later commands name them,
they name what was printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BLOCK: Final = re.compile(
    r"^```(?P<kind>\w+)(?: (?P<name>\S+))?\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL
)
# What is drawn or read off a clock; the long forms before what is a part of them.
_DRAWN: Final = (
    r"\d+:[0-9a-f]{64}",
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?",
    r"\d{4}-\d\d-\d\d",
    r"\b[0-9a-f]{12,64}\b",
    r"\b[a-z0-9]{16}\b",
    r"\b\d+(?:\.\d+)? k?(?:s|B)\b",
    r"\d{4,}",
)
_TOKEN: Final = re.compile("|".join(f"({pattern})" for pattern in _DRAWN))
_PART: Final = re.compile(rf"(?P<drawn>{'|'.join(_DRAWN)})|(?P<any>…)|(?P<space> +)")


@dataclass(frozen=True, slots=True)
class File:
    """A file that a page shows."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command that a page shows; `prints` is None where the page does not say."""

    line: str
    prints: str | None


def steps_of(page: str) -> Iterator[File | Command]:
    """Give what a page does at the terminal, in its order."""
    for block in _BLOCK.finditer(page):
        if block["name"] is not None:
            yield File(block["name"], block["text"])
        elif block["kind"] == "sh":
            yield from (Command(line, None) for line in _joined(block["text"]).splitlines())
        elif block["kind"] == "console":
            for part in re.split(r"^\$ ", _joined(block["text"]), flags=re.MULTILINE)[1:]:
                line, _, prints = part.partition("\n")
                yield Command(line, prints)


def _joined(text: str) -> str:
    return re.sub(r" *\\\n *", " ", text)


def drawn_in(shown: str, printed: str) -> dict[str, str] | None:
    """Give what was printed for each part that may differ; None when the rest differs too."""
    tokens = [match[0] for match in _TOKEN.finditer(shown)]
    found = re.fullmatch("".join(map(_pattern, shown.splitlines(keepends=True))), printed)
    return None if found is None else dict(zip(tokens, found.groups(), strict=True))


def _pattern(line: str) -> str:
    if line.strip() == "...":
        return r"(?:[^\n]*\n)*?"
    parts, end = [], 0
    for match in _PART.finditer(line.rstrip()):
        parts.append(re.escape(line[end : match.start()]))
        parts.append(_pattern_of(match))
        end = match.end()
    return "".join(parts) + re.escape(line.rstrip()[end:]) + r" *\n"


def _pattern_of(match: re.Match[str]) -> str:
    if match["any"]:
        return r"[^\n]*"
    if match["space"]:
        return " +"
    return next(f"({each})" for each in _DRAWN if re.fullmatch(each, match["drawn"]))


def with_drawn(line: str, drawn: Mapping[str, str]) -> str:
    """Give a command with what was printed instead of what the page shows."""
    return _TOKEN.sub(lambda match: drawn.get(match[0], match[0]), line)
