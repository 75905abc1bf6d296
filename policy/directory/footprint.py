"""How much memory an entry takes that is kept as records, with all that keeping it costs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from sys import getsizeof
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from policy.directory.records import AddressKey, Entry

# Measured with CPython 3.11, 14,000 entries and a full turn of refreshes: what the shelf and the
# kept object take for one entry, beyond the entry itself.
KEEPING_BYTES: Final = 310
# Of a row that many entries were made of, such as an organisation, each of them knows the id.
PART_BYTES: Final = 100

_MARK_BYTES: Final = 112  # an identifier or a moment, with what it is made of


def footprint_of(key: AddressKey, entry: Entry) -> int:
    """Give the bytes of an entry; field names and small words are shared and cost nothing."""
    size = KEEPING_BYTES + getsizeof(key.local) + getsizeof(key.domain)
    size += len(entry.parts) * PART_BYTES
    target = entry.target
    if target is None:
        return size
    held = [getattr(target, name) for name in target.__slots__]
    return size + getsizeof(target) + _size_of_all(held)


def _size_of_all(values: Iterable[object]) -> int:
    """Give the bytes of values; texts first, since most are and every miss is measured."""
    return sum(getsizeof(each) if type(each) is str else _size_of(each) for each in values)


def _size_of(value: object) -> int:
    """Give the bytes of a value and of what it holds."""
    match value:
        case bool() | Enum() | None | ():
            return 0
        case datetime() | UUID():
            return _MARK_BYTES
        case Mapping():
            return getsizeof(value) + _size_of_all(value.values())
        case list() | tuple():
            return getsizeof(value) + _size_of_all(value)
        case _:
            return getsizeof(value)
