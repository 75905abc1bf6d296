"""The rules in force: compiled, indexed, immutable; `first_match()` is the only matcher. Pure.

Rules are found through an index of what they say about the alias: exact aliases and domains by
dictionary, all regular expressions by one RE2 set, which reads the alias once however many there
are and in time linear in its length. Only the candidates are looked at one by one, in order.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import re2

from policy.rules.model import AliasTest, UseLocationBySubnet, UseService
from policy.wire.vocabulary import CallDirection, RequestType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from policy.rules.model import Condition, Outcome, Rule
    from policy.rules.subnets import Address
    from policy.wire.alias import Alias
    from policy.wire.vocabulary import CallProtocol, ParticipantType, Role

# RE2's default of 8 MiB cannot compile a set of some thousand patterns, and a set that just fits
# throws its automaton away all the time: 2.6 ms instead of 5 us per alias at 10,000 patterns.
_RE2_BYTES: Final = 8 << 20
_RE2_BYTES_PER_PATTERN: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Question:
    """What rules look at in a request; a registration has no direction."""

    alias: Alias
    protocol: CallProtocol | None
    direction: CallDirection | None
    organisation: str = ""
    role: Role | None = None
    participant_type: ParticipantType | None = None
    breakout_uuid: str = ""
    idp_attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    addresses: tuple[Address, ...] = ()


class RuleTable:
    """All rules of all requests; `version` names their text, `size` counts them."""

    def __init__(self, rules: Sequence[Rule] = (), *, version: str = "") -> None:
        self.version = version or hashlib.sha256(repr(rules).encode()).hexdigest()[:12]
        self.size = len(rules)
        self._gateways = {
            str(rule.then.service["name"]): rule
            for rule in reversed(rules)
            if isinstance(rule.then, UseService) and rule.then.is_gateway
        }
        self._sections = {
            request: _Section([rule for rule in rules if request in rule.requests])
            for request in RequestType
        }

    def first_match(self, request: RequestType, question: Question) -> Rule | None:
        """Give the first rule in order that speaks to this request, None when none does."""
        return self._sections[request].first_match(question)

    def gateway_named(self, name: str) -> Rule | None:
        """Give the first rule that makes gateway calls of this name."""
        return self._gateways.get(name)

    def asks_for_organisation(self, request: RequestType) -> bool:
        """Say whether any rule of this request wants to know whose room was dialled."""
        return self._sections[request].asks_for_organisation


class _Section:
    """The rules of one request type, indexed by what they say about the alias."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self.asks_for_organisation = any(rule.when.organisations for rule in rules)
        self._always: list[int] = []
        self._by_test: Mapping[AliasTest, dict[str, list[int]]] = {
            test: defaultdict(list) for test in AliasTest
        }
        for position, rule in enumerate(rules):
            if rule.when.alias is None:
                self._always.append(position)
            else:
                test, text = rule.when.alias
                self._by_test[test][text].append(position)
        self._patterns = list(self._by_test[AliasTest.REGEX].values())
        self._set = _pattern_set(self._by_test[AliasTest.REGEX])

    def first_match(self, question: Question) -> Rule | None:
        for position in sorted(self._candidates(question.alias)):
            if _holds(self._rules[position], question):
                return self._rules[position]
        return None

    def _candidates(self, alias: Alias) -> Iterable[int]:
        exact, domain, kind = AliasTest.EXACT, AliasTest.DOMAIN, AliasTest.KIND
        found = set(self._always)
        found.update(self._by_test[exact].get(alias.text, ()))
        found.update(self._by_test[domain].get(alias.host, ()))
        found.update(self._by_test[kind].get(alias.kind, ()))
        if self._set is not None:
            for number in self._set.Match(alias.text) or ():
                found.update(self._patterns[number])
        return found


def _pattern_set(patterns: Iterable[str]) -> re2.Set | None:
    patterns = list(patterns)
    if not patterns:
        return None
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False  # an alias comes in lower case, a pattern may not
    options.max_mem = _RE2_BYTES + _RE2_BYTES_PER_PATTERN * len(patterns)
    pattern_set = re2.Set.FullMatchSet(options)
    for pattern in patterns:
        pattern_set.Add(pattern)
    pattern_set.Compile()
    return pattern_set


def _holds(rule: Rule, question: Question) -> bool:
    """Hold the parts of a condition that the index does not know against a request."""
    when = rule.when
    if when.protocols and question.protocol not in when.protocols:
        return False
    if when.directions and question.direction not in when.directions:
        return False
    if not when.directions and question.direction is CallDirection.NON_DIAL:
        return False
    if when.breakout_uuids and question.breakout_uuid not in when.breakout_uuids:
        return False
    if when.organisations and question.organisation not in when.organisations:
        return False
    return _fits_the_participant(when, question) and _fits_the_subnet(rule.then, question)


def _fits_the_participant(when: Condition, question: Question) -> bool:
    if when.roles and question.role not in when.roles:
        return False
    if when.participant_types and question.participant_type not in when.participant_types:
        return False
    return all(
        not wanted.isdisjoint(question.idp_attributes.get(name, ()))
        for name, wanted in when.idp_attributes
    )


def _fits_the_subnet(outcome: Outcome, question: Question) -> bool:
    if not isinstance(outcome, UseLocationBySubnet):
        return True
    return outcome.subnets.find(question.addresses) is not None
