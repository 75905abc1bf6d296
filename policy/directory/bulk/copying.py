"""Values as PostgreSQL's COPY reads them, and ids in an order that its indexes like. Pure."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from enum import Enum
from typing import Final
from uuid import UUID

import orjson

NULL: Final = "\\N"
_ESCAPED: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPES: Final = str.maketrans(_ESCAPED)


def new_id() -> UUID:
    """Give a new id that sorts behind those before it.

    A million random ones would go all over the indexes, and take a third longer to write.
    """
    head = time.time_ns() // 1_000_000 << 80 | 0x7 << 76 | 0x2 << 62
    drawn = int.from_bytes(os.urandom(10), "big")
    return UUID(int=head | (drawn >> 66) << 64 | drawn & (1 << 62) - 1)


def copy_text(value: object) -> str:
    """Write a value; raises OverflowError for a time that no calendar has in UTC."""
    match value:
        case None:
            return NULL
        case bool():
            return "t" if value else "f"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case _:
            return escaped(_plain(value))


def _plain(value: object) -> str:
    match value:
        case Enum():
            return str(value.value)
        case tuple() | list():
            return "{" + ",".join(_quoted(str(each)) for each in value) + "}"
        case dict():
            return orjson.dumps(value).decode()
        case _:
            return str(value)


def escaped(text: str) -> str:
    """Write text, of which most has nothing in it that COPY would take for its own."""
    if "\\" in text or "\n" in text or "\t" in text or "\r" in text:
        return text.translate(_ESCAPES)
    return text


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
