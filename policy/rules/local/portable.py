"""Regular expressions of rules, RE2's, written for nodes, whose are Python's. Pure.

What the two read differently is translated where that is exact, and refused where it is not. So is
what RE2 runs in linear time and Python would not: whoever dials could keep a node busy with it.
"""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from policy.rules.local.writing import UnfitError

if TYPE_CHECKING:
    from collections.abc import Mapping

# An alias has so many characters at most.
_LONGEST: Final = 250
# Python tries some 30 million a second: what the worst alias could cost is below a second.
_MOST_TRIES: Final = 20_000_000

_TOKEN: Final = re.compile(
    r"""
    (?P<escape>\\(?:x[0-9A-Fa-f]{2}|[\s\S]))
  | (?P<set>\[\^?\]?(?:\[:|\\[\s\S]|[^\]\\])*\])
  | (?P<open>\((?:\?(?:P?<(?P<name>[^>]*)>|[^:)]*[:)]))?)
  | (?P<close>\))
  | (?P<repeat>(?:[*+?]|\{(?P<least>[0-9]+)(?:(?P<comma>,)(?P<most>[0-9]*))?\})\??)
  | (?P<other>[\s\S])
    """,
    re.VERBOSE,
)
_IN_SET: Final = re.compile(r"\\x[0-9A-Fa-f]{2}|\\[\s\S]|[\s\S]")
_SETS: Final[Mapping[str, str]] = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_SAME: Final = frozenset("afnrtvA")


@dataclass(frozen=True, slots=True)
class Portable:
    """A pattern for Python; `groups` counts its groups and `names` gives the number of some."""

    text: str
    groups: int
    names: Mapping[str, int]
    # Whether a group that captures takes part more than once: what it holds then differs.
    repeats_groups: bool = False


@dataclass(slots=True)  # filled while one pattern is read
class _Group:
    """What is inside a group: repeats without end, and in how many ways the rest can fit."""

    before: int = 0  # groups that capture in front of it
    endless: int = 0
    ways: int = 1
    branches: int = 0

    def tries(self) -> int:
        """Bound how often Python tries to fit it to the longest alias."""
        return math.comb(_LONGEST, self.endless) * self.ways * (1 + self.branches)

    def add(self, inner: _Group, times: int) -> None:
        """Count another group, so many times."""
        self.endless += inner.endless * times
        self.ways *= min((inner.ways * (1 + inner.branches)) ** times, _MOST_TRIES)


@dataclass(slots=True)  # as above
class _Reading:
    out: list[str] = field(default_factory=list)
    groups: int = 0
    names: dict[str, int] = field(default_factory=dict)
    open: list[_Group] = field(default_factory=lambda: [_Group()])
    closed: _Group | None = None  # the group that the last token closed
    repeats_groups: bool = False


def python_pattern(pattern: str) -> Portable:
    """Translate a pattern that RE2 has compiled; raises UnfitError."""
    reading = _Reading()
    for token in _TOKEN.finditer(pattern):
        _read(token, reading)
    whole = reading.open[0]
    if whole.tries() > _MOST_TRIES:
        raise UnfitError("regex: so many repeats can keep a node busy for long")
    text = "".join(reading.out)
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(text)
    except re.error as exc:
        raise UnfitError(f"regex: nodes cannot read it: {exc.msg}") from exc
    return Portable(text, reading.groups, reading.names, reading.repeats_groups)


def _read(token: re.Match[str], reading: _Reading) -> None:
    closed, reading.closed = reading.closed, None
    match token.lastgroup:
        case "escape":
            reading.out.append(_escape(token["escape"]))
        case "set":
            reading.out.append(_set(token["set"]))
        case "open" | "name":
            _open(token["open"], token["name"], reading)
        case "close":
            reading.closed = reading.open.pop()
            reading.open[-1].add(reading.closed, 1)
            reading.out.append(")")
        case "other":
            reading.out.append(_other(token["other"], reading))
        case _:
            _repeat(token, reading, closed)


def _escape(escape: str) -> str:
    said = escape[1]
    if said in _SETS:
        return f"[{_SETS[said]}]"
    if said.lower() in _SETS:
        return f"[^{_SETS[said.lower()]}]"
    if said == "z":
        return r"\Z"
    if len(escape) > 2 or said in _SAME or not (said.isalnum() or said == "_"):  # noqa: PLR2004  \xNN
        return escape
    raise UnfitError(f"regex: nodes read {escape} otherwise")


def _set(written: str) -> str:
    if "[:" in written:
        raise UnfitError("regex: nodes know no [[:classes:]]")
    start = re.match(r"\[\^?\]?", written)
    begin = start[0] if start else "["
    head = begin.removesuffix("]") + (r"\]" if begin.endswith("]") else "")
    return head + "".join(_in_set(each) for each in _IN_SET.findall(written[len(begin) : -1])) + "]"


def _in_set(item: str) -> str:
    if len(item) == 1:
        return f"\\{item}" if item in "[&~|" else item
    if item[1] in _SETS:
        return _SETS[item[1]]
    if item[1] in _SAME - {"A"} or len(item) > 2 or not (item[1].isalnum() or item[1] == "_"):  # noqa: PLR2004  \xNN
        return item
    raise UnfitError(f"regex: nodes read {item} in brackets otherwise")


def _open(written: str, name: str | None, reading: _Reading) -> None:
    if written == "(?i)":  # all that is compared is in lower case, and so compared
        return
    before = reading.groups
    if name is not None or written == "(":
        reading.groups += 1
        if name is not None:
            reading.names[name] = reading.groups
        reading.out.append("(")
    elif written in {"(?:", "(?i:"}:
        reading.out.append("(?:")
    else:
        raise UnfitError(f"regex: nodes read {written} otherwise")
    reading.open.append(_Group(before))


def _repeat(token: re.Match[str], reading: _Reading, closed: _Group | None) -> None:
    written, around = token["repeat"], reading.open[-1]
    least, most = _bounds(token)
    if closed is not None and most != 1 and closed.before < reading.groups:
        reading.repeats_groups = True
    if most is None:
        if closed is not None and (closed.endless or closed.branches or closed.ways > 1):
            raise UnfitError("regex: repeats within repeats can keep a node busy for minutes")
        around.endless += 1
    else:
        around.ways *= most - least + 1
        if closed is not None:
            around.add(closed, max(most - 1, 0))
    if around.endless > _LONGEST or around.tries() > _MOST_TRIES:
        raise UnfitError("regex: so many repeats can keep a node busy for long")
    reading.out.append(written)


def _bounds(token: re.Match[str]) -> tuple[int, int | None]:
    """Give how often something repeats; None is without end."""
    written = token["repeat"][0]
    if written in "*+":
        return 0, None
    if written == "?":
        return 0, 1
    least = int(token["least"])
    if not token["comma"]:
        return least, least
    return least, int(token["most"]) if token["most"] else None


def _other(character: str, reading: _Reading) -> str:
    if character == "|":
        reading.open[-1].branches += 1
    if character == "$":
        return r"\Z"  # Python's $ is also before a line break at the end
    return f"\\{character}" if character in "{}[]" else character
