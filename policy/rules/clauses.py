"""Conditions of a rule, compiled: comparisons, the clock, shares, expressions, and groups. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol

from policy.rules.comparisons import OneOf, shown
from policy.rules.variables import variables_of
from policy.wire.vocabulary import CallDirection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy.rules.calendar import Window
    from policy.rules.question import Question
    from policy.scripts.script import Script


class Clause(Protocol):
    """One condition; `key` is what it is called in a rule file."""

    @property
    def key(self) -> str:
        """Its name as written."""
        ...

    def holds(self, question: Question) -> bool:
        """Say whether it holds; raises Needs, and OutcomeError when it cannot be evaluated."""
        ...

    def wanted(self) -> str:
        """Tell a person what would make it hold."""
        ...

    def got(self, question: Question) -> str:
        """Tell a person what the request has."""
        ...

    def covers(self, other: object) -> bool:
        """Say whether it surely holds wherever `other` does."""
        ...


@dataclass(frozen=True, slots=True)
class InWindow:
    """The clock is in a window of time."""

    key: str
    window: Window

    def holds(self, question: Question) -> bool:
        """Look at the clock."""
        return self.window.holds(question.moment.now)

    def wanted(self) -> str:
        """Tell the window."""
        return str(self.window)

    def got(self, question: Question) -> str:
        """Show the time in the window's own zone."""
        return self.window.clock(question.moment.now)

    def covers(self, other: object) -> bool:
        """Hold in every moment of the other's window."""
        return isinstance(other, InWindow) and self.window.covers(other.window)


@dataclass(frozen=True, slots=True)
class InShare:
    """The caller, or what is dialled, is among so many of 10,000; the same ones on every server."""

    key: str
    name: str
    of_10000: int
    by_alias: bool = False

    def holds(self, question: Question) -> bool:
        """Draw the lot."""
        return self._lot(question) < self.of_10000

    def _lot(self, question: Question) -> int:
        if self.by_alias:
            drawn = question.alias.text
        else:
            remote = question.remote()
            drawn = remote.text if remote else str(question.parameters.address("remote_address"))
        digest = blake2b(f"{self.name}\0{drawn}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % 10_000

    def wanted(self) -> str:
        """Name the share."""
        return f"below {self.of_10000 / 100:g} % of {self.name}"

    def got(self, question: Question) -> str:
        """Show the lot."""
        return f"{self._lot(question) / 100:g} %"

    def covers(self, other: object) -> bool:
        """Hold for everybody in a smaller share of the same name."""
        if not isinstance(other, InShare) or other.name != self.name:
            return False
        if other.by_alias is not self.by_alias:
            return False
        return other.of_10000 <= self.of_10000


@dataclass(frozen=True, slots=True)
class Expression:
    """A Jinja2 expression is true."""

    key: str
    script: Script

    def holds(self, question: Question) -> bool:
        """Evaluate; raises OutcomeError when that fails."""
        moment = question.moment
        variables = variables_of(self.script, question)
        return self.script.holds(
            variables, now=moment.now, token=moment.token, allowance=question.allowance
        )

    def wanted(self) -> str:
        """Show the expression."""
        return shown(self.script.source)

    def got(self, question: Question) -> str:
        """Show what came out; an expression that fails has told so before."""
        return str(self.holds(question)).lower()

    def covers(self, other: object) -> bool:
        """Hold wherever the same is asked for."""
        return isinstance(other, Expression) and other.script.source == self.script.source


@dataclass(frozen=True, slots=True)
class SetsUpACall:
    """The request is about a call: what a rule means that says nothing of the direction."""

    key: str = "direction"

    def holds(self, question: Question) -> bool:
        """Look at the direction; requests without one are no calls either way."""
        return question.direction is not CallDirection.NON_DIAL

    def wanted(self) -> str:
        """Say which directions are meant."""
        return "dial_in or dial_out, as for every rule that does not say otherwise"

    def got(self, question: Question) -> str:
        """Show the direction."""
        return str(question.direction)

    def covers(self, other: object) -> bool:
        """Hold wherever a call is asked for."""
        if isinstance(other, OneOf) and other.key == self.key:
            return CallDirection.NON_DIAL not in other.values
        return isinstance(other, SetsUpACall)


@dataclass(frozen=True, slots=True)
class AnyGroup:
    """All clauses of at least one group hold."""

    key: str
    groups: tuple[tuple[Clause, ...], ...]

    def holds(self, question: Question) -> bool:
        """Try group after group."""
        return any(failing(group, question) is None for group in self.groups)

    def wanted(self) -> str:
        """Name the groups."""
        return " or ".join(_all_wanted(group) for group in self.groups)

    def got(self, question: Question) -> str:
        """Show what each group failed at."""
        return " and ".join(_failed(group, question) for group in self.groups)

    def covers(self, other: object) -> bool:
        """Hold wherever one group surely does; a group that may fail would end the whole rule."""
        if self == other:
            return True
        if any(may_fail(clause) for group in self.groups for clause in group):
            return False
        if isinstance(other, AnyGroup):
            return all(self._covers_all_of(group) for group in other.groups)
        return self._covers_all_of((other,))

    def _covers_all_of(self, clauses: tuple[object, ...]) -> bool:
        return any(all_cover(group, clauses) for group in self.groups)


@dataclass(frozen=True, slots=True)
class Not:
    """Not all clauses hold."""

    key: str
    clauses: tuple[Clause, ...]

    def holds(self, question: Question) -> bool:
        """Look for one that does not hold."""
        return failing(self.clauses, question) is not None

    def wanted(self) -> str:
        """Name the clauses."""
        return f"not ({_all_wanted(self.clauses)})"

    def got(self, question: Question) -> str:
        """Show what each clause saw."""
        return ", ".join(f"{each.key}: {each.got(question)}" for each in self.clauses)

    def covers(self, other: object) -> bool:
        """Hold wherever the same is asked for."""
        return self == other


def failing(clauses: tuple[Clause, ...], question: Question) -> Clause | None:
    """Give the first clause that does not hold, None when all do."""
    for clause in clauses:
        if not clause.holds(question):
            return clause
    return None


def all_cover(clauses: tuple[Clause, ...], others: tuple[object, ...]) -> bool:
    """Say whether all clauses surely hold wherever all others do."""
    return all(_holds_with(clause, others) for clause in clauses)


def _holds_with(clause: Clause, others: tuple[object, ...]) -> bool:
    if any(_covers(clause, other) for other in others):
        return True
    if not isinstance(clause, AnyGroup) or may_fail(clause):
        return False
    return any(all_cover(group, others) for group in clause.groups)


def _covers(clause: Clause, other: object) -> bool:
    if isinstance(other, AnyGroup) and not isinstance(clause, AnyGroup):
        return all(any(_covers(clause, each) for each in group) for group in other.groups)
    return clause.covers(other)


def may_fail(clause: Clause) -> bool:
    """Say whether evaluating a clause may raise OutcomeError."""
    return any(isinstance(each, Expression) for each in parts_of(clause))


def parts_of(clause: Clause) -> Iterator[Clause]:
    """Give a clause and every one inside it."""
    yield clause
    match clause:
        case AnyGroup(groups=groups):
            inside = [each for group in groups for each in group]
        case Not(clauses=clauses):
            inside = list(clauses)
        case _:
            return
    for each in inside:
        yield from parts_of(each)


def _all_wanted(clauses: tuple[Clause, ...]) -> str:
    return " and ".join(f"{each.key}: {each.wanted()}" for each in clauses) or "always"


def _failed(clauses: tuple[Clause, ...], question: Question) -> str:
    clause = failing(clauses, question)
    return "" if clause is None else f"{clause.key}: {clause.got(question)}"
