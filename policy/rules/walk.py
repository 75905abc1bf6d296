"""One way through the rules: the only place where a rule is held against a request. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policy.errors import OutcomeError, RequestError
from policy.rules.clauses import failing
from policy.rules.templates import rendered
from policy.rules.trace import Step, Trace
from policy.wire.alias import parse_alias

if TYPE_CHECKING:
    from policy.rules.model import Changes, Rule
    from policy.rules.question import Question
    from policy.rules.table import Section


class Walk:
    """Goes through the rules in order; `next_rule()` stops at each that wants to decide.

    `question` is the request as the rules passed so far have changed it. `override` is what they
    lay on a service, `shadows` names shadow rules that match, `faults` rules that spoke and could
    not be carried out, with the reason.
    """

    def __init__(self, section: Section, question: Question, trace: Trace | None) -> None:
        self.question = question
        self.override: dict[str, object] = {}
        self.shadows: list[str] = []
        self.faults: list[tuple[str, str]] = []
        self._section = section
        self._trace = trace
        self._passed = -1
        self._ahead = self._positions()

    def next_rule(self) -> Rule | None:
        """Give the next rule that matches and has an outcome, None behind the last.

        Raises Needs when a condition lacks a fact.
        """
        while self._ahead:
            self._passed = self._ahead.pop()
            rule = self._section.rules[self._passed]
            if self._matches(rule) and self._is_enforced(rule) and rule.then is not None:
                return rule
        return None

    def fault(self, rule: Rule, exc: OutcomeError) -> None:
        """Note that a rule could not be carried out; the next one is looked at."""
        self.faults.append((rule.name, str(exc)))
        if self._trace is not None:
            last = self._trace.steps[-1]
            self._trace.steps[-1] = replace(last, did=f"cannot be carried out: {exc}")

    def _positions(self) -> list[int]:
        """Give the positions ahead, the nearest last; whoever explains wants to see all rules."""
        if self._trace is not None:
            found = list(range(len(self._section.rules)))
        else:
            found = self._section.candidates(self.question)
        return [position for position in reversed(found) if position > self._passed]

    def _matches(self, rule: Rule) -> bool:
        try:
            clause = failing(rule.clauses, self.question)
        except OutcomeError as exc:
            self._note(rule, failed=f"a condition cannot be evaluated: {exc}")
            self.faults.append((rule.name, str(exc)))
            return False
        if self._trace is not None:
            wanted = f"wanted {clause.wanted()}, got {clause.got(self.question)}" if clause else ""
            self._note(rule, failed=f"{clause.key}: {wanted}" if clause else "")
        return clause is None

    def _is_enforced(self, rule: Rule) -> bool:
        """Carry out what a rule changes; a shadow rule is only counted."""
        if rule.is_shadow:
            self.shadows.append(rule.name)
            return False
        self.question.captures = rule.captures
        if rule.changes is not None:
            try:
                self._change(rule.changes)
            except (OutcomeError, RequestError) as exc:
                self.fault(rule, OutcomeError(str(exc)))
                return False
        return True

    def _change(self, changes: Changes) -> None:
        question = self.question
        facts = {name: text.render(question) for name, text in changes.facts.items()}
        override = {key: rendered(each, question) for key, each in changes.override.items()}
        if changes.alias is not None:
            question.alias = parse_alias(changes.alias.render(question))
            self._ahead = self._positions()
        question.facts = {**question.facts, **facts}
        self.override |= override

    def _note(self, rule: Rule, *, failed: str) -> None:
        if self._trace is not None:
            self._trace.steps.append(Step(rule.name, rule.place, rule.is_shadow, failed))
