"""Operators and methods that can make much out of little: measured first, done then. Pure."""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Collection
from string import Formatter
from typing import TYPE_CHECKING, Final

from jinja2 import Undefined

from policy.scripts.budget import SandboxError, checked_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from policy.scripts.budget import Run

# 308 decimal digits, as many as a float has.
MAX_BITS: Final = 1_024
# Nobody pads to more than a line, and `%900000000d` needs no more than a line to write.
MAX_WIDTH: Final = 999
# A float of 308 digits with its decimals.
_MAX_NUMBER: Final = 400
_UNITS_PER_FIELD: Final = 200

_PLAIN: Final[Mapping[str, Callable[[object, object], object]]] = {
    "+": operators.add,
    "-": operators.sub,
    "*": operators.mul,
    "/": operators.truediv,
    "//": operators.floordiv,
    "**": operators.pow,
    "%": operators.mod,
}
_NUMBERS: Final = (int, float)
_PADDING: Final = frozenset({"center", "ljust", "rjust", "zfill"})
# These compare what they are given with every element.
_COMPARING: Final = frozenset({"count", "index", "remove"})
_KEYED: Final = frozenset({"get", "pop", "setdefault"})
_SCALARS: Final = (str, int, float, bool, type(None))
# Of any script: Python reads them all.
_DIGITS: Final = re.compile(r"\d+")
_SPEC: Final = re.compile(r"[^A-Za-z%]*")


def binary(run: Run, operator: str, left: object, right: object) -> object:
    """Do `left operator right`, unless the result would be too large."""
    if not (isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS)):
        if operator == "%" and isinstance(left, str):
            return printf(run, left, right)
        if operator == "+":
            _added_size(left, right)
        elif operator == "*":
            _repeated_size(left, right)
    elif operator == "**":
        _check_power(left, right)
    done = _PLAIN[operator](left, right)
    return made(run, done) if isinstance(done, str | list | tuple) else number(done)


def made(run: Run, value: object) -> object:
    """Give what has been made back, and spend the memory that it takes."""
    if isinstance(value, str):
        run.spend(checked_size(len(value)) >> 2)
    elif isinstance(value, list | tuple | dict):
        run.spend(checked_size(len(value)))
    return value


def number(value: object) -> object:
    """Give a number back, unless it is too large or none."""
    if isinstance(value, float) or (isinstance(value, int) and value.bit_length() <= MAX_BITS):
        return value
    if isinstance(value, int):
        raise SandboxError("a number grows too large")
    raise SandboxError("only numbers, texts and lists can be reckoned with")


def _check_power(left: float, right: float) -> None:
    if not isinstance(left, int) or not isinstance(right, int):
        return
    if abs(left) > 1 and left.bit_length() * right > MAX_BITS:
        raise SandboxError("a number grows too large")


def _added_size(left: object, right: object) -> None:
    if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
        checked_size(len(left) + len(right))


def _repeated_size(left: object, right: object) -> None:
    for each, times in ((left, right), (right, left)):
        if isinstance(each, str | list | tuple) and isinstance(times, int):
            checked_size(len(each) * max(0, times))


def key(value: object) -> object:
    """Give a key of a dictionary back; hashing nested tuples could take forever."""
    parts = value if isinstance(value, tuple) else (value,)
    if all(isinstance(part, (*_SCALARS, Undefined)) for part in parts):
        return value
    raise SandboxError("a key must be a text or a number")


def holds(run: Run, container: object, wanted: object) -> bool:
    """Do `wanted in container`."""
    if isinstance(container, str):
        run.spend(1 + (len(container) * run.measure(wanted) >> 5))
    elif isinstance(container, dict):
        key(wanted)
    else:
        run.measure(container)
        run.measure(wanted)
    return wanted in container  # type: ignore[operator]  # what holds nothing raises TypeError


def printf(run: Run, template: str, values: object) -> str:
    """Do `template % values`, with neither large widths nor a result that is too large."""
    run.spend(1 + len(template))
    longest = max([_MAX_NUMBER, *(run.measure(each) for each in _printed(values))])
    specs = list(_specs(template))
    widths = [int(digits[:9]) for spec in specs for digits in _DIGITS.findall(spec)]
    if any("*" in spec for spec in specs) or max(widths, default=0) > MAX_WIDTH:
        raise SandboxError(f"a width of a format may be {MAX_WIDTH} at most")
    checked_size(len(template) + len(specs) * longest + sum(widths))
    return str(made(run, template % values))


def _specs(template: str) -> Iterator[str]:
    """Give flags, width and precision of each conversion; a key may hold parentheses in pairs."""
    at = 0
    while (at := template.find("%", at) + 1) > 0:
        depth = 0
        while at < len(template) and (depth or template[at] == "("):
            depth += {"(": 1, ")": -1}.get(template[at], 0)
            at += 1
        spec = _SPEC.match(template, at)
        if spec is not None:
            yield spec[0]
            at = spec.end() + 1


def _printed(values: object) -> Sequence[object]:
    if isinstance(values, dict):
        return list(values.values())
    return values if isinstance(values, tuple) else (values,)


def call_method(
    run: Run, receiver: object, name: str, args: Sequence[object], kwargs: Mapping[str, object]
) -> object:
    """Call a method of a text, list, dictionary or time, unless something would grow too large."""
    longest = max([1, *(run.measure(arg) for arg in (*args, *kwargs.values()))])
    if isinstance(receiver, str):
        # Searching takes, at worst, as many steps as both lengths multiplied.
        run.spend(1 + (len(receiver) * longest >> 5))
        _check_text_method(receiver, name, args)
    elif isinstance(receiver, list | tuple | dict):
        run.spend(1 + (len(receiver) >> 2))
        if name in _COMPARING:
            run.measure(receiver)
        elif name in _KEYED and isinstance(receiver, dict):
            key(args[0] if args else None)
        elif name in {"extend", "update"} and args:
            _check_taken(args[0])
    done: object = getattr(receiver, name)(*args, **kwargs)
    if isinstance(receiver, list | dict):
        checked_size(len(receiver))
    return made(run, done)


def _check_text_method(text: str, name: str, args: Sequence[object]) -> None:
    if name in _PADDING and args and isinstance(args[0], int):
        checked_size(args[0])
    elif name == "replace" and len(args) > 1:
        old, new = args[:2]
        if isinstance(old, str) and isinstance(new, str):
            checked_size(replaced_size(text, old, new))
    elif name == "join" and args:
        checked_size(joined_size(text, args[0]))


def _check_taken(values: object) -> None:
    """Let lists take from lists, and dictionaries from dictionaries: of anything else who knows."""
    if not isinstance(values, list | tuple | dict | str | range | Undefined):
        raise SandboxError("only lists and dictionaries can be added to others")


def replaced_size(text: str, old: str, new: str) -> int:
    """Give the length that `text.replace(old, new)` has."""
    return len(text) + text.count(old) * (len(new) - len(old))


def joined_size(separator: str, values: object) -> int:
    """Give the length that `separator.join(values)` has."""
    if not isinstance(values, Collection):
        return 0  # joining it will fail
    return sum(len(each) for each in values if isinstance(each, str)) + len(values) * len(separator)


class BoundedFormatter(Formatter):
    """`str.format` with attributes found as scripts find them, and with bounds.

    Inherits because the standard library takes its four steps one by one from methods.
    """

    def __init__(
        self,
        run: Run,
        getattribute: Callable[[object, str], object],
        getitem: Callable[[object, str | int], object],
    ) -> None:
        self._run = run
        self._getattr = getattribute
        self._getitem = getitem
        self._written = 0

    def get_field(
        self, field_name: str, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> tuple[object, int | str]:
        """Follow `0.name[key]`."""
        self._run.spend(_UNITS_PER_FIELD)
        first, *rest = re.split(r"(?=[.\[])", field_name)
        wanted: int | str = int(first) if first.isdigit() else first
        found: object = self.get_value(wanted, args, kwargs)
        for step in rest:
            inner = step[1:].removesuffix("]")
            if step.startswith("."):
                found = self._getattr(found, inner)
            else:
                found = self._getitem(found, int(inner) if inner.isdigit() else inner)
        return found, wanted

    def convert_field(self, value: object, conversion: str | None) -> object:
        """Write a value, as `!r` and `!s` want."""
        self._run.measure(value)
        return super().convert_field(value, conversion)

    def format_field(self, value: object, format_spec: str) -> str:
        """Write a value in a width and a number of digits."""
        if any(int(digits[:9]) > MAX_WIDTH for digits in _DIGITS.findall(format_spec)):
            raise SandboxError(f"a width of a format may be {MAX_WIDTH} at most")
        if format_spec and not isinstance(value, _SCALARS):
            raise SandboxError("only texts and numbers can be formatted")
        written = format(value, format_spec)
        self._written = checked_size(self._written + len(written))
        return written


def formatted(
    formatter: BoundedFormatter, text: str, args: Sequence[object], kwargs: Mapping[str, object]
) -> str:
    """Do `text.format(*args, **kwargs)`."""
    done = formatter.vformat(text, args, kwargs)
    checked_size(len(done))
    return done
