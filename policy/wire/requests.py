"""One frozen type per policy request, read from the raw query once, at the border.

What every decision looks at is read at once; the rest is read from the parameters when a rule or a
decision asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import unquote

from policy.errors import RequestError
from policy.wire.alias import Alias, parse_alias
from policy.wire.fields import UUID_TEXT
from policy.wire.parameters import Parameters, as_utf8
from policy.wire.vocabulary import (
    AuthType,
    CallDirection,
    CallProtocol,
    Encryption,
    ParticipantType,
    Role,
    Trigger,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from ipaddress import IPv4Address, IPv6Address

# A phone book entry has no more to compare with than some hundred letters.
MAX_TYPED: Final = 100
# Nodes have always asked for 10 phone book entries.
DEFAULT_ENTRIES: Final = 10
MAX_ENTRIES: Final = 100
# Apps ask for some 40 to 200 pixels; what is larger only costs memory.
MAX_AVATAR_SIDE: Final = 2048


@dataclass(frozen=True, slots=True)
class Call:
    """The facts of one request about a call.

    `alias` is None when what was dialled is empty or cannot be an alias. A direction that is
    missing or unknown counts as an incoming call, the only one that may be refused.
    """

    parameters: Parameters = field(repr=False)
    alias: Alias | None
    direction: CallDirection
    protocol: CallProtocol | None

    @classmethod
    def read(cls, parameters: Parameters, own_nodes: AbstractSet[str]) -> Self:
        """Take from the parameters what every decision looks at."""
        return cls(
            parameters=parameters,
            alias=_alias(parameters.text("local_alias"), parameters, own_nodes),
            direction=parameters.word("call_direction", CallDirection) or CallDirection.DIAL_IN,
            protocol=parameters.word("protocol", CallProtocol),
        )

    @property
    def remote_alias(self) -> str:
        """The far end's alias as it came; of a browser whatever the user typed."""
        return self.parameters.text("remote_alias")

    @property
    def remote_display_name(self) -> str:
        """The far end's name; never logged, never counted."""
        return self.parameters.text("remote_display_name")

    @property
    def remote_address(self) -> IPv4Address | IPv6Address | None:
        """The far end's signalling address; may be a proxy's."""
        return self.parameters.address("remote_address")

    @property
    def remote_port(self) -> int | None:
        """The far end's signalling port."""
        return self.parameters.number("remote_port")

    @property
    def location(self) -> str:
        """The system location of the asking node."""
        return self.parameters.text("location")

    @property
    def node_ip(self) -> IPv4Address | IPv6Address | None:
        """The address of the asking node."""
        return self.parameters.address("node_ip")

    @property
    def proxy_node_address(self) -> IPv4Address | IPv6Address | None:
        """The address of the Proxying Edge Node in front of the caller."""
        return self.parameters.address("proxy_node_address")

    @property
    def proxy_node_location(self) -> str:
        """The system location of that node."""
        return self.parameters.text("proxy_node_location")

    @property
    def registered(self) -> bool:
        """Whether the far end is registered to the platform, which proves its alias."""
        return self.parameters.flag("registered")

    @property
    def trigger(self) -> Trigger | None:
        """What caused the request."""
        return self.parameters.word("trigger", Trigger)

    @property
    def vendor(self) -> str:
        """The far end's make and version, or the user agent of a browser."""
        return self.parameters.text("vendor")

    @property
    def encryption(self) -> Encryption | None:
        """The state of encryption at this moment."""
        return self.parameters.word("encryption", Encryption)

    @property
    def bandwidth(self) -> int | None:
        """The bandwidth asked for; 0 is unknown or unlimited."""
        return self.parameters.number("bandwidth")

    @property
    def call_tag(self) -> str:
        """A free tag that a client attached to itself."""
        return self.parameters.text("call_tag")

    @property
    def idp_uuid(self) -> str:
        """The identity provider that authenticated the participant."""
        return self.parameters.text("idp_uuid")

    @property
    def has_authenticated_display_name(self) -> bool:
        """Whether an identity provider supplied the display name."""
        return self.parameters.flag("has_authenticated_display_name")

    @property
    def supports_direct_media(self) -> bool:
        """Whether direct media is possible for the caller."""
        return self.parameters.flag("supports_direct_media")

    @property
    def teams_tenant_id(self) -> str:
        """The tenant of a Teams Room that calls in."""
        return self.parameters.text("teams_tenant_id")

    @property
    def third_party_passcode(self) -> str:
        """The passcode that a Teams Room took from its calendar; a secret."""
        return self.parameters.text("third_party_passcode")

    @property
    def display_count(self) -> int | None:
        """The screens of the far end."""
        return self.parameters.number("display_count")

    @property
    def telehealth_request_id(self) -> str:
        """The request of an Epic telehealth call."""
        return self.parameters.text("telehealth_request_id")

    @property
    def previous_service_name(self) -> str:
        """The service from which the participant was transferred."""
        return self.parameters.text("previous_service_name")

    @property
    def service_name(self) -> str:
        """The name of the earlier service answer; of a service request only when it has one."""
        return self.parameters.text("service_name")

    @property
    def unique_service_name(self) -> str:
        """The same, made unique for gateway calls and breakout rooms."""
        return self.parameters.text("unique_service_name")

    @property
    def service_tag(self) -> str:
        """The tag of the earlier service answer."""
        return self.parameters.text("service_tag")

    @property
    def breakout_uuid(self) -> str:
        """The breakout room that the request is about; empty unless it is a UUID."""
        written = self.parameters.text("breakout_uuid").lower()
        return written if UUID_TEXT.fullmatch(written) else ""

    @property
    def ms_subnet(self) -> tuple[str, ...]:
        """The sender's subnet, of Lync and Skype for Business callers."""
        return self.parameters.header("ms-subnet")

    @property
    def p_asserted_identity(self) -> tuple[str, ...]:
        """The identity that a SIP header asserts; never logged."""
        return self.parameters.header("p-asserted-identity")

    @property
    def version_id(self) -> tuple[int, ...]:
        """The platform's version, `21.1` as (21, 1); empty when it is unknown."""
        parts = self.parameters.text("version_id").split(".")
        return tuple(int(part) for part in parts if part.isascii() and part.isdigit())[:4]

    @property
    def pseudo_version_id(self) -> str:
        """The platform's build."""
        return self.parameters.text("pseudo_version_id")

    @property
    def request_id(self) -> str:
        """What the support log calls this request."""
        return self.parameters.text("request_id")


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """Ask which room that is, and whether they may in."""

    call: Call

    @classmethod
    def parse(cls, query: str, own_nodes: AbstractSet[str]) -> Self:
        """Read the raw query."""
        return cls(Call.read(Parameters.parse(query), own_nodes))


@dataclass(frozen=True, slots=True)
class ParticipantRequest:
    """Ask as whom somebody joins; browser callers ask twice: `api`, then `standard`.

    `role` is None while it is undecided, which it always is for SIP and H.323.
    """

    call: Call
    participant_type: ParticipantType | None
    role: Role | None

    @classmethod
    def parse(cls, query: str, own_nodes: AbstractSet[str]) -> Self:
        """Read the raw query."""
        parameters = Parameters.parse(query)
        return cls(
            Call.read(parameters, own_nodes),
            parameters.word("participant_type", ParticipantType),
            parameters.word("preauthenticated_role", Role),
        )

    @property
    def idp_attributes(self) -> Mapping[str, tuple[str, ...]]:
        """What the identity provider says, by the attribute's name in lower case."""
        return self.call.parameters.attributes("idp_attribute_")

    @property
    def call_uuid(self) -> str:
        """The participant's call."""
        return self.call.parameters.text("call_uuid")

    @property
    def participant_uuid(self) -> str:
        """The participant."""
        return self.call.parameters.text("participant_uuid")

    @property
    def receive_from_audio_mix(self) -> str:
        """The mix that the participant hears."""
        return self.call.parameters.text("receive_from_audio_mix")

    @property
    def send_to_audio_mixes(self) -> tuple[str, bool]:
        """The mix that the participant speaks into, and whether prominently."""
        parameters = self.call.parameters
        name = parameters.text("send_to_audio_mixes_mix_name")
        return name, parameters.flag("send_to_audio_mixes_prominent")


@dataclass(frozen=True, slots=True)
class LocationRequest:
    """Ask in which system location the media shall run."""

    call: Call

    @classmethod
    def parse(cls, query: str, own_nodes: AbstractSet[str]) -> Self:
        """Read the raw query."""
        return cls(Call.read(Parameters.parse(query), own_nodes))


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """Ask whether a device may register under an alias; there is no other alias."""

    alias: Alias | None
    protocol: CallProtocol | None
    auth_type: AuthType
    location: str

    @classmethod
    def parse(cls, path_segment: str, query: str, own_nodes: AbstractSet[str]) -> Self:
        """Read the percent-encoded alias of the raw path, and the query."""
        parameters = Parameters.parse(query)
        return cls(
            alias=_alias(alias_of_path(path_segment), parameters, own_nodes),
            protocol=parameters.word("protocol", CallProtocol),
            auth_type=parameters.word("auth_type", AuthType) or AuthType.CREDENTIALS,
            location=parameters.text("location"),
        )


@dataclass(frozen=True, slots=True)
class AvatarRequest:
    """Ask for a picture of a participant or of a phone book entry.

    `size` is width and height in pixels, None when it cannot be drawn. Of a phone book entry the
    name is not known.
    """

    alias: Alias | None
    size: tuple[int, int] | None
    location: str
    remote_display_name: str = field(repr=False)

    @classmethod
    def parse(cls, path_segment: str, query: str, own_nodes: AbstractSet[str]) -> Self:
        """Read the percent-encoded alias of the raw path, and the query."""
        parameters = Parameters.parse(query)
        return cls(
            alias=_alias(alias_of_path(path_segment), parameters, own_nodes),
            size=_size(parameters.number("width"), parameters.number("height")),
            location=parameters.text("location"),
            remote_display_name=parameters.text("remote_display_name"),
        )


def _size(width: int | None, height: int | None) -> tuple[int, int] | None:
    if not width or not height or max(width, height) > MAX_AVATAR_SIDE:
        return None
    return width, height


def alias_of_path(segment: str) -> str:
    """Decode an alias of the raw path, in which even `/` comes percent-encoded."""
    return unquote(as_utf8(segment), errors="replace")


@dataclass(frozen=True, slots=True)
class PhonebookRequest:
    """Ask what the user of a registered app may be looking for; each letter typed asks anew."""

    typed: str = field(repr=False)
    asker: Alias | None
    limit: int
    location: str

    @classmethod
    def parse(cls, query: str, own_nodes: AbstractSet[str]) -> Self:
        """Read the raw query. What was typed stays as it is: somebody may be called None."""
        parameters = Parameters.parse(query)
        limit = parameters.number("limit")
        return cls(
            # PostgreSQL has no character 0.
            typed=parameters.values.get("q", "")[:MAX_TYPED].replace("\0", " "),
            asker=_alias(parameters.text("registration_alias"), parameters, own_nodes),
            limit=DEFAULT_ENTRIES if limit is None else min(limit, MAX_ENTRIES),
            location=parameters.text("location"),
        )


def _alias(written: str, parameters: Parameters, own_nodes: AbstractSet[str]) -> Alias | None:
    # The asking node is an own node too, whether or not the settings list it.
    node = parameters.text("node_ip")
    try:
        return parse_alias(written, own_nodes | {node} if node else own_nodes)
    except RequestError:
        return None
