"""Text of one rule file to rules; problems carry file, line and column. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, cast

from pydantic import BeforeValidator, Field, StrictBool, StringConstraints

from policy.documents import Document, Tree, in_file_order, read_tree, validate
from policy.errors import DocumentError
from policy.rules.comparisons import Matches, in_networks
from policy.rules.compiling import clauses_of, in_order
from policy.rules.conditions import When, facts_of
from policy.rules.forms import OrOne, as_list
from policy.rules.job import Surroundings
from policy.rules.lists import Lists
from policy.rules.model import Rule, UseLocationBySubnet
from policy.rules.outcomes import Then
from policy.rules.readings import caller_addresses
from policy.rules.rule_checks import rooms_of, wrong_in
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policy.documents import Marks, Place
    from policy.errors import Problem
    from policy.rules.clauses import Clause
    from policy.rules.rule_checks import NamedRoom
    from policy.wording import Loc

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class RuleText(Document):
    """One rule as written."""

    name: Name = Field(description="What traces and metrics call it; no two rules have the same.")
    for_: Annotated[
        frozenset[RequestType],
        BeforeValidator(as_list),
        OrOne(),
        Field(alias="for", min_length=1, description="The requests it is for, else service alone."),
    ] = frozenset({RequestType.SERVICE})
    when: When = Field(When(), description="What must hold; without it the rule always matches.")
    then: Then = Field(description="What happens: changes, an outcome, or both.")
    note: str = Field("", description="For whoever reads the file.")
    enabled: StrictBool = Field(True, description="false: as if the rule were not there.")  # noqa: FBT003  pydantic's form
    mode: Literal["enforce", "shadow"] = Field(
        "enforce", description="shadow: evaluated and counted, and does nothing."
    )

    def compiled(self, place: str = "", lists: Lists | None = None) -> Rule:
        """Give the rule as a value."""
        lists = lists or Lists()
        then = self.then.compiled()
        clauses = clauses_of(self.when, self.name, self.for_, lists)
        if isinstance(then, UseLocationBySubnet):
            near = in_networks("subnet", caller_addresses, then.subnets.networks())
            clauses = in_order((*clauses, near))
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


class RuleFile(Document):
    """A file of rules, in their order."""

    rules: tuple[RuleText, ...] = Field((), description="The first that matches decides.")


class _Frame(Document):
    """A rule file without what its rules say: each of them is read by itself."""

    rules: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule and where its name stands, for problems between files; `then` is its outcome's."""

    rule: Rule
    place: Place
    then: Place
    facts_read: frozenset[str] = frozenset()
    rooms: tuple[NamedRoom, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedRules:
    """The enabled rules of a file that are right, in order, and what is wrong with the others."""

    placed: tuple[PlacedRule, ...]
    problems: tuple[Problem, ...]


def parse_rules(
    text: str, source: str, around: Surroundings | None = None, lists: Lists | None = None
) -> list[PlacedRule]:
    """Give the enabled rules of one file, in order; raises DocumentError with every problem."""
    parsed = read_rules(text, source, around, lists)
    if parsed.problems:
        raise DocumentError(parsed.problems)
    return list(parsed.placed)


def read_rules(
    text: str, source: str, around: Surroundings | None = None, lists: Lists | None = None
) -> ParsedRules:
    """Read one file as far as it can be read: a wrong rule hides nothing of the others."""
    around, lists = around or Surroundings(), lists or Lists()
    context = {"lists": frozenset(lists.names()), "upstreams": around.upstreams}
    placed: list[PlacedRule] = []
    problems: list[Problem] = []
    try:
        tree = read_tree(text, source)
        frame = validate(tree, _Frame)
    except DocumentError as exc:
        return ParsedRules((), exc.problems)
    for index, document in enumerate(frame.value.rules):
        loc = ("rules", index)
        try:
            written = validate(Tree(document, tree.marks), RuleText, context, loc).value
        except DocumentError as exc:
            problems += exc.problems
            continue
        wrong = list(_wrong(written, document, tree.marks, loc, around))
        problems += wrong
        if not wrong:
            rule = _placed(written, tree.marks, loc, lists)
            placed += [rule] if written.enabled else []
    return ParsedRules(tuple(placed), tuple(in_file_order(problems)))


def _wrong(
    written: RuleText, document: object, marks: Marks, loc: Loc, around: Surroundings
) -> Iterator[Problem]:
    raw = cast("Mapping[str, object]", document)
    for each in wrong_in(written, raw, around.platform):
        yield marks.problem((*loc, *each.loc), each.text, key=each.is_key)


def _placed(written: RuleText, marks: Marks, loc: Loc, lists: Lists) -> PlacedRule:
    place = marks.place_of((*loc, "name"))
    rule = written.compiled(f"{place.source}:{place.line}", lists)
    return PlacedRule(
        rule,
        place,
        marks.place_of((*loc, "then"), key=True),
        facts_read(written),
        tuple(rooms_of(written.then, marks, (*loc, "then"))),
    )


def facts_read(rule: RuleText) -> frozenset[str]:
    """Give the facts that a rule looks at, which one in front must set."""
    named = {
        name.removeprefix("fact.") for name in rule.then.placeholders() if name.startswith("fact.")
    }
    return frozenset(named | set(facts_of(rule.when)))
