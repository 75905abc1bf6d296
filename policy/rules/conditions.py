"""The `when` of a rule as written. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, TypeVar

import re2
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from policy.documents import Document
from policy.rules.model import AliasTest, Condition
from policy.wire.alias import AliasKind
from policy.wire.fields import AliasText, DomainText, Text, UuidText
from policy.wire.vocabulary import CallDirection, CallProtocol, ParticipantType, RequestType, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

WordT = TypeVar("WordT")


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


def as_list(value: object) -> object:
    """Let one word stand for a list of one."""
    return value if isinstance(value, list) else [value]


Regex = Annotated[str, StringConstraints(min_length=1), AfterValidator(_check_regex)]
# What may be written as one word or as a list of them.
OneOrMore = Annotated[frozenset[WordT], BeforeValidator(as_list), Field(min_length=1)]
WrittenRole = Literal["chair", "guest", "none"]
# Providers differ in letter case.
AttributeName = Annotated[str, StringConstraints(min_length=1, to_lower=True)]

# Where a request says nothing of the kind, a condition could never hold.
CONDITION_IS_FOR: Final[Mapping[str, frozenset[RequestType]]] = {
    "organisation": frozenset({RequestType.PARTICIPANT, RequestType.LOCATION}),
    "breakout_uuid": frozenset({RequestType.SERVICE}),
    "role": frozenset({RequestType.PARTICIPANT}),
    "participant_type": frozenset({RequestType.PARTICIPANT}),
    "idp_attribute": frozenset({RequestType.PARTICIPANT}),
}


class AliasCondition(Document):
    """How the dialled alias is compared: exactly one of these."""

    exact: AliasText = ""
    domain: DomainText = ""
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

    # None would let a file say nothing behind `alias:`, and the rule would speak to every alias.
    alias: AliasCondition = AliasCondition.model_construct()
    protocol: OneOrMore[CallProtocol] = frozenset()
    direction: OneOrMore[CallDirection] = frozenset()
    organisation: OneOrMore[Text] = frozenset()
    role: OneOrMore[WrittenRole] = frozenset()
    breakout_uuid: OneOrMore[UuidText] = frozenset()
    participant_type: OneOrMore[ParticipantType] = frozenset()
    idp_attribute: Annotated[dict[AttributeName, OneOrMore[str]], Field(min_length=1)] = Field(
        default_factory=dict
    )

    def compiled(self) -> Condition:
        """Give the condition as a value."""
        return Condition(
            alias=self.alias.compiled() if "alias" in self.model_fields_set else None,
            protocols=self.protocol,
            directions=self.direction,
            organisations=self.organisation,
            roles=frozenset(None if role == "none" else Role(role) for role in self.role),
            breakout_uuids=self.breakout_uuid,
            participant_types=self.participant_type,
            idp_attributes=tuple(self.idp_attribute.items()),
        )
