"""Checks a row of rooms by what is known of rows of the same shape: thirty times as fast.

Whether the model takes a row depends on the very values of some columns, but of others (free ones:
names, PINs, descriptions) only on what is looked at here. Two rows whose other columns are alike,
and whose free columns are of the same sort, are both right or both wrong: what is right is
remembered, and whatever is not known goes the long way. A property test holds the two together.
Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import orjson

from policy.directory.bulk.cells import Form, parse_cell
from policy.directory.bulk.copying import NULL, escaped
from policy.directory.bulk.kinds import BulkRoom
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
    pin: str | None
    guest_pin: str | None


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
        sorted_out = self._sort_out(raw)
        if sorted_out is None:
            return None
        key, free, aliases, pins = sorted_out
        known = self._known.get(key)
        if known is None:
            return None
        columns = known.copy()
        for name, text in free:
            columns[self._columns[name]] = text
        return Known(columns, aliases, *pins)

    def learn(self, raw: Raw, columns: list[str]) -> None:
        """Remember the shape of a row that is right."""
        sorted_out = self._sort_out(raw)
        if sorted_out is None or len(self._known) >= MAX_SHAPES:
            return
        known = columns.copy()
        for name in (*_FREE, *_PINS):
            known[self._columns[name]] = NULL
        self._known[sorted_out[0]] = known

    def _sort_out(
        self, raw: Raw
    ) -> (
        tuple[tuple[object, ...], list[tuple[str, str]], Sequence[object], Sequence[str | None]]
        | None
    ):
        if isinstance(raw.values, list):
            cells = raw.values
            at = self._header
            said = {name: cells[at[name]] for name in _APART if name in at and cells[at[name]]}
            rest: object = self._fixed(cells)
            aliases = parse_cell(str(said.get("aliases", "")), Form.WORDS)
        else:
            values: Mapping[str, object] = raw.values  # type: ignore[assignment]  not cells
            said = {name: values[name] for name in _APART if values.get(name) is not None}
            try:  # tells true from 1 and from "1", as the model does
                rest = orjson.dumps({k: v for k, v in values.items() if k not in said})
            except TypeError:
                return None
            aliases = said.get("aliases", ())
        if not isinstance(aliases, list):
            return None
        free = []
        sorts: list[object] = [rest]
        for name, sort in _FREE.items():
            if (value := said.get(name)) is None:
                sorts.append(None)
                continue
            found = sort(value)
            if found is None:
                return None
            sorts.append(found[0])
            free.append((name, found[1]))
        pins = [said.get(name) for name in _PINS]
        if not all(pin is None or isinstance(pin, str) and _PIN.fullmatch(pin) for pin in pins):
            return None
        sorts += [(pin and (len(pin), pin[-1] == "#")) for pin in pins]
        sorts.append(pins[0] == pins[1])
        return tuple(sorts), free, aliases, pins
