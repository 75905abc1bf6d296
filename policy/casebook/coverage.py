"""Which rules have a case that makes them match, and which have none. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policy.casebook.runner import CaseResult
    from policy.rules.model import Rule


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many rules in force there are, and those that no case made match, in their order."""

    rules: int
    without_case: tuple[Rule, ...]

    @property
    def covered(self) -> int:
        """How many rules have a case."""
        return self.rules - len(self.without_case)

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: 100 is all of them."""
        return 100 * self.covered // self.rules if self.rules else 100

    def reaches(self, percent: float) -> bool:
        """Say whether so many per cent of the rules have a case."""
        return 100 * self.covered >= percent * self.rules


def coverage_of(rules: Sequence[Rule], results: Iterable[CaseResult]) -> Coverage:
    """Count a rule that decides, that only changes something, and that is a shadow alike."""
    matched = frozenset[str]().union(*(result.matched for result in results))
    return Coverage(len(rules), tuple(rule for rule in rules if rule.name not in matched))
