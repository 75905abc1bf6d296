"""One way through the rules: the only place where a rule is held against a request. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.errors import OutcomeError, RequestError
from policy.rules.clauses import failing
from policy.rules.known import Needs
from policy.rules.templates import rendered
from policy.wire.alias import parse_alias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.rules.model import Changes, Rule
    from policy.rules.question import Question
    from policy.rules.table import Section
    from policy.rules.trace import Trace


class Walk:
    """Goes through the rules in order; `next_rule()` stops at each that wants to decide.

    `question` is the request as the rules passed so far have changed it. `overrides` is what they
    lay on a service, by the rule's name, `shadows` names shadow rules that match, `faults` rules
    that spoke and could not be carried out, with the reason.
    """

    def __init__(self, section: Section, question: Question, trace: Trace | None) -> None:
        self.question = question
        self.overrides: list[tuple[str, Mapping[str, object]]] = []
        self.left_to_directory = ""
        self.shadows: list[str] = []
        self.faults: list[tuple[str, str]] = []
        self._section = section
        self._trace = trace
        self._passed = -1
        self._ahead = self._positions()
        if trace is not None:
            trace.begin(question)

    @property
    def is_idle(self) -> bool:
        """Say whether no rule is to be looked at, and nobody wants to know why."""
        return not self._ahead and self._trace is None

    def next_rule(self) -> Rule | None:
        """Give the next rule that matches and has an outcome, None behind the last.

        Raises Needs when a condition lacks a fact.
        """
        while self._ahead:
            position = self._ahead.pop()
            if self._trace is not None:
                self._note_skipped(position)
            self._passed = position
            rule = self._section.rules[position]
            if self._matches(rule) and self._is_enforced(rule) and rule.then is not None:
                return rule
        if self._trace is not None:
            self._note_skipped(len(self._section.rules))
        return None

    def leave_to_directory(self, rule: Rule) -> None:
        """Look at no more rules: this one wants the directory to decide."""
        self.left_to_directory = rule.name
        self._ahead.clear()

    def fault(self, rule: Rule, exc: OutcomeError) -> None:
        """Note that a rule could not be carried out; the next one is looked at."""
        self.faults.append((rule.name, str(exc)))
        if self._trace is not None:
            self._trace.did(f"cannot be carried out: {exc}")

    def _positions(self) -> list[int]:
        """Give the positions ahead of the rules that may match, the nearest last."""
        found = self._section.candidates(self.question)
        return [each for each in reversed(found) if each > self._passed] if found else []

    def _note_skipped(self, end: int) -> None:
        """Note the rules between: whoever explains wants to see all, on the way that calls go."""
        if self._trace is not None:
            self._trace.skipped(self._section.rules[self._passed + 1 : end], self.question)
        self._passed = end

    def _matches(self, rule: Rule) -> bool:
        try:
            clause = failing(rule.clauses, self.question)
        except OutcomeError as exc:
            if self._trace is not None:
                self._trace.stopped(rule, f"a condition cannot be evaluated: {exc}")
            self.faults.append((rule.name, str(exc)))
            return False
        except Needs:
            if self._trace is not None:
                self._trace.stopped(rule, "a condition lacks a fact")
            raise
        if self._trace is not None:
            if clause is None:
                self._trace.matched(rule)
            else:
                self._trace.failed(rule, clause, self.question)
        return clause is None

    def _is_enforced(self, rule: Rule) -> bool:
        """Carry out what a rule changes; a shadow rule is only counted."""
        if rule.is_shadow:
            self.shadows.append(rule.name)
            return False
        self.question.captures = rule.captures.groups(self.question) if rule.captures else {}
        if rule.changes is not None:
            try:
                self._change(rule.name, rule.changes)
            except (OutcomeError, RequestError) as exc:
                self.fault(rule, OutcomeError(str(exc)))
                return False
        if self._trace is not None:
            self._trace.speaks(rule, self.question)
        return True

    def _change(self, name: str, changes: Changes) -> None:
        question = self.question
        facts = {name: text.render(question) for name, text in changes.facts.items()}
        override = {key: rendered(each, question) for key, each in changes.override.items()}
        before = question.alias.text, question.facts
        if changes.alias is not None:
            question.alias = parse_alias(changes.alias.render(question))
            self._ahead = self._positions()
        question.facts = {**question.facts, **facts}
        if override:
            self.overrides.append((name, override))
        if self._trace is not None:
            self._trace.changed(question, *before, override)
