"""What is wrong between rules: doubled names, unset facts, rules that never match. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from policy.rules.comparisons import Matches, OneOf
from policy.rules.covering import dead_rules
from policy.rules.pitfalls import pitfalls
from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from policy.documents import Place
    from policy.errors import Problem
    from policy.rules.clauses import Clause
    from policy.rules.syntax import PlacedRule
    from policy.wire.vocabulary import RequestType

# To look through a list of thousands for each rule would take too long.
_FEW: Final = 1_000


@dataclass(slots=True)
class Linked:
    """What was found: problems keep a set of rules out, warnings do not."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def check_together(placed: Sequence[PlacedRule]) -> Linked:
    """Hold the rules of a folder against each other.

    A rule that is never reached is a warning: it does no harm, and one more careful rule in front
    must not keep all others from being changed.
    """
    linked = Linked(list(doubled_names(placed)))
    _check_facts(placed, linked)
    linked.warnings += _dead(placed)
    linked.warnings += [
        each.place.problem(f"rule {each.rule.name!r}: {text}")
        for each in placed
        for text in pitfalls(each.rule)
    ]
    return linked


def doubled_names(placed: Iterable[PlacedRule]) -> Iterator[Problem]:
    """Find names that stand twice: traces and metrics could not tell those rules apart."""
    first: dict[str, PlacedRule] = {}
    for each in placed:
        earlier = first.setdefault(each.rule.name, each)
        if earlier is not each:
            text = f"this name is taken in {_where(earlier.place)}, choose another"
            yield each.place.problem(f"rule {each.rule.name!r}: {text}")


def _check_facts(placed: Sequence[PlacedRule], linked: Linked) -> None:
    """Find facts that no rule in front of their reader sets."""
    known: dict[str, set[RequestType]] = defaultdict(set)
    by_shadow: dict[str, PlacedRule] = {}
    for each in placed:
        rule = each.rule
        for name in sorted(each.facts_read):
            lacking = rule.requests - known.get(name, set())
            if lacking and name in by_shadow:
                shadow = by_shadow[name].rule.name
                text = f"the fact {name!r} is set by rule {shadow!r} alone, which is in shadow"
                linked.warnings.append(each.place.problem(f"rule {rule.name!r}: {text}"))
            elif lacking:
                text = _unset(name, sorted(known), sorted(lacking) if name in known else [])
                linked.problems.append(each.place.problem(f"rule {rule.name!r}: {text}"))
        for name in rule.changes.facts if rule.changes is not None else ():
            if rule.is_shadow:
                by_shadow[name] = each
            else:
                known[name] |= rule.requests


def _unset(name: str, known: Sequence[str], lacking: Sequence[str]) -> str:
    if lacking:
        return f"no rule in front sets the fact {name!r} for {' and '.join(lacking)} requests"
    hint = did_you_mean(name, known) if known else ", nor any other"
    return f"no rule in front sets the fact {name!r}{hint}"


def _dead(placed: Sequence[PlacedRule]) -> Iterator[Problem]:
    dead = dict(dead_rules([each.rule for each in placed]))
    for position, each in enumerate(placed):
        text = _contradiction(each.rule.clauses)
        if text is None and position in dead:
            blocker = placed[dead[position]]
            text = f"is never reached: rule {blocker.rule.name!r} in {_where(blocker.place)} "
            text += "decides wherever this one matches"
        if text is not None:
            yield each.place.problem(f"rule {each.rule.name!r}: {text}")


def _contradiction(clauses: Sequence[Clause]) -> str | None:
    """Find two conditions on one alias, or on one word, that never hold together."""
    texts = [each for each in clauses if isinstance(each, OneOf) and len(each.values) <= _FEW]
    for one in texts:
        if not one.values:
            return f"never matches: {one.source} has no entries"
        for other in clauses:
            if other is not one and _exclude(one, other):
                return f"never matches: {_named(one)} and {_named(other)} never hold together"
    return None


def _exclude(one: OneOf, other: Clause) -> bool:
    """Say whether two conditions never hold together.

    A bare alias is compared as it is and as it is completed: `721834` and `721834@example.org` may
    both hold.
    """
    is_alias = one.key == "alias"
    if isinstance(other, OneOf) and other.key == one.key:
        return _users(one.values, is_alias).isdisjoint(_users(other.values, is_alias))
    if isinstance(other, OneOf) and other.key == f"{one.key}.domain":
        hosts = {each.rpartition("@")[2] for each in one.values if "@" in each}
        has_bare = is_alias and any("@" not in each for each in one.values)
        return not has_bare and hosts.isdisjoint(other.values) and ";" not in "".join(one.values)
    if isinstance(other, Matches) and other.key == one.key:
        if is_alias and any("@" not in each for each in one.values):
            return False
        return not any(map(other.fits, one.values | _users(one.values, is_alias)))
    return False


def _users(aliases: frozenset[str], is_alias: bool) -> frozenset[str]:  # noqa: FBT001  read above
    return frozenset(each.partition("@")[0] for each in aliases) if is_alias else aliases


def _named(clause: Clause) -> str:
    return f"{clause.key} {clause.wanted()}"


def _where(place: Place) -> str:
    return f"{place.source}:{place.line}"
