"""Rules that are never reached, since an earlier one decides wherever they match. Pure.

Never wrong, but not complete: a rule is named only when one earlier rule surely decides first. So
that thousands of rules take no time, the earlier ones are found by what they ask for.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from policy.rules.clauses import AnyGroup, Expression, SetsUpACall, all_cover, parts_of
from policy.rules.comparisons import AnyOf, InNetworks, Matches, OneOf
from policy.rules.model import (
    Forward,
    OnFailure,
    Override,
    Redirect,
    Reject,
    RunScript,
    UseRoom,
    UseService,
)
from policy.rules.table import pattern_set
from policy.rules.templates import is_template, placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import re2

    from policy.rules.clauses import Clause
    from policy.rules.model import Rule
    from policy.wire.vocabulary import RequestType

    Token = tuple[object, ...]

# A rule that asks for more is found by the name of its condition alone.
_MOST_TOKENS: Final = 100
# Two rules are held against each other in about 2 us; thousands that all ask for, say, a vendor by
# prefix would take minutes. Then some dead rules are not found.
_MOST_PAIRS: Final = 200_000
_ALWAYS: Final[Token] = ("always",)
_OF_ALIAS: Final = frozenset(
    {"alias", "room_kind", "room_state", "organisation", "subtree", "tag", "share", "expr"}
)


def dead_rules(rules: Sequence[Rule]) -> Iterator[tuple[int, int]]:
    """Give each rule that is never reached, with one that is in its way, by their positions."""
    requests = sorted({request for rule in rules for request in rule.requests})
    searches = {request: _Search(rules, request) for request in requests}
    pairs = 0
    for position, rule in enumerate(rules):
        if pairs > _MOST_PAIRS:
            return
        blockers: list[int] = []
        for request in sorted(rule.requests):
            blocker, tried = searches[request].blocker_of(rule)
            pairs += tried
            if blocker is None:
                break
            blockers.append(blocker)
        else:
            yield position, blockers[0]
            continue  # what covers it covers whatever it would
        for request in rule.requests:
            searches[request].pass_by(position, rule)


@dataclass(frozen=True, slots=True)
class _Passed:
    """A rule that decides, and how often alias and facts had been changed in front of it."""

    position: int
    clauses: tuple[Clause, ...]
    alias_changes: int
    fact_changes: int


@dataclass(slots=True)
class _Search:
    """The deciding rules of one request type passed so far, by what they ask for."""

    rules: Sequence[Rule]
    request: RequestType
    _passed: dict[Token, list[_Passed]] = field(default_factory=lambda: defaultdict(list))
    _lengths: dict[tuple[str, int], set[int]] = field(default_factory=lambda: defaultdict(set))
    _sets: dict[str, tuple[list[str], re2.Set]] = field(default_factory=dict)
    _alias_changes: int = 0
    _fact_changes: int = 0

    def __post_init__(self) -> None:
        """Put all regular expressions of a key into one set, which reads a text once."""
        patterns: dict[str, dict[str, None]] = defaultdict(dict)
        for rule in self.rules:
            clause = _rarest(rule.clauses)
            if self.request in rule.requests and isinstance(clause, Matches):
                patterns[clause.key][clause.pattern] = None
        self._sets = {key: (list(each), pattern_set(list(each))) for key, each in patterns.items()}

    def blocker_of(self, rule: Rule) -> tuple[int | None, int]:
        """Give the first rule that decides wherever this one matches, and how many were tried."""
        found: dict[int, _Passed] = {}
        for token in {_ALWAYS, *self._tokens_at(rule.clauses)}:
            found |= {each.position: each for each in self._passed.get(token, ())}
        for position in sorted(found):
            if self._covers(found[position], rule.clauses):
                return position, len(found)
        return None, len(found)

    def _covers(self, passed: _Passed, clauses: tuple[Clause, ...]) -> bool:
        if not all_cover(passed.clauses, clauses):
            return False
        inside = [each.key for clause in passed.clauses for each in parts_of(clause)]
        if passed.alias_changes != self._alias_changes and any(map(_reads_alias, inside)):
            return False
        is_same = passed.fact_changes == self._fact_changes
        return is_same or not any(key.startswith("fact.") for key in inside)

    def pass_by(self, position: int, rule: Rule) -> None:
        """Remember a rule for those behind it."""
        if surely_decides(rule):
            passed = _Passed(position, rule.clauses, self._alias_changes, self._fact_changes)
            for token in self._tokens_of(rule.clauses):
                self._passed[token].append(passed)
        elif rule.changes is not None and not rule.is_shadow:
            self._alias_changes += rule.changes.alias is not None
            self._fact_changes += bool(rule.changes.facts)

    def _tokens_of(self, clauses: tuple[Clause, ...]) -> Iterator[Token]:
        """Give what a later rule must ask for, at least, to be covered by these clauses."""
        match _rarest(clauses):
            case None:
                yield _ALWAYS
            case AnyGroup(groups=groups):
                for group in groups:
                    yield from self._tokens_of(group)
            case OneOf(key, values=values) | AnyOf(key, values=values) if _is_small(values):
                yield from (("=", key, value) for value in values)
            case InNetworks(key, networks=networks, sections=sections) if _is_small(networks):
                for (version, host_bits), heads in sections.items():
                    self._lengths[key, version].add(host_bits)
                    yield from (("net", key, version, host_bits, head) for head in heads)
            case Matches(key, pattern=pattern):
                yield "~", key, pattern
            case clause:
                yield "?", clause.key

    def _tokens_at(self, clauses: tuple[Clause, ...]) -> Iterator[Token]:
        """Give what clauses that cover these may be known by."""
        for clause in clauses:
            yield "?", clause.key
            match clause:
                case OneOf(key, values=values) | AnyOf(key, values=values) if values:
                    yield from self._tokens_at_text(key, next(iter(values)))
                case Matches(key, pattern=pattern):
                    yield "~", key, pattern
                case InNetworks(key, networks=networks) if networks:
                    number, version = int(networks[-1].network_address), networks[-1].version
                    for host_bits in self._lengths[key, version]:
                        yield "net", key, version, host_bits, number >> host_bits
                case AnyGroup(groups=groups):
                    yield from self._tokens_at(groups[0])
                case _:
                    pass

    def _tokens_at_text(self, key: str, text: str) -> Iterator[Token]:
        yield "=", key, text
        yield "=", f"{key}.domain", text.rpartition("@")[2]
        if key in self._sets:
            patterns, together = self._sets[key]
            yield from (("~", key, patterns[number]) for number in together.Match(text) or ())


def surely_decides(rule: Rule) -> bool:
    """Say whether a rule ends the search whenever it matches: nothing in it can fail for a call."""
    if rule.is_shadow or rule.then is None:
        return False
    changes = rule.changes
    if changes is not None:
        texts = [*changes.facts.values(), *((changes.alias,) if changes.alias else ())]
        if any(is_template(each.text) for each in texts) or any(placeholders(changes.override)):
            return False
    match rule.then:
        case RunScript():
            return False
        case Forward(on_failure=on_failure):
            return on_failure is not OnFailure.NEXT
        case Reject(text) | Redirect(text) | UseRoom(text):
            return not is_template(text.text)
        case UseService(has_placeholders=unfinished) | Override(has_placeholders=unfinished):
            return not unfinished
        case _:
            return True


def _rarest(clauses: tuple[Clause, ...]) -> Clause | None:
    """Give the clause that fewest rules share."""
    own = [each for each in clauses if not isinstance(each, SetsUpACall)]
    return min(own, key=_rank, default=None)


def _rank(clause: Clause) -> int:
    match clause:
        case OneOf(values=values) | AnyOf(values=values) if _is_small(values):
            # Thousands of rules may be for SIP, or for a handful of domains.
            return 0 if clause.key == "alias" else 2
        case InNetworks(networks=networks) if _is_small(networks):
            return 1
        case Matches():
            return 1
        case AnyGroup() | Expression():
            return 4
        case _:
            return 3


def _is_small(values: Sequence[object] | frozenset[str]) -> bool:
    return len(values) <= _MOST_TOKENS


def _reads_alias(key: str) -> bool:
    return key in _OF_ALIAS or key.startswith("alias.")
