"""Checks a row of rooms by what is known of rows of the same shape: thirty times as fast.

Whether the model takes a row depends on the very values of some columns, but of others (free ones:
names, PINs, descriptions) only on what is looked at here. Two rows whose other columns are alike,
and whose free columns are of the same sort, are both right or both wrong: what is right is
remembered, and whatever is not known goes the long way. A property test holds the two together.
Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import orjson

from policy.directory.bulk.cells import Form, parse_cell
from policy.directory.bulk.copying import NULL, escaped
from policy.wire.fields import MAX_GATEWAY_NAME, MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from policy.directory.bulk.reading import Source
    from policy.directory.bulk.rows import Raw

    # Gives the sort of a value, and how COPY has it; None for what must go the long way.
    Sort = Callable[[object], tuple[object, str] | None]

MAX_SHAPES: Final = 20_000

_PIN: Final = re.compile(r"[0-9]{4,20}|[0-9]{3,19}#")
_NO_DIGIT: Final = re.compile(r"\D+")
_DIGITS_OF_A_PERSON: Final = 10
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True, slots=True)
class Known:
    """A row that is right: its columns as COPY has them, its aliases, and its PINs in clear."""

    columns: list[str]
    aliases: Sequence[object]
    pin: str | None = field(repr=False)
    guest_pin: str | None = field(repr=False)


def _text(value: object) -> tuple[object, str] | None:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_TEXT or "\0" in value:
        return None
    return len(value) > MAX_GATEWAY_NAME, escaped(value)


def _description(value: object) -> tuple[object, str] | None:
    # Ten digits may be a person's number, which the model looks for.
    if isinstance(value, str) and len(_NO_DIGIT.sub("", value)) >= _DIGITS_OF_A_PERSON:
        return None
    return _text(value)


def _moment(value: object) -> tuple[object, str] | None:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return None
    try:
        return (), datetime.fromisoformat(value).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


_FREE: Final[Mapping[str, Sort]] = {
    "organisation": _text,
    "service_name": _text,
    "description": _description,
    "created_at": _moment,
}
_PINS: Final = ("pin", "guest_pin")
_APART: Final = (*_FREE, *_PINS, "aliases")


class Shapes:
    """What is known of the rows of one file."""

    def __init__(self, source: Source, columns: Sequence[str]) -> None:
        """Take the file and the names of the columns that COPY is given."""
        self._known: dict[tuple[object, ...], list[str]] = {}
        self._columns = {name: index for index, name in enumerate(columns)}
        self._header = {name: index for index, name in enumerate(source.header)}
        fixed = [index for name, index in self._header.items() if name not in _APART]
        self._fixed = itemgetter(*fixed) if fixed else lambda _: ()

    def find(self, raw: Raw) -> Known | None:
        """Give a row whose shape is known to be right."""
        apart = self._take_apart(raw)
        known = self._known.get(apart.shape) if apart is not None else None
        if apart is None or known is None:
            return None
        columns = known.copy()
        for name, text in apart.free:
            columns[self._columns[name]] = text
        return Known(columns, apart.aliases, *apart.pins)

    def learn(self, raw: Raw, columns: list[str]) -> None:
        """Remember the shape of a row that is right."""
        apart = self._take_apart(raw)
        if apart is None or len(self._known) >= MAX_SHAPES:
            return
        known = columns.copy()
        for name in (*_FREE, *_PINS):
            known[self._columns[name]] = NULL
        self._known[apart.shape] = known

    def _take_apart(self, raw: Raw) -> _Apart | None:
        """Part a row into its shape and what is free; None for one that must go the long way."""
        parted = self._of_cells(raw.cells) if raw.cells is not None else _of_object(raw.said)
        if parted is None or not isinstance(parted.aliases, list):
            return None
        shape: list[object] = [parted.rest]
        free: list[tuple[str, str]] = []
        for name, sort in _FREE.items():
            value = parted.said.get(name)
            found = (None, "") if value is None else sort(value)
            if found is None:
                return None
            shape.append(found[0])
            if value is not None:
                free.append((name, found[1]))
        pins = _pins_of(parted.said)
        if pins is None:
            return None
        shape += [pin and (len(pin), pin[-1] == "#") for pin in pins]
        shape.append(pins[0] == pins[1])
        return _Apart(tuple(shape), free, parted.aliases, pins)

    def _of_cells(self, cells: Sequence[str]) -> _Parted:
        at = self._header
        said: dict[str, object] = {
            name: cells[at[name]] for name in _APART if name in at and cells[at[name]]
        }
        aliases = parse_cell(str(said.get("aliases", "")), Form.WORDS)
        return _Parted(self._fixed(cells), said, aliases)


@dataclass(frozen=True, slots=True)
class _Parted:
    """What decides by its value, what is free, and the aliases."""

    rest: object
    said: Mapping[str, object]
    aliases: object


@dataclass(frozen=True, slots=True)
class _Apart:
    """A row as its shape and its free parts, these as COPY has them."""

    shape: tuple[object, ...]
    free: Sequence[tuple[str, str]]
    aliases: Sequence[object]
    pins: tuple[str | None, str | None] = field(repr=False)


def _of_object(values: Mapping[str, object]) -> _Parted | None:
    said = {name: values[name] for name in _APART if values.get(name) is not None}
    try:  # tells true from 1 and from "1", as the model does
        rest = orjson.dumps({name: value for name, value in values.items() if name not in said})
    except TypeError:
        return None
    return _Parted(rest, said, said.get("aliases"))


def _pins_of(said: Mapping[str, object]) -> tuple[str | None, str | None] | None:
    pins: list[str | None] = []
    for name in _PINS:
        pin = said.get(name)
        if pin is not None and not (isinstance(pin, str) and _PIN.fullmatch(pin)):
            return None
        pins.append(pin)
    return pins[0], pins[1]
