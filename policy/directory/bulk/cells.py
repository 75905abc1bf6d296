r"""A value as the cell of a CSV file has it, there and back. Pure.

An empty cell says nothing. Lists are parted by spaces or `|`; tags, which may hold spaces, by `|`
alone, where `\\|` is a stroke of the tag itself. What is a mapping stands there as JSON.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum, StrEnum, auto
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from policy.documents import plain_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

_WORDS: Final = re.compile(r"[^\s|]+")
_TAG: Final = re.compile(r"(?:[^|\\]|\\.)+", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_BY_STROKES: Final = frozenset({"tags"})


class Form(StrEnum):
    """How a field is written in a cell."""

    TEXT = auto()
    PLAIN = auto()  # a flag or a number
    WORDS = auto()
    TAGS = auto()
    MAPPING = auto()


@lru_cache
def forms_of(model: type[BaseModel]) -> Mapping[str, Form]:
    """Say for every field of a model how it is written."""
    schema = model.model_json_schema()
    return {name: _form(name, schema) for name in model.model_fields}


def _form(name: str, schema: Mapping[str, Any]) -> Form:
    said = schema["properties"][name]
    kinds = set()
    for each in (said, *said.get("anyOf", ())):
        reference = each.get("$ref", "").rpartition("/")[2]
        kinds.add(schema["$defs"][reference]["type"] if reference else each.get("type"))
    if "array" in kinds:
        return Form.TAGS if name in _BY_STROKES else Form.WORDS
    if "object" in kinds:
        return Form.MAPPING
    return Form.PLAIN if kinds & {"boolean", "integer"} else Form.TEXT


def parse_cell(cell: str, form: Form) -> object:
    """Give what a cell that is not empty stands for; raises ValueError."""
    match form:
        case Form.TEXT:
            return cell
        case Form.PLAIN:
            return plain_value(cell.strip())
        case Form.WORDS:
            return _WORDS.findall(cell)
        case Form.TAGS:
            tags = (_ESCAPED.sub(r"\1", tag.strip()) for tag in _TAG.findall(cell))
            return [tag for tag in tags if tag]
        case Form.MAPPING:
            return orjson.loads(cell)


def render_cell(value: object) -> str:
    """Write a value so that it is read as the same."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Enum():
            return str(value.value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case dict():
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode() if value else ""
        case _:
            return str(value)


def render_list(values: list[str] | tuple[str, ...], form: Form) -> str:
    """Write a list in one cell."""
    if form is Form.TAGS:
        values = [re.sub(r"([\\|])", r"\\\1", each) for each in values]
        return "|".join(values)
    return " ".join(values)
