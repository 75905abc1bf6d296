"""`vdx-policy schema`: JSON Schemas with which editors complete and check files while they grow.

An editor knows less than `check`: what a schema refuses is wrong, what it takes may be wrong yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import click
import orjson

from policy.casebook.text import CaseFile
from policy.directory.document import DirectoryFile
from policy.rules import conditions, outcomes
from policy.rules.syntax import RuleFile
from policy.settings import Settings
from policy.wire.schema import SERVICES
from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.documents import Document

    Schema = dict[str, object]

FILES: Final[Mapping[str, type[Document]]] = {
    "rules": RuleFile,
    "tests": CaseFile,
    "directory": DirectoryFile,
    "settings": Settings,
}
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
# Defaults of these say nothing to a reader, and those of conditions are not what they look like.
_NOISE: Final = frozenset({"title", "default", "discriminator", "writeOnly"})
_ABOUT: Final[Mapping[str, Mapping[str, str]]] = {"When": conditions.ABOUT, "Then": outcomes.ABOUT}
_TEMPLATED: Final = frozenset(
    {"OverrideForm", "ParticipantOverrides", *(model.__name__ for model in SERVICES.values())}
)
_PLACEHOLDER: Final = {"type": "string", "pattern": r"\$\{[^{}]*\}"}
# What a model's own check wants.
_ONE: Final[Mapping[str, object]] = {"minProperties": 1, "maxProperties": 1}
_BOUNDS: Final[Mapping[str, Mapping[str, object]]] = {
    "Then": {
        "minProperties": 1,
        "anyOf": [*({"required": [key]} for key in sorted(outcomes.CHANGES)), {"maxProperties": 1}],
    },
    "TextForm": _ONE,
    "AddressForm": _ONE,
    "AliasCondition": {"minProperties": 1},
    "NumberForm": {"minProperties": 1},
    "VersionForm": {"minProperties": 1},
    "OverrideForm": {"minProperties": 1},
}
# Where a word stands for a mapping that holds nothing else.
_WORDS: Final[Mapping[str, list[str]]] = {"AnswerText": [*Action, "failed"]}


@click.command()
@click.argument("file", type=click.Choice(list(FILES)), default="rules")
def schema(file: str) -> None:
    """Print the JSON Schema of FILE: rules (usual), tests, directory or settings."""
    click.echo(schema_text(file), nl=False)


def schema_text(file: str) -> str:
    """Give the text of a schema, as it stands in schemas/."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS
    return orjson.dumps(schema_of(file), option=options).decode()


def schema_of(file: str) -> Schema:
    """Give the schema of a kind of file."""
    made = cast("Schema", FILES[file].model_json_schema())
    definitions = cast("dict[str, Schema]", made.pop("$defs"))
    head = {"$schema": _DIALECT, "title": f"vdx-policy {file}"}
    told = {name: _definition(name, each, file) for name, each in sorted(definitions.items())}
    return {**head, **_clean(made), "$defs": told}


def _definition(name: str, definition: Schema, file: str) -> Schema:
    is_templated = file == "rules" and name in _TEMPLATED
    cleaned = _clean(definition, is_templated=is_templated)
    if file == "rules":
        cleaned = _without_null(cleaned)
    described = _ABOUT.get(name, {})
    for full in (cleaned, *cast("list[Schema]", cleaned.get("anyOf", ()))):
        properties = cast("dict[str, Schema]", full.get("properties", {}))
        for key, text in described.items():
            if key in properties:
                properties[key] = {**properties[key], "description": text}
        if properties:
            full.update(_BOUNDS.get(name, {}))
    if name in _WORDS:
        return {"anyOf": [{"enum": _WORDS[name]}, cleaned]}
    return cleaned


def _clean(schema: Mapping[str, object], *, is_templated: bool = False) -> Schema:
    """Take out what nobody reads, and let numbers stand where text is wanted, as our files do."""
    cleaned = {
        key: _clean_part(key, value, is_templated=is_templated)
        for key, value in schema.items()
        if key not in _NOISE
    }
    if cleaned.get("type") == "array" and "minLength" in cleaned:
        cleaned["minItems"] = cleaned.pop("minLength")  # pydantic's word for sets
    if cleaned.get("type") != "string":
        return cleaned
    is_closed = "enum" in cleaned or "const" in cleaned
    if not is_closed and "format" not in cleaned:
        cleaned["type"] = ["string", "number"]
    if is_templated and (is_closed or "pattern" in cleaned):
        return {"anyOf": [cleaned, _PLACEHOLDER]}
    return cleaned


def _clean_part(key: str, value: object, *, is_templated: bool) -> object:
    if key == "properties" and isinstance(value, dict):
        return {name: _clean(each, is_templated=is_templated) for name, each in value.items()}
    if isinstance(value, dict):
        return _clean(value, is_templated=is_templated)
    if isinstance(value, list) and key in {"anyOf", "oneOf", "prefixItems"}:
        return [_clean(each, is_templated=is_templated) for each in value]
    return value


def _without_null(schema: Schema) -> Schema:
    """In a rule file nothing may be left blank: what is not wanted is left out."""
    dropped: Schema = {}
    for key, value in schema.items():
        if isinstance(value, dict):
            dropped[key] = _without_null(value)
        elif isinstance(value, list) and key == "anyOf":
            dropped[key] = [_without_null(each) for each in value if each != {"type": "null"}]
        else:
            dropped[key] = value
    return dropped
