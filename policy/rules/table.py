"""The rules in force: compiled, indexed, immutable. Pure.

Rules are found through an index of what they say about the alias and the caller's subnet: exact
aliases and domains by dictionary, regular expressions by sets of RE2, which read the alias once
for hundreds of them and in time linear in its length. Only the candidates are looked at one by one,
in order; `walk.py` does so, and is the only matcher.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import re2

from policy.rules.comparisons import InNetworks, Matches, OneOf
from policy.rules.model import UseService
from policy.rules.walk import Walk
from policy.wire.parameters import address_of
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policy.rules.model import Rule
    from policy.rules.question import Question
    from policy.rules.trace import Trace

# RE2's default of 8 MiB cannot compile a set of some thousand patterns, and a set that just fits
# throws its automaton away all the time: 2.6 ms instead of 5 us per alias at 10,000 patterns.
_RE2_BYTES: Final = 8 << 20
_RE2_BYTES_PER_PATTERN: Final = 64 << 10
# A set is compiled under the interpreter's lock: 2,500 patterns at once keep every call waiting for
# 27 ms, sets of 500 for 4 ms. To ask five sets instead of one costs a call 2 us.
_PATTERNS_PER_SET: Final = 500
# A list of more aliases is looked into as a whole: one set, not an entry of the index for each.
_MOST_INDEXED: Final = 100
# Aliases, and whereabouts of callers: some 300 bytes each. To find what is not among them takes
# 1 us, or more with odd patterns.
_REMEMBERED: Final = 4096


class RuleTable:
    """All rules of all requests; `version` names their text."""

    def __init__(self, rules: Sequence[Rule] = (), *, version: str = "") -> None:
        self.version = version
        self.rules = tuple(rules)
        self.size = len(rules)
        self._gateways = {
            str(rule.then.service["name"]): rule
            for rule in reversed(rules)
            if isinstance(rule.then, UseService)
            and rule.then.service["service_type"] == "gateway"
            and not rule.is_shadow
        }
        self._sections = {
            request: Section([rule for rule in rules if request in rule.requests])
            for request in RequestType
        }

    def walk(self, question: Question, trace: Trace | None = None) -> Walk:
        """Begin to go through the rules of a request."""
        if trace is not None:
            trace.steps.clear()  # deciding has begun again, with a fact more
        return Walk(self._sections[question.request], question, trace)

    def gateway_named(self, name: str) -> Rule | None:
        """Give the first rule that makes gateway calls of this name."""
        return self._gateways.get(name)


class Section:
    """The rules of one request type, each under the one thing that few requests have."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._always: list[int] = []
        self._by_text: dict[str, list[int]] = defaultdict(list)
        self._by_host: dict[str, list[int]] = defaultdict(list)
        self._by_network: dict[tuple[int, int], dict[int, list[int]]] = {}
        by_pattern: dict[str, list[int]] = defaultdict(list)
        for position, rule in enumerate(rules):
            self._enter(position, rule, by_pattern)
        self._patterns = [
            (pattern_set(part), [by_pattern[pattern] for pattern in part])
            for part in _parts(list(by_pattern))
        ]
        self._speaking_of = lru_cache(_REMEMBERED)(self._find)
        self._near_to = lru_cache(_REMEMBERED)(self._find_near)

    def candidates(self, question: Question) -> Sequence[int]:
        """Give the positions of rules that may match, in order; all others cannot."""
        found = self._speaking_of(question.alias.host, question.alias.text, question.completed())
        if self._by_network:
            near = self._near_to(question.whereabouts())
            return sorted({*found, *near}) if near else found
        return found

    def _find(self, host: str, text: str, completed: str) -> Sequence[int]:
        """Find the rules that may speak of an alias; the same rooms are dialled again and again."""
        found = self._always.copy()
        found += self._by_host.get(host, ())
        self._read(text, found)
        if completed:
            found += self._by_host.get(completed.rpartition("@")[2], ())
            self._read(completed, found)
        return tuple(sorted(set(found)))

    def _read(self, text: str, found: list[int]) -> None:
        """Add the rules that speak of one spelling of the alias."""
        found += self._by_text.get(text, ())
        for together, positions in self._patterns:
            for number in together.Match(text) or ():
                found += positions[number]

    def _find_near(self, whereabouts: tuple[str, ...]) -> Sequence[int]:
        """Find the rules of the subnets that any of these addresses is in."""
        found: list[int] = []
        for address in filter(None, map(address_of, whereabouts)):
            number, family = int(address), address.version
            for (version, host_bits), heads in self._by_network.items():
                if version == family:
                    found += heads.get(number >> host_bits, ())
        return tuple(found)

    def _enter(self, position: int, rule: Rule, by_pattern: Mapping[str, list[int]]) -> None:
        indexed = [clause for clause in rule.clauses if _is_indexed(clause)]
        match min(indexed, key=_rank, default=None):
            case OneOf(key="alias", values=texts):
                for text in texts:
                    self._by_text[text].append(position)
            case OneOf(values=hosts):
                for host in hosts:
                    self._by_host[host].append(position)
            case InNetworks(sections=sections):
                self._enter_networks(position, sections)
            case Matches(pattern=pattern):
                by_pattern[pattern].append(position)
            case _:
                self._always.append(position)

    def _enter_networks(
        self, position: int, sections: Mapping[tuple[int, int], frozenset[int]]
    ) -> None:
        for bits, heads in sections.items():
            section = self._by_network.setdefault(bits, {})
            for head in heads:
                section.setdefault(head, []).append(position)


def _is_indexed(clause: object) -> bool:
    match clause:
        case OneOf(key="alias" | "alias.domain", values=values):
            return len(values) <= _MOST_INDEXED
        case InNetworks(key="subnet", networks=networks):
            return len(networks) <= _MOST_INDEXED
        case Matches(key="alias"):
            return True
        case _:
            return False


def _rank(clause: object) -> tuple[bool, bool, bool]:
    """Prefer what fewest requests have: an alias, a subnet, a domain, then a pattern."""
    is_domain = isinstance(clause, OneOf) and clause.key == "alias.domain"
    is_alias = isinstance(clause, OneOf) and not is_domain
    return isinstance(clause, Matches), is_domain, not is_alias


def _parts(patterns: list[str]) -> list[list[str]]:
    starts = range(0, len(patterns), _PATTERNS_PER_SET)
    return [patterns[start : start + _PATTERNS_PER_SET] for start in starts]


def pattern_set(patterns: Sequence[str]) -> re2.Set:
    """Make one set of patterns, numbered in their order."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False  # an alias comes in lower case, a pattern may not
    options.max_mem = _RE2_BYTES + _RE2_BYTES_PER_PATTERN * len(patterns)
    together = re2.Set.FullMatchSet(options)
    for pattern in patterns:
        together.Add(pattern)
    together.Compile()
    return together
