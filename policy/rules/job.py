"""What a build of rules is told, and what it says of them: the verdict, then parts. Pure.

Apart from what reads rules, since a process that serves has no use for that.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from policy.platform_names import PlatformNames

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from policy.errors import Problem
    from policy.rules.files import RuleSet

    # Folder tests and whatever else must hold; what can be pickled.
    Check = Callable[[RuleSet], Sequence[Problem]]

# Comes before each part.
LENGTH: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the names in a rule file are held against; None of a kind takes every name."""

    platform: PlatformNames = field(default_factory=PlatformNames)
    upstreams: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """What to load, what its names are held against, and what else to look at."""

    folder: Path
    around: Surroundings
    check: Check | None = None
    # Rules of this version are not sent: they are in force.
    version: str = ""


@dataclass(frozen=True, slots=True)
class RuleSource:
    """Where rules come from and what they must stand up to."""

    folder: Path
    around: Surroundings
    check: Check | None = None

    def job(self, version: str = "") -> Job:
        """Say what to build, when rules of `version` are in force."""
        return Job(self.folder, self.around, self.check, version)


@dataclass(frozen=True, slots=True)
class Refused:
    """The rules are wrong; the first problems, and how many there are."""

    problems: tuple[Problem, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Sent:
    """The rules are right; so many parts follow, none when they are in force already."""

    version: str
    warnings: tuple[Problem, ...]
    parts: int


@dataclass(frozen=True, slots=True)
class Items:
    """Some items of a large collection, which `is_set` or is a tuple; `is_last` ends it."""

    number: int
    items: Sequence[object]
    is_set: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class One:
    """A value that many rules have in common."""

    number: int
    value: object
