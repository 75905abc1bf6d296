"""What was committed and what was answered, each with its times, and whether the two agree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Whether such a commit has come to pass nobody can say.
NEVER: Final = float("inf")
# What is answered when nothing could be found out: it claims nothing.
FALLBACK: Final = "FALLBACK"


@dataclass(frozen=True, slots=True)
class Commit:
    """From `begun_s` on an alias may answer this, and from `acknowledged_s` on it should."""

    begun_s: float
    acknowledged_s: float
    answer: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what was said; `is_stale` when the server itself said that it may be old."""

    server: str
    alias: str
    asked_s: float
    answered_s: float
    answer: str
    is_stale: bool = False

    @property
    def took_s(self) -> float:
        """How long somebody waited."""
        return self.answered_s - self.asked_s


@dataclass(slots=True)
class History:
    """Commits by alias, in the order in which they were made, and answers in any order."""

    commits: dict[str, list[Commit]] = field(default_factory=lambda: defaultdict(list))
    answers: list[Asked] = field(default_factory=list)

    def contradictions(self, bound_s: float) -> Sequence[str]:
        """List the answers that contradict a commit acknowledged that long before the question.

        An answer that its server called stale need only have been true at some time.
        """
        return [
            f"{asked.server}: {asked.alias} was {asked.answer!r}{_lateness(commits, asked)}"
            for asked in self.answers
            for commits in (self.commits.get(asked.alias, ()),)
            if asked.answer != FALLBACK and not _may_be(commits, asked, bound_s)
        ]

    def unproven(self, servers: Iterable[str], bound_s: float) -> Sequence[str]:
        """List the aliases whose last commit a server has not been asked for afterwards."""
        asked_s: dict[tuple[str, str], float] = defaultdict(float)
        for asked in self.answers:
            if asked.answer != FALLBACK and not asked.is_stale:
                key = (asked.server, asked.alias)
                asked_s[key] = max(asked_s[key], asked.asked_s)
        return [
            f"{server}: {alias}"
            for server in servers
            for alias, commits in self.commits.items()
            if asked_s[server, alias] <= _last_known(commits) + bound_s
        ]

    def last_answer(self, alias: str) -> str | None:
        """Give what an alias answers by the last commit that was acknowledged."""
        known = [each for each in self.commits[alias] if each.acknowledged_s < NEVER]
        return known[-1].answer if known else None


def _may_be(commits: Sequence[Commit], asked: Asked, bound_s: float) -> bool:
    """Look backwards from the last commit to the one that everybody had to know of."""
    for commit in reversed(commits):
        if commit.begun_s <= asked.answered_s and commit.answer == asked.answer:
            return True
        if commit.acknowledged_s + bound_s < asked.asked_s and not asked.is_stale:
            return False
    return False


def _lateness(commits: Sequence[Commit], asked: Asked) -> str:
    """Say how long this had been wrong, if it ever was right."""
    after = None
    for commit in reversed(commits):
        if commit.begun_s <= asked.answered_s and commit.answer == asked.answer:
            return "" if after is None else f", {asked.asked_s - after.acknowledged_s:.3f} s late"
        if commit.acknowledged_s < NEVER:
            after = commit
    return ", which it never was"


def _last_known(commits: Sequence[Commit]) -> float:
    return max((each.acknowledged_s for each in commits if each.acknowledged_s < NEVER), default=0)
