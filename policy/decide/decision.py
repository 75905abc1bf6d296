"""Decision, Reason, and what deciding asks for when it lacks a fact."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from policy.directory.records import AddressKey


class Reason(StrEnum):
    """Why a request was answered so; part of every answer, every count and every trace."""

    OK = "OK"
    OK_DEGRADED = "OK_DEGRADED"  # from an entry past its time: the database is away
    BY_RULE = "BY_RULE"
    NO_RULE = "NO_RULE"  # nothing says otherwise
    NON_DIAL = "NON_DIAL"  # sets up no call
    OWN_DEVICE = "OWN_DEVICE"  # a registered device where its organisation is at home
    DEVICE = "DEVICE"  # a device was dialled: the platform calls it
    FOREIGN_DOMAIN = "FOREIGN_DOMAIN"
    UNKNOWN_ALIAS = "UNKNOWN_ALIAS"
    BAD_ALIAS = "BAD_ALIAS"
    TOO_EARLY = "TOO_EARLY"
    ENDED = "ENDED"
    CANCELLED = "CANCELLED"
    RETIRED = "RETIRED"
    ORG_INACTIVE = "ORG_INACTIVE"
    REGISTRATION_DENIED = "REGISTRATION_DENIED"
    INITIALS = "INITIALS"  # drawn, since there is no picture
    NO_PICTURE = "NO_PICTURE"
    BAD_SIZE = "BAD_SIZE"  # no width and height that can be drawn
    FALLBACK = "FALLBACK"  # the directory is away and nothing is remembered
    LATE = "LATE"  # no decision within the time limit
    FAULT = "FAULT"  # a fault of this program


@dataclass(frozen=True, slots=True)
class Decision:
    """What the node is told; `result` None sends none, an empty one sends `{}`.

    A phone book has a list as its result, and may hide what the platform knows with
    `ignore_local`. An avatar is a JPEG `image` and nothing else.
    """

    action: Action
    reason: Reason
    result: Mapping[str, object] | Sequence[object] | None = field(default=None, repr=False)
    rule: str = ""
    text: str = ""
    ignore_local: bool = False
    image: bytes = field(default=b"", repr=False)

    def notes(self) -> dict[str, object]:
        """Give the keys beside action and result; a node prints most in its support log."""
        notes: dict[str, object] = {"reason": self.reason.value}
        if self.rule:
            notes["rule"] = self.rule
        if self.text:
            notes["text"] = self.text
        if self.ignore_local:
            notes["ignore_local"] = True
        return notes


@dataclass(frozen=True, slots=True)
class Needs:
    """Deciding lacks what the directory says of `key`; ask, and decide again."""

    key: AddressKey


@dataclass(frozen=True, slots=True)
class Moment:
    """What differs from call to call although nothing else does.

    `token` is drawn for each request and makes the name of a gateway call its own.
    """

    now: datetime
    token: str


@dataclass(frozen=True, slots=True)
class Dialling:
    """How an alias without a domain is completed; locations win over the default."""

    default_domain: str = ""
    location_domains: Mapping[str, str] = field(default_factory=dict)

    def domain_for(self, location: str) -> str:
        """Give the domain of a caller's location, empty for none."""
        return self.location_domains.get(location, self.default_domain)


def refuse(reason: Reason, *, text: str = "") -> Decision:
    """Refuse a call. No `result`: a node that sees a usable one lets the caller in."""
    return Decision(Action.REJECT, reason, text=text)


def leave(reason: Reason) -> Decision:
    """Leave it to the platform's own configuration."""
    return Decision(Action.CONTINUE, reason)
