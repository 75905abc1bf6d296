"""How a request went through the rules, noted for whoever asks why. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from policy.errors import OutcomeError
from policy.rules.known import Needs
from policy.rules.model import RunScript
from policy.rules.variables import variables_of
from policy.scripts.allowance import ScriptLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from policy.rules.clauses import Clause
    from policy.rules.model import Rule
    from policy.rules.question import Question


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was looked at.

    `condition` names the first condition that does not hold, with what it wanted and what it got;
    it is empty for a rule that matches. `did` says what a matching rule did, `log` what its script
    wrote for debugging, which may hold PINs.
    """

    rule: str
    place: str
    is_shadow: bool
    condition: str = ""
    wanted: str = ""
    got: str = ""
    did: tuple[str, ...] = ()
    log: tuple[str, ...] = field(default=(), repr=False)

    @property
    def failed(self) -> str:
        """Say in one line why the rule does not match, empty for one that does."""
        if not self.wanted:
            return self.condition
        return f"{self.condition}: wanted {self.wanted}, got {self.got}"


@dataclass(slots=True)
class Trace:
    """Every rule in its order, up to the one that decides; `question` is as they have left it."""

    steps: list[Step] = field(default_factory=list)
    question: Question | None = None

    def begin(self, question: Question) -> None:
        """Forget what was noted: deciding has begun again, with a fact more."""
        self.steps.clear()
        self.question = question

    def failed(self, rule: Rule, clause: Clause, question: Question) -> None:
        """Note a rule that does not match."""
        got = clause.got(question)
        step = Step(rule.name, rule.place, rule.is_shadow, clause.key, clause.wanted(), got)
        self.steps.append(step)

    def skipped(self, rules: Iterable[Rule], question: Question) -> None:
        """Note rules that cannot match, as the index of the table says.

        Conditions that stand in front of the one that fails may lack a fact, or not be evaluated;
        nobody is asked for the sake of a trace, and no fault is made of it.
        """
        for rule in rules:
            for clause in rule.clauses:
                try:
                    holds = clause.holds(question)
                except (Needs, OutcomeError):
                    continue
                if not holds:
                    self.failed(rule, clause, question)
                    break

    def stopped(self, rule: Rule, why: str) -> None:
        """Note a rule of which it cannot be said whether it matches."""
        self.steps.append(Step(rule.name, rule.place, rule.is_shadow, why))

    def matched(self, rule: Rule) -> None:
        """Note a rule that matches."""
        self.steps.append(Step(rule.name, rule.place, rule.is_shadow))

    def did(self, text: str) -> None:
        """Note what the rule did that matched last."""
        last = self.steps[-1]
        self.steps[-1] = replace(last, did=(*last.did, text))

    def changed(
        self, question: Question, alias: str, facts: Mapping[str, str], override: Iterable[str]
    ) -> None:
        """Note what a rule has changed; `alias` and `facts` are as they were before."""
        for name, value in question.facts.items():
            if facts.get(name) != value:
                self.did(f"sets {name}: {_quoted(facts.get(name))} → {_quoted(value)}")
        if question.alias.text != alias:
            self.did(f"rewrites the alias: {alias} → {question.alias.text}")
        fields = ", ".join(sorted(override))
        if fields:
            self.did(f"overrides {fields} of the service that is answered")

    def speaks(self, rule: Rule, question: Question) -> None:
        """Run a script once more, for what it logs; its faults show when it is carried out."""
        if not isinstance(rule.then, RunScript):
            return
        script, moment, log = rule.then.script, question.moment, ScriptLog()
        try:
            variables = variables_of(script, question)
            script.render(variables, now=moment.now, token=moment.token, log=log)
        except (Needs, OutcomeError):
            pass
        self.steps[-1] = replace(self.steps[-1], log=tuple(log.lines))


def _quoted(value: str | None) -> str:
    return "nothing" if value is None else f"'{value}'"
