"""What a check finds, told to people, to programs, and to GitHub."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from policy.errors import Problem


@dataclass(slots=True)
class Findings:
    """Problems, which keep rules out; warnings, which do not; and what was looked at."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    summary: list[str] = field(default_factory=list)

    def is_failed(self, *, strict: bool) -> bool:
        """Say whether a person must do something first."""
        return bool(self.problems or (strict and self.warnings))

    def each(self) -> Iterable[tuple[str, Problem]]:
        """Give everything that was found, the problems first."""
        yield from (("error", each) for each in dict.fromkeys(self.problems))
        yield from (("warning", each) for each in dict.fromkeys(self.warnings))


def as_text(findings: Findings) -> str:
    """Write one finding a line, each beginning with its file, as editors expect."""
    lines = [
        f"{_place(problem)}: {'' if level == 'error' else 'warning: '}{problem.text}"
        for level, problem in findings.each()
    ]
    return "".join(f"{line}\n" for line in lines)


def as_json(findings: Findings) -> str:
    """Write a list of objects; a line of 0 is the whole file."""
    found = [
        {
            "level": level,
            "file": problem.source,
            "line": problem.line,
            "column": problem.column,
            "text": problem.text,
        }
        for level, problem in findings.each()
    ]
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def as_github(findings: Findings) -> str:
    """Write workflow commands, which GitHub shows beside the lines of a change."""
    return "".join(
        f"::{level} {_github_place(problem)}::{_escaped(problem.text, _IN_TEXT)}\n"
        for level, problem in findings.each()
    )


FORMATS: Final[Mapping[str, Callable[[Findings], str]]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
}
_IN_TEXT: Final = (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"))
_IN_PLACE: Final = (*_IN_TEXT, (":", "%3A"), (",", "%2C"))


def _place(problem: Problem) -> str:
    if not problem.line:
        return problem.source
    return f"{problem.source}:{problem.line}:{problem.column}"


def _github_place(problem: Problem) -> str:
    parts = [f"file={_escaped(problem.source, _IN_PLACE)}"]
    if problem.line:
        parts += [f"line={problem.line}", f"col={problem.column}"]
    return ",".join(parts)


def _escaped(text: str, replaced: Iterable[tuple[str, str]]) -> str:
    for character, written in replaced:
        text = text.replace(character, written)
    return text
