"""Rule, its outcomes and its changes as frozen values. Pure.

They hold nothing compiled, so that a table of rules can be made in another process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.rules.clauses import Clause
    from policy.rules.comparisons import Matches
    from policy.rules.subnets import MediaPlace, SubnetTable
    from policy.rules.templates import Template
    from policy.scripts.script import Script
    from policy.wire.vocabulary import RequestType


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse; `text` is for whoever reads the answer, and for the user where a node shows it."""

    text: Template


@dataclass(frozen=True, slots=True)
class Continue:
    """Leave it to the platform's own configuration."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """Have no opinion: HTTP 404."""


@dataclass(frozen=True, slots=True)
class UseDirectory:
    """Let the directory decide, as if no rule stood behind."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the caller to another alias, by SIP 302."""

    new_alias: Template


@dataclass(frozen=True, slots=True)
class UseRoom:
    """Answer with what the directory holds under another alias."""

    alias: Template


@dataclass(frozen=True, slots=True)
class UseService:
    """Answer with a service written in the rule; a gateway's name is unique for each call.

    With placeholders the document becomes whole, and is held against its model, for each call.
    """

    service: Mapping[str, object] = field(repr=False)
    has_placeholders: bool = False


@dataclass(frozen=True, slots=True)
class Override:
    """Change properties of a participant."""

    properties: Mapping[str, object] = field(repr=False)
    has_placeholders: bool = False


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


class OnFailure(StrEnum):
    """What becomes of a call when the other policy server gives no usable answer."""

    NEXT = "next"  # the rules behind, then the directory
    CONTINUE = "continue"
    NOT_FOUND = "not_found"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Forward:
    """Ask another policy server, which the settings know as `to`."""

    to: str
    time_limit_s: float
    on_failure: OnFailure


@dataclass(frozen=True, slots=True)
class RunScript:
    """Let a Jinja2 script answer, as Pexip's local policy would."""

    script: Script


Outcome = (
    Reject
    | Continue
    | NotFound
    | UseDirectory
    | Redirect
    | UseRoom
    | UseService
    | Override
    | Credentials
    | UseLocation
    | UseLocationBySubnet
    | Forward
    | RunScript
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a rule changes for whatever answers in the end.

    `facts` are for rules behind; `alias` is dialled from here on; `override` lies on top of the
    service that is answered, fields that its type does not have left out.
    """

    facts: Mapping[str, Template] = field(default_factory=dict)
    override: Mapping[str, object] = field(default_factory=dict, repr=False)
    alias: Template | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of an operator: for these requests, when this holds, then that.

    Without an outcome it only changes something, and the next rule is looked at. A shadow rule is
    evaluated and counted, and does nothing.
    """

    name: str
    requests: frozenset[RequestType]
    clauses: tuple[Clause, ...]
    then: Outcome | None
    changes: Changes | None = None
    captures: Matches | None = None
    is_shadow: bool = False
    place: str = ""
