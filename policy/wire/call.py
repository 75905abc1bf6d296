"""The facts of one request about a call, most of them read when somebody asks for them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Self
from urllib.parse import unquote

from policy.errors import RequestError
from policy.wire.alias import Alias, parse_alias, plain_alias
from policy.wire.fields import UUID_TEXT
from policy.wire.parameters import version_parts
from policy.wire.vocabulary import CallDirection, CallProtocol, Encryption, Trigger

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from policy.wire.parameters import Parameters

# What every address of a node has somewhere, and most aliases have nowhere.
_ADDRESS: Final = re.compile(r"[0-9]\.[0-9]|:.*:")


class Call(NamedTuple):
    """The facts of one request about a call.

    `alias` is None when what was dialled is empty or cannot be an alias. A direction that is
    missing or unknown counts as an incoming call, the only one that may be refused.
    """

    parameters: Parameters
    alias: Alias | None
    direction: CallDirection

    @classmethod
    def read(cls, parameters: Parameters, own_nodes: frozenset[str]) -> Self:
        """Take from the parameters what every decision looks at."""
        return cls(
            parameters,
            read_alias(parameters.text("local_alias"), parameters, own_nodes),
            parameters.word("call_direction", CallDirection) or CallDirection.DIAL_IN,
        )

    @property
    def protocol(self) -> CallProtocol | None:
        """How the far end speaks."""
        return self.parameters.word("protocol", CallProtocol)

    @property
    def local_alias(self) -> str:
        """What was dialled, as it came; of an outgoing call the conference that calls."""
        return self.parameters.text("local_alias")

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
        return written if written and UUID_TEXT.fullmatch(written) else ""

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
        return version_parts(self.parameters.text("version_id"))

    @property
    def pseudo_version_id(self) -> str:
        """The platform's build."""
        return self.parameters.text("pseudo_version_id")

    @property
    def request_id(self) -> str:
        """What the support log calls this request."""
        return self.parameters.text("request_id")


def read_alias(written: str, parameters: Parameters, own_nodes: frozenset[str]) -> Alias | None:
    """Give the one spelling of an alias, None for one that nobody can own."""
    alias, may_name_a_node = _alias_alone(written, own_nodes)
    if may_name_a_node:  # the asking one is an own node, too, whether or not the settings list it
        node = parameters.text("node_ip")
        alias, _ = _alias_alone(written, own_nodes | {node}) if node else (alias, True)
    return alias


# Rooms are dialled again and again; to spell an alias takes longer than to decide.
@lru_cache(maxsize=4096)
def _alias_alone(written: str, own_nodes: frozenset[str]) -> tuple[Alias | None, bool]:
    """Give the alias, and whether another node among ours could make it another one."""
    plain = plain_alias(written, own_nodes)
    if plain is not None:
        return plain, False
    may_name_a_node = _ADDRESS.search(unquote(written)) is not None
    try:
        return parse_alias(written, own_nodes), may_name_a_node
    except RequestError:
        return None, may_name_a_node
