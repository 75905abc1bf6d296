"""Text of one rule file to rules; problems carry file, line and column. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

import re2
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from policy.directory.records import AddressKey
from policy.documents import Document, parse
from policy.rules.model import (
    AliasTest,
    Condition,
    Continue,
    Credentials,
    NotFound,
    Outcome,
    Override,
    Redirect,
    Reject,
    Rule,
    UseRoom,
    UseService,
)
from policy.wire.alias import AliasKind, parse_alias
from policy.wire.fields import AliasText, EmptyText, Text
from policy.wire.participants import ParticipantOverrides
from policy.wire.services import AnyService, Gateway
from policy.wire.vocabulary import CallDirection, CallProtocol, RequestType

if TYPE_CHECKING:
    from policy.documents import Place

# Only these are decided by rules; the other three requests know no outcome yet.
RuledRequest = Literal["service", "participant", "registration"]

_OUTCOMES: Final[dict[str, frozenset[str]]] = {
    "service": frozenset({"reject", "continue", "not_found", "redirect", "room", "service"}),
    "participant": frozenset({"reject", "continue", "not_found", "participant"}),
    "registration": frozenset({"reject", "continue", "not_found", "registration"}),
}


def _check_regex(value: str) -> str:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(value, options=options)
    except re2.error as exc:
        said = exc.args[0].decode() if isinstance(exc.args[0], bytes) else exc.args[0]
        is_known_elsewhere = "(?" in value or re.search(r"\\[1-9]", value)
        hint = "; look-around and back-references are not known here" if is_known_elsewhere else ""
        raise ValueError(f"{value!r}: {said}{hint}") from exc
    return value


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Regex = Annotated[str, StringConstraints(min_length=1), AfterValidator(_check_regex)]


class AliasCondition(Document):
    """How the dialled alias is compared: exactly one of these."""

    exact: AliasText = ""
    domain: Annotated[str, StringConstraints(min_length=1, to_lower=True)] = ""
    regex: Regex = ""
    kind: AliasKind = AliasKind.ADDRESS

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("alias needs exactly one of exact, domain, regex, kind")
        return self

    def compiled(self) -> tuple[AliasTest, str]:
        """Give the test and what it compares with."""
        test = AliasTest(min(self.model_fields_set))
        return test, str(getattr(self, test))


class When(Document):
    """All parts that are written must hold."""

    alias: AliasCondition | None = None
    protocol: Annotated[frozenset[CallProtocol], BeforeValidator(_as_list)] = frozenset()
    direction: Annotated[frozenset[CallDirection], BeforeValidator(_as_list)] = frozenset()

    def compiled(self) -> Condition:
        """Give the condition as a value."""
        alias = self.alias.compiled() if self.alias is not None else None
        return Condition(alias, self.protocol, self.direction)


class RegistrationOutcome(Document):
    """Credentials to prove, two empty texts to let in unproved, or nothing for single sign-on."""

    username: EmptyText = ""
    password: Annotated[EmptyText, Field(repr=False)] = ""

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if len(self.model_fields_set) == 1 or bool(self.username) != bool(self.password):
            raise ValueError("registration needs both of username and password, or neither")
        return self


class Then(Document):
    """What happens: exactly one of these."""

    reject: Text = ""
    continue_: Annotated[Literal[True] | None, Field(alias="continue")] = None
    not_found: Literal[True] | None = None
    redirect: Text = ""
    room: AliasText = ""
    service: AnyService | None = None
    participant: ParticipantOverrides | None = None
    registration: RegistrationOutcome | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_word_will_do(cls, value: object) -> object:
        return {value: True} if value in ("continue", "not_found") else value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1 or self.key() not in self._written():
            raise ValueError(f"then needs exactly one of {', '.join(sorted(_ALL_OUTCOMES))}")
        return self

    def key(self) -> str:
        """Give the outcome's key as written."""
        return min(self.model_fields_set).rstrip("_")

    def _written(self) -> set[str]:
        return {name.rstrip("_") for name, value in self if value not in (None, "")}

    def compiled(self) -> Outcome:
        """Give the outcome as a value."""
        if self.service is not None:
            return UseService(self.service.result(), isinstance(self.service, Gateway))
        if self.participant is not None:
            return Override(self.participant.result())
        if self.registration is not None:
            return Credentials(self.registration.model_dump(exclude_unset=True))
        if self.room:
            alias = parse_alias(self.room)
            return UseRoom(AddressKey(alias.user, alias.host))
        if self.redirect:
            return Redirect(self.redirect)
        if self.reject:
            return Reject(self.reject)
        return NotFound() if self.not_found else Continue()


_ALL_OUTCOMES: Final = frozenset().union(*_OUTCOMES.values())


class RuleText(Document):
    """One rule as written."""

    name: Name
    for_: Annotated[
        frozenset[RuledRequest],
        BeforeValidator(_as_list),
        Field(alias="for", min_length=1),
    ] = frozenset({"service"})
    when: When = When()
    then: Then
    note: str = ""
    enabled: bool = True

    @model_validator(mode="after")
    def _outcome_fits_the_requests(self) -> Self:
        for request in sorted(self.for_):
            if self.then.key() not in _OUTCOMES[request]:
                known = ", ".join(sorted(_OUTCOMES[request]))
                raise ValueError(
                    f"rule {self.name!r}: outcome {self.then.key()!r} is not for {request} "
                    f"requests, known there: {known}"
                )
        return self

    def compiled(self) -> Rule:
        """Give the rule as a value."""
        requests = frozenset(RequestType(request) for request in self.for_)
        return Rule(self.name, requests, self.when.compiled(), self.then.compiled())


class RuleFile(Document):
    """A file of rules, in their order."""

    rules: tuple[RuleText, ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule and where its name stands, for problems between files."""

    rule: Rule
    place: Place


def parse_rules(text: str, source: str) -> list[PlacedRule]:
    """Give the enabled rules of one file, in order; raises DocumentError with every problem."""
    parsed = parse(text, source, RuleFile)
    return [
        PlacedRule(written.compiled(), parsed.marks.place_of(("rules", index, "name")))
        for index, written in enumerate(parsed.value.rules)
        if written.enabled
    ]
