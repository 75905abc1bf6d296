"""Decision and Reason: what the node is told, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Reason(StrEnum):
    """Why a request was answered so; part of every answer, every count and every trace."""

    OK = "OK"
    OK_DEGRADED = "OK_DEGRADED"  # from an entry past its time: the database is away
    BY_RULE = "BY_RULE"
    FORWARDED = "FORWARDED"  # another policy server's answer
    FORWARD_FAILED = "FORWARD_FAILED"  # it gave none, and the rule says what then
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


@dataclass(slots=True)  # not frozen, which would take 0.5 us: one is made for every request
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
    # Shadow rules that match, and rules that spoke and could not be carried out, with the reason.
    shadows: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()

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


def refuse(reason: Reason, *, text: str = "") -> Decision:
    """Refuse a call. No `result`: a node that sees a usable one lets the caller in."""
    return Decision(Action.REJECT, reason, text=text)


def leave(reason: Reason) -> Decision:
    """Leave it to the platform's own configuration."""
    return Decision(Action.CONTINUE, reason)
