"""Reads YAML 1.2 text into a typed model; every problem carries file, line and column.

YAML is read as an operator sees it: only `true`, `false`, `null` and plain whole numbers without
leading zeros are anything but text, so `on`, `no`, `0123`, `1.10` and `+45 12` stay what they look
like. Models turn text into numbers where a number is wanted. Duplicate keys are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from policy.errors import DocumentError, Problem
from policy.wording import Loc, worded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


ModelT = TypeVar("ModelT", bound=BaseModel)

# A file of 10,000 rules has about 200,000 nodes.
MAX_NODES: Final = 5_000_000
# Aliases (`*name`) could multiply without end: 100 of them can stand for a billion nodes.
MAX_NODES_PER_EVENT: Final = 20
MAX_DEPTH: Final = 64

_WHOLE_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")
_CONSTANTS: Final[Mapping[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_PLAIN_TAGS: Final = frozenset(
    {"tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
)


class Document(BaseModel):
    """A file or a part of one: frozen, unknown keys refused, whole numbers welcome as text."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key or a value stands; line and column count from 1, 0 when there is none."""

    source: str
    line: int = 0
    column: int = 0

    def problem(self, text: str) -> Problem:
        """Say what is wrong here."""
        return Problem(self.source, self.line, self.column, text)


@dataclass(slots=True)
class Marks:
    """The place of every key and value of one document."""

    source: str
    keys: dict[Loc, Place] = field(default_factory=dict)
    values: dict[Loc, Place] = field(default_factory=dict)

    def place_of(self, loc: Loc, *, key: bool = False) -> Place:
        """Find the nearest known place; parts that are not in the text (union tags) are skipped."""
        found: Loc = ()
        for part in loc:
            if (*found, part) in self.values:
                found = (*found, part)
        if key and found in self.keys:
            return self.keys[found]
        return self.values.get(found, Place(self.source))

    def problem(self, loc: Loc, text: str, *, key: bool = False) -> Problem:
        """Say what is wrong with one part of the document."""
        return self.place_of(loc, key=key).problem(text)


@dataclass(frozen=True, slots=True)
class Tree:
    """Plain values as read, and where each of them stands."""

    value: object
    marks: Marks


@dataclass(frozen=True, slots=True)
class Parsed(Generic[ModelT]):
    """A typed document, and where each of its parts stands."""

    value: ModelT
    marks: Marks


class _TextLoader(yaml.CSafeLoader):
    """PyYAML's C parser with no YAML 1.1 guesses: every plain scalar is text at first."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's own declaration


class _Builder:
    """Turns composed nodes into plain values, and notes places and problems on the way."""

    def __init__(self, source: str, most_nodes: int) -> None:
        self.marks = Marks(source)
        self.problems: list[Problem] = []
        self._nodes_left = most_nodes

    def build(self, node: yaml.Node, loc: Loc) -> object:
        place = _place(self.marks.source, node.start_mark)
        self.marks.values[loc] = place
        self._nodes_left -= 1
        if self._nodes_left < 0 or len(loc) > MAX_DEPTH:
            raise _too_large(place)
        if node.tag not in _PLAIN_TAGS:
            self.problems.append(place.problem(f"tag {node.tag!r} is not used here, remove it"))
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, loc)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*loc, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        raise DocumentError([place.problem("cannot be read")])

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            place = _place(self.marks.source, key_node.start_mark)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(place.problem("a key must be plain text"))
                continue
            key = str(key_node.value)
            if key in result:
                first = self.marks.keys[*loc, key].line
                self.problems.append(
                    place.problem(f"key {key!r} stands twice, first in line {first}")
                )
                continue
            self.marks.keys[*loc, key] = place
            result[key] = self.build(value_node, (*loc, key))
        return result


def _place(source: str, mark: yaml.Mark | yaml._yaml.Mark | None) -> Place:
    return Place(source, mark.line + 1, mark.column + 1) if mark is not None else Place(source)


def _scalar(node: yaml.ScalarNode) -> object:
    text = str(node.value)
    return text if node.style else plain_value(text)  # quoted or block text stays text


def plain_value(text: str) -> object:
    """Give what unquoted text stands for."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text


def read_tree(text: str, source: str) -> Tree:
    """Read one YAML document; raises DocumentError with every problem of its form."""
    try:
        events = _count_events(text, source)
        node = yaml.compose(text, Loader=_TextLoader)
    except yaml.MarkedYAMLError as exc:
        place = _place(source, exc.problem_mark)
        said = ", ".join(filter(None, (exc.context, exc.problem))) or "cannot be read"
        raise DocumentError([place.problem(f"not valid YAML: {said}")]) from exc
    except yaml.YAMLError as exc:
        said = str(exc).partition("\n")[0]
        raise DocumentError([Place(source).problem(f"not valid YAML: {said}")]) from exc
    except UnicodeEncodeError as exc:  # an environment variable may hold any bytes
        raise DocumentError([Place(source).problem("is not UTF-8 text")]) from exc
    builder = _Builder(source, min(MAX_NODES, events * MAX_NODES_PER_EVENT))
    value = builder.build(node, ()) if node is not None else None
    if builder.problems:
        raise DocumentError(builder.problems)
    return Tree({} if value is None else value, builder.marks)  # a file that says nothing


def _count_events(text: str, source: str) -> int:
    """Count what there is to build, and refuse deep nesting: composing it overflows the C stack."""
    depth = count = 0
    for event in yaml.parse(text, Loader=_TextLoader):
        count += 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _too_large(_place(source, event.start_mark))
    return count


def _too_large(place: Place) -> DocumentError:
    return DocumentError([place.problem("the document is nested too deeply or too large")])


def read_file(path: Path) -> str:
    """Read a text file; raises DocumentError that names the file and what is wrong."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise DocumentError([Place(str(path)).problem("is not UTF-8 text")]) from exc
    except OSError as exc:
        said = (exc.strerror or "cannot be read").lower()
        raise DocumentError([Place(str(path)).problem(said)]) from exc


def validate(
    tree: Tree, model: type[ModelT], context: Mapping[str, object] | None = None
) -> Parsed[ModelT]:
    """Turn plain values into a typed model; raises DocumentError with every problem.

    `context` is what the model's own checks may look at, such as the folder that paths count from.
    """
    try:
        return Parsed(model.model_validate(tree.value, context=context and dict(context)), tree.marks)
    except ValidationError as exc:
        schema = model.model_json_schema()
        said = [worded(error, schema) for error in exc.errors(include_url=False)]
        problems = [tree.marks.problem(each.loc, each.text, key=each.is_key) for each in said]
        raise DocumentError(sorted(problems, key=lambda p: (p.source, p.line, p.column))) from exc


def parse(
    text: str, source: str, model: type[ModelT], context: Mapping[str, object] | None = None
) -> Parsed[ModelT]:
    """Turn the text of one file into a typed model; raises DocumentError."""
    return validate(read_tree(text, source), model, context)


def load(path: Path, model: type[ModelT]) -> Parsed[ModelT]:
    """Turn one file into a typed model; raises DocumentError."""
    return parse(read_file(path), str(path), model)
