"""Parameter sets of real requests, in the order and spelling of three node versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.fakes.versions import BUILDS, ORDER, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    Query = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Site:
    """The asking node: its version and where it stands."""

    version: Version = Version.V35
    location: str = "London"
    node_ip: str = "10.144.101.21"

    @property
    def knows_participants(self) -> bool:
        """Whether nodes of this version ask for participant properties at all."""
        return self.version is Version.V35


@dataclass(frozen=True, slots=True)
class Caller:
    """The far end as the node sees it."""

    protocol: str
    trigger: str
    alias: str
    vendor: str
    display_name: str = "Alice"
    address: str = "10.44.151.5"
    port: int = 58435
    bandwidth: int = 0
    encryption: str = "On"
    registered: bool = False
    asserted_identity: str = ""
    subnet: str = ""
    call_tag: str = ""
    idp_uuid: str = ""
    idp_attributes: Mapping[str, str | list[str]] = field(default_factory=dict)


ROOM_SYSTEM = Caller(
    protocol="sip",
    trigger="invite",
    alias="sip:alice@example.org",
    vendor="TANDBERG/529 (ce11.40.1.1.10bdaa53ce2) Cisco-RoomKitMini",
)
H323_ENDPOINT = Caller(
    protocol="h323",
    trigger="setup",
    alias="h323:room12",
    vendor="PolycomRealPresenceGroup310/6.2.2",
    display_name="Room 12",
    address="10.20.3.4",
    port=1720,
    bandwidth=4096,
    encryption="Off",
)
S4B_CLIENT = Caller(
    protocol="mssip",
    trigger="invite",
    alias="sip:alice@example.org",
    vendor="UCCAPI/16.0.7967.5277 OC/16.0.7967.2139 (Skype for Business)",
    address="10.47.2.20",
    port=63726,
    asserted_identity='"Alice"<sip:alice@example.org>',
    subnet="10.47.2.0",
)
BROWSER = Caller(
    protocol="api",
    trigger="web",
    alias="Alice",
    vendor=(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Safari/537.36"
    ),
    port=64703,
)


def boolean(value: object) -> str:
    """Write a truth value as nodes do, in Python's own spelling."""
    return str(bool(value))


@dataclass(frozen=True, slots=True)
class Leg:
    """One call from one far end to one alias, which asks several things under one identity."""

    site: Site
    caller: Caller
    alias: str
    direction: str = "dial_in"
    participant_uuid: str = field(default_factory=lambda: str(uuid4()))
    call_uuid: str = field(default_factory=lambda: str(uuid4()))

    def service(self, **extra: str) -> Query:
        """Build the service configuration request; `extra` adds conditional parameters."""
        facts = self._facts() | extra
        if self.site.version is Version.V16:
            del facts["encryption"]
        if self.site.version is Version.V21:
            facts |= {"proxy_node_address": "", "proxy_node_location": ""}
        return self._ordered(facts)

    def participant(
        self, service: Mapping[str, object], participant_type: str, role: str = ""
    ) -> Query:
        """Build the participant properties request; an empty role says that it is open."""
        facts = self._facts() | _service_facts(service)
        facts |= {
            "third_party_passcode": "",
            "display_count": "",
            "preauthenticated_role": role,
            "bypass_lock": boolean(value=False),
            "receive_from_audio_mix": "main",
            "participant_type": participant_type,
            "participant_uuid": self.participant_uuid,
            "call_uuid": self.call_uuid,
            "breakout_uuid": "",
            "send_to_audio_mixes_mix_name": "main",
            "send_to_audio_mixes_prominent": boolean(value=False),
        }
        attributes = self.caller.idp_attributes
        named = {f"idp_attribute_{name}": value for name, value in attributes.items()}
        return self._ordered(facts) | named

    def media_location(self, service: Mapping[str, object]) -> Query:
        """Build the media location request."""
        facts = self._facts() | _service_facts(service)
        facts |= {"proxy_node_address": "", "proxy_node_location": ""}
        return self._ordered(facts | {"request_id": self.call_uuid[:8]})

    def _facts(self) -> dict[str, str]:
        """Everything that all requests of this call say; each version picks what it knows."""
        site, caller = self.site, self.caller
        facts = {
            "call_direction": self.direction,
            "protocol": caller.protocol,
            "bandwidth": str(caller.bandwidth),
            "vendor": caller.vendor,
            "encryption": caller.encryption,
            "registered": boolean(caller.registered),
            "trigger": caller.trigger,
            "remote_display_name": caller.display_name,
            "remote_alias": caller.alias,
            "remote_address": caller.address,
            "remote_port": str(caller.port or ""),
            "call_tag": caller.call_tag,
            "idp_uuid": caller.idp_uuid,
            "has_authenticated_display_name": boolean(caller.idp_uuid),
            "supports_direct_media": boolean(value=False),
            "teams_tenant_id": "",
            "location": site.location,
            "node_ip": site.node_ip,
            "version_id": site.version.value,
            "pseudo_version_id": BUILDS[site.version],
            "local_alias": self.alias,
        }
        return facts | _sip_headers(caller)

    def _ordered(self, facts: Mapping[str, str]) -> Query:
        return {key: facts[key] for key in ORDER[self.site.version] if key in facts}


def _sip_headers(caller: Caller) -> dict[str, str]:
    """Say what the SIP message carried; the key's spelling changed between the versions."""
    headers = {"ms-subnet": caller.subnet} if caller.subnet else {}
    if caller.asserted_identity:
        headers["P-Asserted-Identity"] = caller.asserted_identity
        headers["p_Asserted-Identity"] = caller.asserted_identity
    return headers


def _service_facts(service: Mapping[str, object]) -> dict[str, str]:
    """Repeat what the service answer named the service, as every later request does."""
    name = str(service.get("name", ""))
    tag = str(service.get("service_tag", ""))
    return {"unique_service_name": name, "service_name": name, "service_tag": tag}


def outgoing_leg(incoming: Leg, service: Mapping[str, object]) -> tuple[Leg, Query]:
    """Turn a gateway answer into the leg that calls on, and into its service request."""
    called = Caller(
        protocol=str(service["outgoing_protocol"]),
        trigger="unspecified",
        alias=str(service["remote_alias"]),
        vendor="",
        display_name="",
        address="",
        port=0,
    )
    leg = Leg(incoming.site, called, str(service["local_alias"]), direction="dial_out")
    return leg, leg.service(**_service_facts(service))


def registration(site: Site, auth_type: str, protocol: str) -> Query:
    """Build the request of a device that registers; its alias stands in the path alone."""
    return {
        "pseudo_version_id": BUILDS[site.version],
        "protocol": protocol,
        "location": site.location,
        "version_id": site.version.value,
        "remote_address": "10.44.151.5",
        "node_ip": site.node_ip,
        "auth_type": auth_type,
    }


def phonebook(site: Site, typed: str, asker: str, limit: int) -> Query:
    """Build the request of a registered app whose user typed something into the search field."""
    return {
        "q": typed,
        "registration_alias": asker,
        "limit": str(limit),
        "location": site.location,
        "node_ip": site.node_ip,
        "pseudo_version_id": BUILDS[site.version],
        "version_id": site.version.value,
    }


def avatar(site: Site, width: int, height: int) -> Query:
    """Build the short avatar request that follows a phone book search."""
    return {
        "node_ip": site.node_ip,
        "registered": boolean(value=True),
        "version_id": site.version.value,
        "height": str(height),
        "width": str(width),
        "location": site.location,
        "pseudo_version_id": BUILDS[site.version],
    }
