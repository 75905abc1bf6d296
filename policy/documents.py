"""Reads YAML 1.2 text into a typed model; every problem carries file, line and column.

YAML is read as an operator sees it: only `true`, `false`, `null` and plain whole numbers without
leading zeros are anything but text, so `on`, `no`, `0123`, `1.10` and `+45 12` stay what they look
like. Models turn text into numbers where a number is wanted. Duplicate keys are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from policy.errors import DocumentError, Problem
from policy.wording import Loc, named, worded, yaml_worded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails


ModelT = TypeVar("ModelT", bound=BaseModel)

# A file of 10,000 rules has some 2 MB, a list of a million aliases some 40.
MAX_BYTES: Final = 64 << 20
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
_NOT_PRINTABLE: Final = yaml.reader.Reader.NON_PRINTABLE
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
    # Where the first line of a `|` block stands: its lines are those of the file.
    blocks: dict[Loc, Place] = field(default_factory=dict)

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

    def problem_in(self, loc: Loc, line: int, text: str, name: str) -> Problem:
        """Say what is wrong with one line of a text, which is one of the file if it is a block."""
        block = self.blocks.get(loc)
        if block is not None:
            return Place(block.source, block.line + line - 1, block.column).problem(name + text)
        return self.problem(loc, f"{name}line {line} of it: {text}" if line > 1 else name + text)


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


class LinesError(ValueError):
    """A text of several lines is wrong: each problem with the line of the text, from 1."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems[0][1])


class _TextLoader(yaml.CSafeLoader):
    """PyYAML's C parser with no YAML 1.1 guesses: every plain scalar is text at first."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's own declaration


class _Builder:
    """Turns composed nodes into plain values, and notes places and problems on the way."""

    def __init__(self, source: str, text: str, most_nodes: int) -> None:
        self.marks = Marks(source)
        self._lines = text.splitlines()
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
            if node.style == "|":
                self.marks.blocks[loc] = self._block(place)
            return _scalar(node)
        raise DocumentError([place.problem("cannot be read")])

    def _block(self, place: Place) -> Place:
        """Find the column of a block by its first line that is not blank."""
        lines = (line for line in self._lines[place.line :] if line.strip())
        first = next(lines, "")
        return Place(place.source, place.line + 1, len(first) - len(first.lstrip()) + 1)

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
        raise DocumentError([_fault(exc, text, source)]) from exc
    except yaml.reader.ReaderError as exc:
        raise DocumentError([_forbidden_character(text, source)]) from exc
    except UnicodeEncodeError as exc:  # an environment variable may hold any bytes
        raise DocumentError([Place(source).problem("is not UTF-8 text")]) from exc
    builder = _Builder(source, text, min(MAX_NODES, events * MAX_NODES_PER_EVENT))
    value = builder.build(node, ()) if node is not None else None
    if builder.problems:
        raise DocumentError(builder.problems)
    return Tree({} if value is None else value, builder.marks)  # a file that says nothing


def _fault(exc: yaml.MarkedYAMLError, text: str, source: str) -> Problem:
    """Say what is likely to be wrong where the reader stumbled, or where that began."""
    place, began = _place(source, exc.problem_mark), _place(source, exc.context_mark)
    lines = text.splitlines()
    line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    before, at = line[: place.column - 1], line[place.column - 1 :]
    worded = yaml_worded(exc.problem or "", exc.context or "", (before, at), began.line)
    where = began if worded.is_where_it_began and began.line else place
    return where.problem(f"not valid YAML: {worded.text}")


def _forbidden_character(text: str, source: str) -> Problem:
    """Find the first character that YAML does not allow; the C reader tells only its byte."""
    found = _NOT_PRINTABLE.search(text)
    if found is None:
        return Place(source).problem("not valid YAML: it holds a character that is not allowed")
    before = text[: found.start()]
    place = Place(source, before.count("\n") + 1, found.start() - before.rfind("\n"))
    said = f"the control character #x{ord(found[0]):02x} is not allowed, remove it"
    return place.problem(f"not valid YAML: {said}")


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
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe has no end
            raise DocumentError([Place(str(path)).problem("is no regular file")])
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            said = f"is larger than {MAX_BYTES >> 20} MiB"
            raise DocumentError([Place(str(path)).problem(said)])
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise DocumentError([Place(str(path)).problem("is not UTF-8 text")]) from exc
    except OSError as exc:
        said = (exc.strerror or "cannot be read").lower()
        raise DocumentError([Place(str(path)).problem(said)]) from exc


def validate(
    tree: Tree,
    model: type[ModelT],
    context: Mapping[str, object] | None = None,
    at: Loc = (),
) -> Parsed[ModelT]:
    """Turn plain values into a typed model; raises DocumentError with every problem.

    `context` is what the model's own checks may look at, such as the folder that paths count from.
    `at` is where the values stand in their document, when they are a part of one.
    """
    try:
        return Parsed(
            model.model_validate(tree.value, context=context and dict(context)), tree.marks
        )
    except ValidationError as exc:
        schema = _schema_of(model)
        problems = [
            problem
            for error in exc.errors(include_url=False)
            for problem in _said(error, schema, tree, at)
        ]
        # A short form stands for several fields, which all say the same.
        raise DocumentError(in_file_order(dict.fromkeys(problems))) from exc


def in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by where they stand."""
    return sorted(problems, key=lambda each: (each.source, each.line, each.column))


@lru_cache
def _schema_of(model: type[BaseModel]) -> Mapping[str, object]:
    return model.model_json_schema()


def _said(
    error: ErrorDetails, schema: Mapping[str, object], tree: Tree, at: Loc
) -> Iterator[Problem]:
    said = worded(error, schema, tree.value)
    loc = (*at, *said.loc)
    cause = error.get("ctx", {}).get("error")
    if not isinstance(cause, LinesError):
        yield tree.marks.problem(loc, said.text, key=said.is_key)
        return
    for line, text in cause.problems:
        yield tree.marks.problem_in(loc, line, text, named(said.loc))


def parse(
    text: str, source: str, model: type[ModelT], context: Mapping[str, object] | None = None
) -> Parsed[ModelT]:
    """Turn the text of one file into a typed model; raises DocumentError."""
    return validate(read_tree(text, source), model, context)


def load(path: Path, model: type[ModelT]) -> Parsed[ModelT]:
    """Turn one file into a typed model; raises DocumentError."""
    return parse(read_file(path), str(path), model)
