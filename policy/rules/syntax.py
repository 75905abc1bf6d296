"""Text of one rule file to rules; problems carry file, line and column. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from policy.documents import Document, parse
from policy.errors import DocumentError
from policy.platform_names import PlatformNames, unknown_names
from policy.rules.comparisons import Matches, compiled, in_networks
from policy.rules.compiling import clauses_of
from policy.rules.conditions import When, requests_for, written
from policy.rules.forms import as_list
from policy.rules.lists import Lists
from policy.rules.model import Rule, UseLocationBySubnet
from policy.rules.outcomes import CHANGES, OUTCOMES, Then
from policy.rules.readings import caller_addresses
from policy.rules.templates import NAMES, placeholders, unknown_placeholder
from policy.wire.vocabulary import RequestType
from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy.documents import Place
    from policy.errors import Problem
    from policy.rules.clauses import Clause

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]

_GROUPS: Final = ("any", "all", "not")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the names in a rule file are held against; None of a kind takes every name."""

    platform: PlatformNames = PlatformNames()
    upstreams: frozenset[str] | None = None


class RuleText(Document):
    """One rule as written."""

    name: Name
    for_: Annotated[
        frozenset[RequestType],
        BeforeValidator(as_list),
        Field(alias="for", min_length=1),
    ] = frozenset({RequestType.SERVICE})
    when: When = When()
    then: Then
    note: str = ""
    enabled: bool = True
    mode: Literal["enforce", "shadow"] = "enforce"

    @model_validator(mode="after")
    def _outcome_fits_the_requests(self) -> Self:
        key = self.then.key()
        for request in sorted(self.for_):
            if key and key not in OUTCOMES[request]:
                known = ", ".join(sorted(OUTCOMES[request]))
                raise ValueError(
                    f"rule {self.name!r}: outcome {key!r} is not for {request} requests, "
                    f"known there: {known}"
                )
            for change in sorted(self.then.changing()):
                if request not in CHANGES[change]:
                    raise ValueError(
                        f"rule {self.name!r}: {change!r} is not for {request} requests, "
                        f"only for {', '.join(sorted(CHANGES[change]))}"
                    )
        return self

    @model_validator(mode="after")
    def _conditions_fit_the_requests(self) -> Self:
        for key in _keys_of(self.when):
            known = requests_for(key)
            for request in sorted(self.for_ - known):
                raise ValueError(
                    f"rule {self.name!r}: condition {key!r} is not for {request} "
                    f"requests, only for {', '.join(sorted(known))}"
                )
        return self

    @model_validator(mode="after")
    def _placeholders_can_be_filled(self) -> Self:
        regex = self.when.alias.regex if "alias" in self.when.model_fields_set else ""
        captures = _groups_of(regex) if regex else []
        unknown = unknown_placeholder(self.then.placeholders(), captures)
        if unknown is not None:
            hint = did_you_mean(unknown, sorted({*NAMES, *captures}))
            if unknown.isdigit():
                numbered = sum(name.isdigit() for name in captures)
                hint = f": the regex of alias has {numbered} groups"
            raise ValueError(f"rule {self.name!r}: ${{{unknown}}} is not known{hint}")
        return self

    def compiled(self, place: str = "", lists: Lists | None = None) -> Rule:
        """Give the rule as a value."""
        lists = lists or Lists()
        then = self.then.compiled()
        clauses = clauses_of(self.when, self.name, self.for_, lists)
        if isinstance(then, UseLocationBySubnet):
            clauses = (*clauses, in_networks("subnet", caller_addresses, then.subnets.networks()))
        return Rule(
            self.name,
            self.for_,
            clauses,
            then,
            self.then.changes(),
            captures=_captures(clauses),
            is_shadow=self.mode == "shadow",
            place=place,
        )


def _captures(clauses: tuple[Clause, ...]) -> Matches | None:
    found = (each for each in clauses if isinstance(each, Matches) and each.key == "alias")
    return next(found, None)


def _groups_of(pattern: str) -> list[str]:
    regex = compiled(pattern)
    return [*(str(number) for number in range(1, regex.groups + 1)), *regex.groupindex]


def _keys_of(when: When) -> Iterator[str]:
    """Give every condition that stands here or in a group."""
    yield from (key for key in written(when) if key not in _GROUPS)
    for group in (*when.any, *when.all, *((when.not_,) if when.not_ else ())):
        yield from _keys_of(group)


class RuleFile(Document):
    """A file of rules, in their order."""

    rules: tuple[RuleText, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule and where its name stands, for problems between files; `then` is its outcome's."""

    rule: Rule
    place: Place
    then: Place
    facts_read: frozenset[str] = frozenset()


def parse_rules(
    text: str, source: str, around: Surroundings | None = None, lists: Lists | None = None
) -> list[PlacedRule]:
    """Give the enabled rules of one file, in order; raises DocumentError with every problem."""
    around, lists = around or Surroundings(), lists or Lists()
    context = {"lists": frozenset(lists.names()), "upstreams": around.upstreams}
    parsed = parse(text, source, RuleFile, context)
    problems: list[Problem] = [
        parsed.marks.problem(("rules", index, "then", *loc), said)
        for index, written in enumerate(parsed.value.rules)
        for loc, said in unknown_names(written.then.names(), around.platform)
    ]
    if problems:
        raise DocumentError(problems)
    placed = []
    for index, written_rule in enumerate(parsed.value.rules):
        if written_rule.enabled:
            place = parsed.marks.place_of(("rules", index, "name"))
            then = parsed.marks.place_of(("rules", index, "then"), key=True)
            rule = written_rule.compiled(f"{source}:{place.line}", lists)
            placed.append(PlacedRule(rule, place, then, facts_read(written_rule)))
    return placed


def facts_read(rule: RuleText) -> frozenset[str]:
    """Give the facts that a rule looks at, which one in front must set."""
    named = {
        name.removeprefix("fact.") for name in rule.then.placeholders() if name.startswith("fact.")
    }
    return frozenset(named | set(_facts_of(rule.when)))


def _facts_of(when: When) -> Iterator[str]:
    yield from when.fact
    for group in (*when.any, *when.all, *((when.not_,) if when.not_ else ())):
        yield from _facts_of(group)
