"""The `then` of a rule as written: one outcome, checked with the wire's own types. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from policy.directory.records import AddressKey
from policy.documents import Document
from policy.networks import Network
from policy.rules.model import (
    Continue,
    Credentials,
    NotFound,
    Outcome,
    Override,
    Redirect,
    Reject,
    UseLocation,
    UseLocationBySubnet,
    UseRoom,
    UseService,
)
from policy.rules.subnets import MediaPlace, SubnetTable
from policy.wire.alias import parse_alias
from policy.wire.fields import AliasText, EmptyText, Text
from policy.wire.participants import ParticipantOverrides
from policy.wire.services import AnyService, Gateway
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTCOMES: Final[Mapping[RequestType, frozenset[str]]] = {
    RequestType.SERVICE: frozenset(
        {"reject", "continue", "not_found", "redirect", "room", "service"}
    ),
    RequestType.PARTICIPANT: frozenset({"reject", "continue", "not_found", "participant"}),
    RequestType.LOCATION: frozenset({"not_found", "location", "location_by_subnet"}),
    RequestType.REGISTRATION: frozenset({"reject", "continue", "not_found", "registration"}),
}
_ALL_OUTCOMES: Final = frozenset().union(*OUTCOMES.values())


class RegistrationOutcome(Document):
    """Credentials to prove, two empty texts to let in unproved, or nothing for single sign-on."""

    username: EmptyText = ""
    password: Annotated[EmptyText, Field(repr=False)] = ""

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if len(self.model_fields_set) == 1 or bool(self.username) != bool(self.password):
            raise ValueError("registration needs both of username and password, or neither")
        return self


class LocationOutcome(Document):
    """A system location, and those tried after it, in order."""

    location: Text
    overflow: tuple[Text, ...] = ()

    def compiled(self) -> MediaPlace:
        """Give the place as a value."""
        return MediaPlace(self.location, self.overflow)


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
    location: LocationOutcome | None = None
    location_by_subnet: Annotated[dict[Network, LocationOutcome] | None, Field(min_length=1)] = None

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

    def names(self) -> dict[str, object]:
        """Give the parts that may name objects of the platform, each under its key."""
        parts = {"service", "location", "location_by_subnet"}
        return self.model_dump(mode="json", exclude_unset=True, include=parts)

    def compiled(self) -> Outcome:
        """Give the outcome as a value."""
        return self._document() or self._word()

    def _document(self) -> Outcome | None:
        if self.service is not None:
            return UseService(self.service.result(), isinstance(self.service, Gateway))
        if self.participant is not None:
            return Override(self.participant.result())
        if self.registration is not None:
            return Credentials(self.registration.model_dump(exclude_unset=True))
        if self.location is not None:
            return UseLocation(self.location.compiled())
        if self.location_by_subnet is not None:
            places = {net: each.compiled() for net, each in self.location_by_subnet.items()}
            return UseLocationBySubnet(SubnetTable(places))
        return None

    def _word(self) -> Outcome:
        if self.room:
            alias = parse_alias(self.room)
            return UseRoom(AddressKey(alias.user, alias.host))
        if self.redirect:
            return Redirect(self.redirect)
        if self.reject:
            return Reject(self.reject)
        return NotFound() if self.not_found else Continue()
