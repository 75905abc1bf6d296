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
class _Reading:
    out: list[str] = field(default_factory=list)
    groups: int = 0
    names: dict[str, int] = field(default_factory=dict)
    # Whether anything in a group that is open repeats or has alternatives; the last is closed.
    busy: list[bool] = field(default_factory=lambda: [False])
    closed: bool | None = None
    # How many groups stood before each that is open; the last is closed.
    before: list[int] = field(default_factory=list)
    closed_before: int = 0
    repeats_groups: bool = False
    endless: int = 0
    ways: int = 1


def python_pattern(pattern: str) -> Portable:
    """Translate a pattern that RE2 has compiled; raises UnfitError."""
    reading = _Reading()
    for token in _TOKEN.finditer(pattern):
        closed, reading.closed = reading.closed, None
        if token["escape"]:
            reading.out.append(_escape(token["escape"]))
        elif token["set"]:
            reading.out.append(_set(token["set"]))
        elif token["open"]:
            _open(token["open"], token["name"], reading)
        elif token["close"]:
            reading.closed = reading.busy.pop()
            reading.busy[-1] |= reading.closed
            reading.closed_before = reading.before.pop()
            reading.out.append(")")
        elif token["repeat"]:
            _repeat(token, reading, closed)
        else:
            reading.out.append(_other(token["other"], reading))
    _bound(reading)
    text = "".join(reading.out)
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(text)
    except re.error as exc:
        raise UnfitError(f"regex: nodes cannot read it: {exc.msg}") from exc
    return Portable(text, reading.groups, reading.names, reading.repeats_groups)


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
    reading.before.append(reading.groups)
    if name is not None or written == "(":
        reading.groups += 1
        if name is not None:
            reading.names[name] = reading.groups
        reading.out.append("(")
    elif written in {"(?:", "(?i:"}:
        reading.out.append("(?:")
    else:
        raise UnfitError(f"regex: nodes read {written} otherwise")
    reading.busy.append(False)


def _repeat(token: re.Match[str], reading: _Reading, closed: bool | None) -> None:  # noqa: FBT001  of a group, or of none
    written = token["repeat"]
    is_optional = written[0] == "?"
    if closed is not None and not is_optional and reading.closed_before < reading.groups:
        reading.repeats_groups = True
    if closed and not is_optional:
        raise UnfitError("regex: repeats within repeats can keep a node busy for minutes")
    least, most = token["least"], token["most"]
    if written[0] in "*+" or (token["comma"] and not most):
        reading.endless += 1
    elif is_optional:
        reading.ways *= 2
    elif token["comma"]:
        reading.ways *= int(most) - int(least) + 1
    reading.busy[-1] = True
    reading.out.append(written)


def _other(character: str, reading: _Reading) -> str:
    if character == "|":
        reading.busy[-1] = True
        reading.ways += 1
    if character == "$":
        return r"\Z"  # Python's $ is also before a line break at the end
    return f"\\{character}" if character in "{}[]" else character


def _bound(reading: _Reading) -> None:
    tries = _LONGEST**reading.endless // math.factorial(reading.endless) * reading.ways
    if tries > _MOST_TRIES:
        raise UnfitError("regex: so many repeats can keep a node busy for long")
