"""Every error raised on purpose.

    PolicyError
      SettingsError     settings file or environment: all problems at once
      RulesError        rule files: all problems at once
      DocumentError     any other YAML file that an operator gives us: all problems at once
      RequestError      a policy request that cannot be read; names the parameter
      AnswerError       another policy server's answer cannot be used; names fields, never values
      OutcomeError      a rule speaks and cannot be carried out for this call
      PictureError      a picture that cannot be taken in
      DirectoryError    the directory is late, away, or cannot give a row
      RefusedError      a change that the directory does not take; says why
      StartError        the server cannot start: port, database process, schema

Messages name the thing, what is wrong and what would be right, in that order and in lower case.
They never carry PINs, passwords, display names or the user part of a caller's alias.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class PolicyError(Exception):
    """Anything that goes wrong on purpose; its text is fit for an operator to read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file; `line` and `column` count from 1 and are 0 when unknown."""

    source: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}:{self.column}" if self.line else self.source
        return f"{place}: {self.text}"


class DocumentError(PolicyError):
    """A file is wrong; carries every problem found, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SettingsError(DocumentError):
    """The settings cannot be used."""


class RulesError(DocumentError):
    """The rule files cannot be used."""


class RequestError(PolicyError):
    """A policy request cannot be read; `parameter` names the part that is wrong."""

    def __init__(self, parameter: str, text: str) -> None:
        self.parameter = parameter
        super().__init__(f"{parameter}: {text}")


class AnswerError(PolicyError):
    """Another policy server's answer cannot be used; names fields, never their values."""


class OutcomeError(PolicyError):
    """A rule speaks and cannot be carried out for this call; the next rule is looked at."""


class PictureError(PolicyError):
    """A picture is broken, of an unknown form, too large or too small."""


class DirectoryError(PolicyError):
    """The directory did not answer in time, is away, or holds something unreadable."""


class RefusedError(PolicyError):
    """The directory does not take a change; says which rule it would break."""


class StartError(PolicyError):
    """The server cannot start."""
