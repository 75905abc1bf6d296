"""Says in a person's words what pydantic found wrong, and what would be right. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic_core import ErrorDetails

Loc = tuple[int | str, ...]

MAX_SHOWN_CHARACTERS: Final = 60
# What an operator typed is shown back to him, but never a secret.
_SECRET_KEYS: Final = frozenset(
    {
        "pin",
        "guest_pin",
        "credentials",
        "password",
        "password_hash",
        "upstreams",
        "url",
        "remote_display_name",
    }
)


@dataclass(frozen=True, slots=True)
class Worded:
    """What is wrong, and with which part; `is_key` when the key itself is wrong."""

    loc: Loc
    text: str
    is_key: bool = False


def worded(error: ErrorDetails, schema: Mapping[str, object]) -> Worded:
    """Put one of pydantic's errors into words; `schema` is the model's, for what would be right."""
    loc = error["loc"]
    if loc[-1:] == ("[key]",):  # the key of a free mapping, such as a subnet
        return Worded(loc[:-1], f"{_named(loc[:-2])}{_value_error(error)}", is_key=True)
    key = str(loc[-1]) if loc else ""
    match error["type"]:
        case "extra_forbidden":
            hint = did_you_mean(key, _keys_at(schema, loc[:-1]))
            return Worded(loc, f"unknown key {key!r}{hint}", is_key=True)
        case "missing":
            return Worded(loc[:-1], f"key {key!r} is missing")
        case "value_error" | "assertion_error":
            is_whole = isinstance(error["input"], dict)  # a model speaks for itself
            said = _value_error(error)
            return Worded(loc, said if is_whole else f"{_named(loc)}{said}")
        case "union_tag_not_found":
            return Worded(loc, f"key {_tag_key(error)} is missing")
        case "union_tag_invalid":
            ctx = error.get("ctx", {})
            hint = did_you_mean(str(ctx["tag"]), _choices(ctx["expected_tags"]))
            named = _tag_key(error).strip("'")
            return Worded((*loc, named), f"{named}: {str(ctx['tag'])!r} is not allowed{hint}")
        case _:
            return Worded(loc, f"{_named(loc)}{_said(error)}")


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Give `, did you mean 'x'?` for a near miss, else the list of what would be right."""
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f", did you mean {near[0]!r}?"
    return f"; known here: {', '.join(known)}" if known else ""


def _value_error(error: ErrorDetails) -> str:
    return str(error.get("ctx", {}).get("error", error["msg"]))


def _said(error: ErrorDetails) -> str:
    """Say what is wrong with one value, and what would be right."""
    match error["type"]:
        case "literal_error" | "enum":
            choices = _choices(error.get("ctx", {}).get("expected", ""))
            hint = did_you_mean(str(error["input"]), choices)
            return f"{_shown(error)} is not allowed{hint}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"needs a mapping, got {_shown(error)}"
        case "tuple_type" | "list_type":
            return f"needs a list, got {_shown(error)}"
        case "too_short":
            return "needs at least one entry"
        case _:
            return f"{error['msg'][:1].lower()}{error['msg'][1:]}, got {_shown(error)}"


def _choices(expected: object) -> list[str]:
    """Read pydantic's own enumeration: `'a', 'b' or 'c'`, or `True`."""
    return re.findall(r"'([^']*)'", str(expected)) or [str(expected).lower()]


def _tag_key(error: ErrorDetails) -> str:
    """Give the key that tells the models of a union apart, in quotes as pydantic has it."""
    return str(error.get("ctx", {}).get("discriminator", ""))


def _named(loc: Loc) -> str:
    names = [str(part) for part in loc if isinstance(part, str)]
    return f"{names[-1]}: " if names else ""


def _shown(error: ErrorDetails) -> str:
    """Give what stands in the file, unless it is or may hold a secret."""
    value = error["input"]
    if not _SECRET_KEYS.isdisjoint(error["loc"]):
        return "a secret value"
    if isinstance(value, dict | list):
        return f"a {_kind(value)}"
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str) else str(value).lower()
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}…"


def _kind(value: object) -> str:
    return "mapping" if isinstance(value, dict) else "list"


def _keys_at(schema: Mapping[str, object], loc: Loc) -> list[str]:
    """List the keys that the model knows at a place, from its JSON Schema."""
    nodes = list(_expand(schema, schema))
    for part in loc:
        below = [child for node in nodes for child in _children(node, part)]
        if below:
            nodes = [leaf for child in below for leaf in _expand(child, schema)]
        else:  # a part that leads nowhere is the tag of one model of a union
            nodes = [node for node in nodes if _is_tagged(node, part)] or nodes
    keys: set[str] = set()
    for node in nodes:
        properties = node.get("properties")
        if isinstance(properties, dict):
            keys.update(properties)
    return sorted(keys)


def _is_tagged(node: Mapping[str, object], tag: int | str) -> bool:
    properties = node.get("properties")
    keys = properties.values() if isinstance(properties, dict) else ()
    return any(isinstance(key, dict) and key.get("const") == tag for key in keys)


def _children(node: Mapping[str, object], part: int | str) -> Iterator[Mapping[str, object]]:
    properties = node.get("properties")
    if isinstance(properties, dict) and part in properties:
        yield properties[part]
    for name in ("items", "additionalProperties"):
        child = node.get(name)
        if isinstance(child, dict) and isinstance(part, int) == (name == "items"):
            yield child


def _expand(
    node: Mapping[str, object], root: Mapping[str, object]
) -> Iterator[Mapping[str, object]]:
    """Follow `$ref` and alternatives down to the schemas that hold keys."""
    reference = node.get("$ref")
    if isinstance(reference, str):
        definitions = root["$defs"]
        if isinstance(definitions, dict):
            yield from _expand(definitions[reference.rpartition("/")[2]], root)
        return
    alternatives = node.get("anyOf") or node.get("oneOf") or node.get("allOf")
    if isinstance(alternatives, list):
        for alternative in alternatives:
            yield from _expand(alternative, root)
        return
    yield node
