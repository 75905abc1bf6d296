"""The request targets of a call, by protocol, as a node of version 35 sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus, urlencode

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

PREFIX: Final = "/policy/v1"
SERVICE: Final = f"{PREFIX}/service/configuration"
PARTICIPANT: Final = f"{PREFIX}/participant/properties"
LOCATION: Final = f"{PREFIX}/participant/location"
_VENDORS: Final = {
    "sip": "TANDBERG/529 (ce11.40.1.1)",
    "h323": "PolycomRealPresenceGroup500-6.2.2.8",
    "mssip": "UCCAPI/16.0.17928.20156 OC/16.0.17928.20156",
    "api": "Pexip Infinity Connect/2.0.0-41.0.0 (Windows NT 10.0) Chrome/131.0",
    "webrtc": "Pexip Infinity Connect/2.0.0-41.0.0 (Windows NT 10.0) Chrome/131.0",
}


class Caller:
    """Somebody who calls: gives the targets of the requests that nodes send about it."""

    def __init__(self, local: object, protocol: str, draw: random.Random) -> None:
        self._protocol = protocol
        self._draw = draw
        number = draw.randrange(100_000)
        scheme = {"sip": "sip:", "mssip": "sip:", "h323": "h323:"}.get(protocol, "")
        self._alias = f"{local}@rooms.example.org"
        self._site = {
            "bandwidth": 0,
            "vendor": _VENDORS[protocol],
            "encryption": "On",
            "registered": "False",
            "remote_display_name": f"Ward {number}",
            "remote_alias": f"{scheme}ward{number}@d{number % 150}.example.org",
            "remote_address": f"10.{draw.choice((20, 30, 200))}.{number % 256}.{number % 199}",
            "remote_port": 20_000 + number % 40_000,
            "call_tag": "",
            "idp_uuid": "",
            "has_authenticated_display_name": "False",
            "supports_direct_media": "False",
            "teams_tenant_id": "",
            "location": draw.choice(("Aarhus", "Odense", "Aalborg")),
            "node_ip": f"198.51.100.{1 + number % 16}",
            "version_id": 35,
            "pseudo_version_id": "77683.0.0",
        }
        if protocol == "mssip":
            self._site["ms-subnet"] = f"10.20.{number % 256}.0"
            self._site["p_Asserted-Identity"] = f"<sip:ward{number}@elmby.example.org>"
        self._local = f"{scheme}{self._alias}"

    def service(self, trigger: str, *, direction: str = "dial_in") -> str:
        """Ask which service the alias leads to."""
        more = {"display_count": "", "third_party_passcode": ""}
        return self._target(SERVICE, self._protocol, trigger, direction, more)

    def participant(self, kind: str, role: str, protocol: str) -> str:
        """Ask as whom somebody joins."""
        more = {
            "participant_type": kind,
            "preauthenticated_role": role,
            "participant_uuid": self._uuid(),
            "call_uuid": self._uuid(),
            "receive_from_audio_mix": "main",
            "send_to_audio_mixes_mix_name": "main",
            "send_to_audio_mixes_prominent": "False",
            **self._service_names(),
        }
        return self._target(PARTICIPANT, protocol, self._trigger(), "dial_in", more)

    def place(self, protocol: str) -> str:
        """Ask where the media is to run."""
        more = {"proxy_node_address": "", "proxy_node_location": "", **self._service_names()}
        return self._target(LOCATION, protocol, self._trigger(), "dial_in", more)

    def avatar(self) -> str:
        """Ask for the caller's picture."""
        caller = quote_plus(str(self._site["remote_alias"]))
        more = {"width": 100, "height": 100, "role": "chair", **self._service_names()}
        path = f"{PREFIX}/participant/avatar/{caller}"
        return self._target(path, self._protocol, self._trigger(), "dial_in", more)

    def _trigger(self) -> str:
        return {"h323": "setup", "sip": "invite", "mssip": "invite"}.get(self._protocol, "web")

    def _service_names(self) -> dict[str, object]:
        return {"service_name": "r-1", "service_tag": "", "unique_service_name": "r-1"}

    def _uuid(self) -> str:
        return f"{self._draw.getrandbits(32):08x}-0000-4000-8000-{self._draw.getrandbits(48):012x}"

    def _target(
        self, path: str, protocol: str, trigger: str, direction: str, more: Mapping[str, object]
    ) -> str:
        asked = {
            "call_direction": direction,
            "protocol": protocol,
            "trigger": trigger,
            **self._site,
            **more,
            "request_id": f"{self._draw.getrandbits(32):08x}",
            "local_alias": self._local,
        }
        return f"{path}?{urlencode(asked)}"


def scanned(number: int, draw: random.Random) -> str:
    """Ask as a program does that tries numbers."""
    asked = {
        "call_direction": "dial_in",
        "protocol": "sip",
        "trigger": "invite",
        "bandwidth": 0,
        "vendor": "Cisco-SIPGateway/IOS-12.x",
        "encryption": "Off",
        "registered": "False",
        "remote_display_name": "100",
        "remote_alias": "sip:100@203.0.113.77",
        "remote_address": "203.0.113.77",
        "remote_port": 5060,
        "location": "DMZ",
        "node_ip": "198.51.100.1",
        "version_id": 35,
        "pseudo_version_id": "77683.0.0",
        "request_id": f"{draw.getrandbits(32):08x}",
        "local_alias": f"sip:{number}@rooms.example.org",
    }
    return f"{SERVICE}?{urlencode(asked)}"


def registration(device: int) -> str:
    """Ask whether a device may go on being registered."""
    alias = quote_plus(f"device{device}@rooms.example.org")
    asked = {
        "auth_type": "credentials",
        "protocol": "sip",
        "remote_address": f"10.20.{device % 256}.{device % 199}",
        "location": "Aarhus",
        "node_ip": "198.51.100.1",
        "version_id": 35,
        "pseudo_version_id": "77683.0.0",
    }
    return f"{PREFIX}/registrations/{alias}?{urlencode(asked)}"


def phonebook(device: int, typed: str) -> str:
    """Ask what the user of a registered app finds."""
    asked = {
        "q": typed,
        "limit": 10,
        "registration_alias": f"device{device}@rooms.example.org",
        "call_tag": "",
        "location": "Aarhus",
        "node_ip": "198.51.100.1",
        "version_id": 35,
        "pseudo_version_id": "77683.0.0",
    }
    return f"{PREFIX}/registrations?{urlencode(asked)}"
