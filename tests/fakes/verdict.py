"""The words of the judge: what was asked, what came back, and what the node does then."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """The six requests of a Conferencing Node."""

    SERVICE = "service"
    PARTICIPANT = "participant"
    REGISTRATION = "registration"
    LOCATION = "location"
    AVATAR = "avatar"
    PHONEBOOK = "phonebook"


class Outcome(StrEnum):
    """What the node does with an answer."""

    SERVICE = "service"
    REJECT = "reject"
    REDIRECT = "redirect"
    OWN_CONFIGURATION = "own_configuration"
    NO_CHANGE = "no_change"
    OVERRIDES = "overrides"
    LOCATION = "location"
    PICTURE = "picture"
    NO_PICTURE = "no_picture"
    PHONEBOOK = "phonebook"
    CREDENTIALS = "credentials"
    NO_AUTHENTICATION = "no_authentication"
    SINGLE_SIGN_ON = "single_sign_on"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer as it came off the wire."""

    status: int
    content_type: str | None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the node makes of one answer.

    `faults` make the node drop the whole answer. `warnings` name what it bears with and what our
    server must still never send. A `status` of 0 says that no answer came.
    """

    outcome: Outcome
    faults: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    status: int = 0
    content_type: str | None = None
    body: object | None = None

    @property
    def accepted(self) -> bool:
        """Whether the node acts on the answer instead of dropping it."""
        return self.outcome is not Outcome.FAILED

    @property
    def result(self) -> Mapping[str, object]:
        """The `result` object of an accepted answer; empty when there is none."""
        found = self.body.get("result") if isinstance(self.body, dict) else None
        return found if self.accepted and isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Platform:
    """Names that exist on the platform; None leaves that kind of name unchecked."""

    themes: frozenset[str] | None = None
    pinning_configs: frozenset[str] | None = None
    locations: frozenset[str] | None = None
    identity_provider_groups: frozenset[str] | None = None
    playlists: frozenset[str] | None = None
    sip_proxies: frozenset[str] | None = None
    mssip_proxies: frozenset[str] | None = None
    teams_proxies: frozenset[str] | None = None
    h323_gatekeepers: frozenset[str] | None = None
    stun_servers: frozenset[str] | None = None
    turn_servers: frozenset[str] | None = None
    gms_access_tokens: frozenset[str] | None = None
    min_pin_length: int = 4


@dataclass(slots=True)
class Findings:
    """What the judge has found so far in one answer, and what it is held against."""

    platform: Platform = field(default_factory=Platform)
    query: Mapping[str, str | list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def fault(self, path: str, text: str) -> None:
        """Note what makes the node drop the answer."""
        self.faults.append(f"{path}: {text}")

    def warn(self, path: str, text: str) -> None:
        """Note what the node ignores but our server must not send."""
        self.warnings.append(f"{path}: {text}")

    def asked(self, parameter: str) -> str:
        """Return the parameter as the request had it; absent, empty and repeated become text."""
        value = self.query.get(parameter, "")
        return value if isinstance(value, str) else "".join(value[:1])
