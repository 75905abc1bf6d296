"""What was committed and what was answered, each with its times, and whether the two agree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
        found: list[str] = []
        for asked in self._claims():
            late_s = self.late_s(asked)
            if late_s is None:
                said = "which it never was"
            elif late_s > bound_s and not asked.is_stale:
                said = f"{late_s:.3f} s late"
            else:
                continue
            found.append(f"{asked.server}: {asked.alias} was {asked.answer!r}, {said}")
        return found

    def late_s(self, asked: Asked) -> float | None:
        """Say for how long something else had been acknowledged at the time of a question.

        0 when the answer was right, None when it never had been.
        """
        late_s = 0.0
        for commit in reversed(self.commits.get(asked.alias, ())):
            if commit.begun_s <= asked.answered_s and commit.answer == asked.answer:
                return max(late_s, 0.0)
            if commit.acknowledged_s < NEVER:
                late_s = asked.asked_s - commit.acknowledged_s
        return None

    def unproven(self, servers: Iterable[str], bound_s: float) -> Sequence[str]:
        """List the aliases whose last commit a server has not been asked for afterwards."""
        asked_s: dict[tuple[str, str], float] = defaultdict(float)
        for asked in self._claims():
            if not asked.is_stale:
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

    def settle(self, at_s: float) -> None:
        """Hold answers from here on against what was acknowledged, whatever was let be right."""
        for alias, commits in self.commits.items():
            answer = self.last_answer(alias)
            if answer is not None:
                commits.append(Commit(at_s, at_s, answer))

    def _claims(self) -> Iterator[Asked]:
        return (asked for asked in self.answers if asked.answer != FALLBACK)


def _last_known(commits: Sequence[Commit]) -> float:
    return max((each.acknowledged_s for each in commits if each.acknowledged_s < NEVER), default=0)
