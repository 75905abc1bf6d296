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
# A conference has some fifty keys; a platform may have hundreds of themes.
MAX_LISTED: Final = 60
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


def worded(error: ErrorDetails, schema: Mapping[str, object], document: object = None) -> Worded:
    """Put one of pydantic's errors into words; `schema` is the model's, for what would be right.

    Short forms are read as if they were written at length: parts that do not stand in `document`
    are not spoken of.
    """
    loc = error["loc"]
    if loc[-1:] == ("[key]",):  # the key of a free mapping, such as a subnet
        said = _value_error(error) if error["type"] == "value_error" else _said(error)
        return Worded(loc[:-1], f"{named(loc[:-2])}{said}", is_key=True)
    if document is not None:
        loc = _written(loc, document)
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
            return Worded(loc, said if is_whole else f"{named(loc)}{said}")
        case "union_tag_not_found":
            return Worded(loc, f"key {_tag_key(error)} is missing")
        case "union_tag_invalid":
            ctx = error.get("ctx", {})
            hint = did_you_mean(str(ctx["tag"]), _choices(ctx["expected_tags"]))
            tag = _tag_key(error).strip("'")
            return Worded((*loc, tag), f"{tag}: {str(ctx['tag'])!r} is not allowed{hint}")
        case _:
            return Worded(loc, f"{named(loc)}{_said(error)}")


def _written(loc: Loc, document: object) -> Loc:
    found: list[int | str] = []
    for part in loc:
        if isinstance(document, dict):
            document = document.get(str(part), document)
        elif isinstance(document, list) and isinstance(part, int) and part < len(document):
            document = document[part]
        elif isinstance(part, str):
            continue
        found.append(part)
    return tuple(found)


# By pydantic's name of an error; all others are told in its own words.
_WANTED: Final[Mapping[str, str]] = {
    "bool_type": "needs true or false",
    "bool_parsing": "needs true or false",
    "int_type": "needs a whole number",
    "int_parsing": "needs a whole number",
    "int_from_float": "needs a whole number",
    "float_type": "needs a number",
    "float_parsing": "needs a number",
    "string_type": "needs text",
    "string_too_short": "needs at least {min_length} characters",
    "string_too_long": "has more than {max_length} characters",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "timezone_aware": "needs an offset, write it as 2026-05-04T10:00:00Z",
}


def counted(count: int, noun: str) -> str:
    """Say how many there are of something that takes an s."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Give `, did you mean 'x'?` for a near miss, else the list of what would be right."""
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f", did you mean {near[0]!r}?"
    if not known:
        return ""
    more = f" and {len(known) - MAX_LISTED} more" if len(known) > MAX_LISTED else ""
    return f"; known here: {', '.join(known[:MAX_LISTED])}{more}"


@dataclass(frozen=True, slots=True)
class YamlFault:
    """What is likely to be wrong with a text that is no YAML, and where to look."""

    text: str
    is_where_it_began: bool = False


_BACKSLASH: Final = "in double quotes a backslash begins a special character: use single quotes"
# By a part of what the YAML reader says; `{line}` is where the reader began with what is wrong.
_YAML: Final[Mapping[str, str]] = {
    "did not find expected key": (
        "this line does not fit what began in line {line}: begin it in the column of its neighbours"
    ),
    "did not find expected '-' indicator": (
        "this line does not fit the list that began in line {line}: an entry begins with '- ' in "
        "the column of the others"
    ),
    "did not find expected ',' or '}'": (
        "the '{{' of line {line} is not closed, or a comma is missing in front of this"
    ),
    "did not find expected ',' or ']'": (
        "the '[' of line {line} is not closed, or a comma is missing in front of this"
    ),
    "mapping values are not allowed": (
        "a ': ' that is not expected: put text with ': ' in quotes, or mend the indentation"
    ),
    "block sequence entries are not allowed": "a list begins on a line of its own",
    "undefined alias": "text that begins with '*' must stand in quotes",
    "alphabetic or numeric": "text that begins with '*' or '&' must stand in quotes",
    "unknown escape character": _BACKSLASH,
    "hexdecimal number": _BACKSLASH,
    "invalid Unicode character escape code": _BACKSLASH,
    "another document": "'---' begins a second document: a file is one",
    "expected <document start>": (
        "this line does not belong to what stands above: begin it in the column of its neighbours"
    ),
    "found a tab character": "a tab: indent by spaces",
    "did not find expected node content": "a value is missing here",
    "tag": "text that begins with '!' must stand in quotes",
    "directive": "text that begins with '%' must stand in quotes",
    "comment or line break": "text that begins with '|' or '>' must stand in quotes",
}


def yaml_worded(problem: str, context: str, around: tuple[str, str], line: int) -> YamlFault:
    """Put into words what the YAML reader says; `around` is the line where it stumbled, parted.

    `line` is where what is wrong began.
    """
    before, at = around
    if "unexpected end of stream" in problem:
        return YamlFault("this quote is not closed", is_where_it_began=True)
    if "did not find expected key" in problem and before.strip():
        return YamlFault("text stands behind a closing quote: put all of it in quotes")
    if "could not find expected ':'" in problem:
        text = "a key needs ': ' behind it, or this line is indented too little"
        return YamlFault(text, is_where_it_began=True)
    if "cannot start any token" in problem:
        if at.startswith("\t"):
            return YamlFault("a tab: indent by spaces")
        return YamlFault(f"text that begins with {at[:1]!r} must stand in quotes")
    for said, text in _YAML.items():
        if said in problem or said in context:
            is_end = not before + at and "{line}" in text
            return YamlFault(text.format(line=line), is_where_it_began=is_end)
    return YamlFault(", ".join(filter(None, (context, problem))) or "cannot be read")


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
            return f"{_wanted(error)}, got {_shown(error)}"


def _wanted(error: ErrorDetails) -> str:
    if error["type"] == "string_too_short" and error.get("ctx", {}).get("min_length") == 1:
        return "must not be empty"
    template = _WANTED.get(error["type"])
    if template is None:
        return f"{error['msg'][:1].lower()}{error['msg'][1:]}"
    return template.format(**error.get("ctx", {}))


def _choices(expected: object) -> list[str]:
    """Read pydantic's own enumeration: `'a', 'b' or 'c'`, or `True`."""
    return re.findall(r"'([^']*)'", str(expected)) or [str(expected).lower()]


def _tag_key(error: ErrorDetails) -> str:
    """Give the key that tells the models of a union apart, in quotes as pydantic has it."""
    return str(error.get("ctx", {}).get("discriminator", ""))


def named(loc: Loc) -> str:
    """Give the last key with a colon, to begin a message with."""
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
