"""Text of one rule file to rules; problems carry file, line and column. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from policy.documents import Document, parse
from policy.errors import DocumentError
from policy.platform_names import PlatformNames, unknown_names
from policy.rules.conditions import CONDITION_IS_FOR, When, as_list
from policy.rules.model import Rule
from policy.rules.outcomes import OUTCOMES, Then
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from policy.documents import Place

# Rules say nothing of pictures and phone books: the directory does.
RuledRequest = Literal[
    RequestType.SERVICE, RequestType.PARTICIPANT, RequestType.LOCATION, RequestType.REGISTRATION
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class RuleText(Document):
    """One rule as written."""

    name: Name
    for_: Annotated[
        frozenset[RuledRequest],
        BeforeValidator(as_list),
        Field(alias="for", min_length=1),
    ] = frozenset({RequestType.SERVICE})
    when: When = When()
    then: Then
    note: str = ""
    enabled: bool = True

    @model_validator(mode="after")
    def _outcome_fits_the_requests(self) -> Self:
        for request in sorted(self.for_):
            if self.then.key() not in OUTCOMES[request]:
                known = ", ".join(sorted(OUTCOMES[request]))
                raise ValueError(
                    f"rule {self.name!r}: outcome {self.then.key()!r} is not for {request} "
                    f"requests, known there: {known}"
                )
        return self

    @model_validator(mode="after")
    def _conditions_fit_the_requests(self) -> Self:
        for request in sorted(self.for_):
            for condition, known in CONDITION_IS_FOR.items():
                if condition in self.when.model_fields_set and request not in known:
                    raise ValueError(
                        f"rule {self.name!r}: condition {condition!r} is not for {request} "
                        f"requests, only for {', '.join(sorted(known))}"
                    )
        return self

    def compiled(self) -> Rule:
        """Give the rule as a value."""
        return Rule(self.name, self.for_, self.when.compiled(), self.then.compiled())


class RuleFile(Document):
    """A file of rules, in their order."""

    rules: tuple[RuleText, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule and where its name stands, for problems between files."""

    rule: Rule
    place: Place


def parse_rules(text: str, source: str, platform: PlatformNames | None = None) -> list[PlacedRule]:
    """Give the enabled rules of one file, in order; raises DocumentError with every problem.

    Names of platform objects are held against `platform`.
    """
    parsed = parse(text, source, RuleFile)
    problems = [
        parsed.marks.problem(("rules", index, "then", *loc), said)
        for index, written in enumerate(parsed.value.rules)
        for loc, said in unknown_names(written.then.names(), platform or PlatformNames())
    ]
    if problems:
        raise DocumentError(problems)
    return [
        PlacedRule(written.compiled(), parsed.marks.place_of(("rules", index, "name")))
        for index, written in enumerate(parsed.value.rules)
        if written.enabled
    ]
