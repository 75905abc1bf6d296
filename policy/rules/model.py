"""Rule, Condition, Outcome as frozen values. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.directory.records import AddressKey
    from policy.rules.subnets import MediaPlace, SubnetTable
    from policy.wire.vocabulary import (
        CallDirection,
        CallProtocol,
        ParticipantType,
        RequestType,
        Role,
    )


class AliasTest(StrEnum):
    """How a rule compares the dialled alias, always in its one spelling."""

    EXACT = "exact"
    DOMAIN = "domain"
    REGEX = "regex"
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule speaks; an empty part does not matter.

    Without `directions` a rule speaks to calls only, never to requests that set up none.
    """

    alias: tuple[AliasTest, str] | None = None
    protocols: frozenset[CallProtocol] = frozenset()
    directions: frozenset[CallDirection] = frozenset()
    organisations: frozenset[str] = frozenset()
    roles: frozenset[Role | None] = frozenset()
    breakout_uuids: frozenset[str] = frozenset()
    participant_types: frozenset[ParticipantType] = frozenset()
    # Each of these must have one of its values; names are in lower case.
    idp_attributes: tuple[tuple[str, frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse; `text` is for whoever reads the answer, and for the user where a node shows it."""

    text: str


@dataclass(frozen=True, slots=True)
class Continue:
    """Leave it to the platform's own configuration."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """Have no opinion: HTTP 404."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the caller to another alias, by SIP 302."""

    new_alias: str


@dataclass(frozen=True, slots=True)
class UseRoom:
    """Answer with what the directory holds under another alias."""

    key: AddressKey


@dataclass(frozen=True, slots=True)
class UseService:
    """Answer with a service written in the rule; a gateway's name is unique for each call."""

    service: Mapping[str, object] = field(repr=False)
    is_gateway: bool


@dataclass(frozen=True, slots=True)
class Override:
    """Change properties of a participant."""

    properties: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Let a device register, with credentials to prove, empty ones, or none at all."""

    result: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class UseLocation:
    """Run the media there."""

    place: MediaPlace


@dataclass(frozen=True, slots=True)
class UseLocationBySubnet:
    """Run the media where the caller's subnet says; a caller of no such subnet does not match."""

    subnets: SubnetTable


Outcome = (
    Reject
    | Continue
    | NotFound
    | Redirect
    | UseRoom
    | UseService
    | Override
    | Credentials
    | UseLocation
    | UseLocationBySubnet
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of an operator: for these requests, when this holds, then that."""

    name: str
    requests: frozenset[RequestType]
    when: Condition
    then: Outcome
