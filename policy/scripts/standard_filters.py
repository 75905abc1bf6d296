"""The standard filters and tests that Pexip has on, with bounds. Pure.

Jinja's own would do for most, but some pad, repeat or reckon without end.
"""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Final

from jinja2 import Undefined
from jinja2.tests import TESTS

from policy.scripts.budget import SandboxError, checked_size
from policy.scripts.growth import number, printf, replaced_size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policy.scripts.budget import Run, ScriptFunction

MAX_RANGE: Final = 10_000
MAX_DIGITS: Final = 300


def absolute(_run: Run, value: float) -> float:
    """Drop the sign."""
    return abs(value)


def capitalize(_run: Run, value: object) -> str:
    """Make the first letter large and all others small."""
    return str(value).capitalize()


def default(
    _run: Run,
    value: object,
    default_value: object = "",
    boolean: bool = False,  # noqa: FBT001, FBT002  # written `|default("x", true)`
) -> object:
    """Stand in for what is not there, and with `boolean` for anything empty."""
    if isinstance(value, Undefined) or (boolean and not value):
        return default_value
    return value


def first(_run: Run, value: str | list[object]) -> object:
    """Give the first element."""
    return next(iter(value), Undefined(name="first"))


def last(_run: Run, value: str | list[object]) -> object:
    """Give the last element."""
    return next(iter(reversed(value)), Undefined(name="last"))


def to_float(_run: Run, value: object, default: float = 0.0) -> object:
    """Read a number with decimals."""
    try:
        return float(value)  # type: ignore[arg-type]  # what is none raises
    except (TypeError, ValueError):
        return default


def to_int(_run: Run, value: object, default: int = 0, base: int = 10) -> object:
    """Read a whole number; of one with decimals, what stands before them."""
    try:
        if isinstance(value, str):
            return number(int(value, base))
        return number(int(value))  # type: ignore[call-overload]  # what is none raises
    except (TypeError, ValueError):
        pass
    try:
        return number(int(float(value)))  # type: ignore[arg-type]  # as above
    except (TypeError, ValueError, OverflowError):
        return default


def printed(run: Run, value: object, *args: object, **kwargs: object) -> str:
    """Fill in a text such as `%s-%02d`."""
    if args and kwargs:
        raise SandboxError("format takes values or named values, not both")
    return printf(run, str(value), kwargs or args)


def join(_run: Run, value: list[object], d: object = "") -> str:
    """Put elements together; what is no text is written as one."""
    texts = [str(each) for each in value]
    checked_size(sum(map(len, texts)) + len(texts) * len(str(d)))
    return str(d).join(texts)


def length(_run: Run, value: str | list[object]) -> int:
    """Count characters or elements."""
    return len(value)


def lower(_run: Run, value: object) -> str:
    """Make all letters small."""
    return str(value).lower()


def replace(run: Run, s: object, old: object, new: object, count: int | None = None) -> str:
    """Put one text in place of another."""
    text, old, new = str(s), str(old), str(new)
    run.spend(1 + (len(text) * max(1, len(old)) >> 5))
    checked_size(replaced_size(text, old, new))
    return text.replace(old, new, -1 if count is None else count)


def rounded(_run: Run, value: float, precision: int = 0, method: str = "common") -> float:
    """Round to so many decimals, up, down or to the nearest."""
    if abs(precision) > MAX_DIGITS:
        raise SandboxError(f"round takes {MAX_DIGITS} decimals at most")
    match method:
        case "common":
            return round(value, precision)
        case "ceil":
            return math.ceil(value * 10.0**precision) / 10.0**precision
        case "floor":
            return math.floor(value * 10.0**precision) / 10.0**precision
        case _:
            raise SandboxError("the method of round is common, ceil or floor")


def striptags(_run: Run, value: object) -> str:
    """Drop comments and tags, put spaces together, and read `&amp;` and the like."""
    text = _without(_without(str(value), "<!--", "-->"), "<", ">")
    return html.unescape(" ".join(text.split()))


def _without(text: str, opening: str, closing: str) -> str:
    pieces = []
    at = 0
    while (start := text.find(opening, at)) != -1:
        end = text.find(closing, start)
        if end == -1:
            break
        pieces.append(text[at:start])
        at = end + len(closing)
    return "".join((*pieces, text[at:]))


def trim(run: Run, value: object, chars: str | None = None) -> str:
    """Drop spaces, or these characters, from both ends."""
    text = str(value)
    run.spend(1 + (len(text) * len(chars or "") >> 5))  # each letter is looked for among them
    return text.strip(chars)


def truncate(
    _run: Run,
    s: str,
    length: int = 255,
    killwords: bool = False,  # noqa: FBT001, FBT002  # written `|truncate(9, true)`
    end: str = "...",
    leeway: int = 5,
) -> str:
    """Cut a text, between words unless they may be killed; a little too long is long enough."""
    if length < len(end) or leeway < 0:
        raise SandboxError("truncate needs a length of at least that of its end")
    if len(s) <= length + leeway:
        return s
    kept = s[: length - len(end)]
    return (kept if killwords else kept.rsplit(" ", 1)[0]) + end


def upper(_run: Run, value: object) -> str:
    """Make all letters large."""
    return str(value).upper()


def bounded_range(_run: Run, *args: int) -> range:
    """Count, within bounds."""
    numbers = range(*args)
    if len(numbers) > MAX_RANGE:
        raise SandboxError(f"a range has {MAX_RANGE} numbers at most")
    return numbers


FILTERS: Final[Mapping[str, ScriptFunction]] = {
    "abs": absolute,
    "capitalize": capitalize,
    "default": default,
    "first": first,
    "float": to_float,
    "format": printed,
    "int": to_int,
    "join": join,
    "last": last,
    "length": length,
    "lower": lower,
    "range": bounded_range,
    "replace": replace,
    "round": rounded,
    "striptags": striptags,
    "trim": trim,
    "truncate": truncate,
    "upper": upper,
}
FUNCTIONS: Final[Mapping[str, ScriptFunction]] = {"range": bounded_range}
# These look at a part of what they get; measuring all of it would cost more than they do.
UNMEASURED: Final = frozenset({default, first, last, length})

_TEST_NAMES: Final = (
    "boolean defined divisibleby eq equalto even false float ge greaterthan gt in integer iterable "
    "le lessthan lower lt mapping ne none number odd sameas sequence string true undefined upper "
    "== != > >= < <="
)
TEST_FUNCTIONS: Final[Mapping[str, Callable[..., object]]] = {
    name: TESTS[name]  # type: ignore[misc]  # Jinja has them as functions of any kind
    for name in _TEST_NAMES.split()
}
