"""What is wrong between rules: doubled names, unset facts, rules that can never match. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policy.errors import Problem
    from policy.rules.syntax import PlacedRule


@dataclass(slots=True)
class Linked:
    """What was found: problems keep a set of rules out, warnings do not."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def check_together(placed: Sequence[PlacedRule]) -> Linked:
    """Hold the rules of a folder against each other."""
    return Linked([*_doubles(placed), *_unset_facts(placed)], [])


def _doubles(placed: Sequence[PlacedRule]) -> Iterator[Problem]:
    """Find names that stand twice: traces and metrics could not tell those rules apart."""
    first: dict[str, PlacedRule] = {}
    for each in placed:
        earlier = first.setdefault(each.rule.name, each)
        if earlier is not each:
            where = f"{earlier.place.source}:{earlier.place.line}"
            text = f"rule {each.rule.name!r}: this name is taken in {where}, choose another"
            yield each.place.problem(text)


def _unset_facts(placed: Sequence[PlacedRule]) -> Iterator[Problem]:
    """Find facts that no rule in front of their reader sets."""
    known: set[str] = set()
    for each in placed:
        for name in sorted(each.facts_read - known):
            hint = did_you_mean(name, sorted(known)) if known else "; no rule sets any"
            text = f"rule {each.rule.name!r}: no rule in front sets the fact {name!r}{hint}"
            yield each.place.problem(text)
        if each.rule.changes is not None:
            known.update(each.rule.changes.facts)
