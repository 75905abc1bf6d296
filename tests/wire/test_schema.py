"""Schemas for the database: all services, without prose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.wire.schema import SERVICES, service_schemas
from tests.wire.samples import SERVICES as MODELS
from tests.wire.samples import service_type_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def _keys(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield str(key)
            if key not in {"properties", "$defs"}:
                yield from _keys(value)
            elif isinstance(value, dict):
                for each in value.values():
                    yield from _keys(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _keys(each)


def test_every_service_type_has_its_model() -> None:
    """The six service types of Pexip, each under its own name."""
    assert {service_type_of(model): model for model in MODELS} == dict(SERVICES)


def test_only_words_that_the_database_knows_are_used() -> None:
    """A new word in a schema would be ignored by the check in SQL, so it is noticed here."""
    words = {"$defs", "$ref", "additionalProperties", "anyOf", "const", "enum", "items"}
    words |= {"maxLength", "maximum", "minLength", "minimum", "pattern", "properties", "required"}

    assert set(_keys(list(service_schemas().values()))) <= {*words, "type"}
