"""Reads the settings once: from a YAML file, then from the environment.

Every leaf has one environment variable: `server.port` is `VDX_POLICY_SERVER_PORT`. A value that
begins with a bracket or a quote, or has several lines, is read as YAML, so that lists and mappings
work too; any other stands for itself. Unknown keys and variables are errors.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from policy.documents import (
    Document,
    Marks,
    Place,
    Tree,
    plain_value,
    read_file,
    read_tree,
    validate,
)
from policy.errors import DocumentError, Problem, SettingsError
from policy.settings import Settings
from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX: Final = "VDX_POLICY_"


def leaves(
    model: type[Document] = Settings, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Give the path of every single setting."""
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, Document):
            yield from leaves(section, (*above, name))
        else:
            yield (*above, name)


def variable_of(path: tuple[str, ...]) -> str:
    """Give the environment variable of a setting."""
    return PREFIX + "_".join(path).upper()


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the file, if any, and the environment; raises SettingsError with every problem."""
    folder = path.parent if path is not None else Path()
    source = str(path) if path is not None else "settings"
    problems: list[Problem] = []
    try:
        tree = read_tree(read_file(path), source) if path is not None else Tree({}, Marks(source))
        tree = _with_environment(tree, environ, problems)
        settings = validate(tree, Settings, {"folder": folder.absolute()}).value
    except DocumentError as exc:
        raise SettingsError([*exc.problems, *problems]) from exc
    if problems:
        raise SettingsError(problems)
    return settings


def _with_environment(tree: Tree, environ: Mapping[str, str], problems: list[Problem]) -> Tree:
    """Let variables replace values of the file; what is wrong with them goes to `problems`."""
    known = {variable_of(path): path for path in leaves()}
    value = tree.value
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        place = Place(f"environment variable {name}")
        if name not in known:
            problems.append(place.problem(f"unknown setting{did_you_mean(name, sorted(known))}"))
            continue
        try:
            given = _read_variable(environ[name], place.source)
        except DocumentError as exc:
            problems += exc.problems
            continue
        value = _overridden(value, known[name], given)
        _move_marks(tree.marks, known[name], place)
    return Tree(value, tree.marks)


def _read_variable(text: str, source: str) -> object:
    # An address such as `::` or a password with `: ` in it would be more than text in YAML.
    if text.startswith(("[", "{", '"', "'")) or "\n" in text:
        return read_tree(text, source).value
    return plain_value(text)


def _move_marks(marks: Marks, path: tuple[str, ...], place: Place) -> None:
    """Let a variable answer for a value and all its parts, wherever the file has them."""
    for places in (marks.keys, marks.values):
        for loc in [loc for loc in places if loc[: len(path)] == path]:
            del places[loc]
    for depth in range(1, len(path)):  # a section that the file does not have
        marks.values.setdefault(path[:depth], Place(marks.source))
    marks.values[path] = place


def _overridden(value: object, path: tuple[str, ...], given: object) -> object:
    """Give the values with one of them replaced; what is no mapping is left to be complained of."""
    if not path:
        return given
    if value is None:
        value = {}
    if not isinstance(value, dict):
        return value
    return {**value, path[0]: _overridden(value.get(path[0]), path[1:], given)}
