"""What nodes ask in service requests: request targets that differ as those of real calls do."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SERVICE: Final = "/policy/v1/service/configuration"
# Stand in the files for what the load generator counts up, so that no two requests are the same.
ID_MARK: Final = "~ID~"
ROOM_MARK: Final = "~ROOM~"
FIRST_ROOM: Final = 7_000_000  # the number of the first room that load/directories.py makes
_VENDORS: Final = (
    "TANDBERG/529 (ce11.40.1.1)",
    "Cisco/RoomOS 11.9.2",
    "PolycomRealPresenceGroup500-6.2.2.8",
    "Yealink VCMeetingEye600 153.432.0.5",
    "LifeSize Icon 600",
    "StarLeaf 4.4",
)
_LOCATIONS: Final = ("Aarhus", "Odense", "Aalborg", "Roskilde", "DMZ")


def spellings(number: object, draw: random.Random) -> str:
    """Write a room's address in one of the ways in which it arrives."""
    forms = (
        f"sip:{number}@rooms.example.org;transport=tls",
        f"sip:{number}@rooms.example.org",
        f"{number}@rooms.example.org",
        f"SIP:{number}@Rooms.Example.Org:5061;transport=tls",
        f"sips:{number}@rooms.example.org:5061",
        f"h323:{number}@rooms.example.org",
    )
    return forms[min(int(draw.expovariate(0.8)), len(forms) - 1)]


def query(number: object, draw: random.Random, request_id: str = ID_MARK) -> str:
    """Give the query of a SIP call as a node of version 35 sends it: some 27 parameters."""
    caller = draw.randrange(100_000)
    text = urlencode(
        {
            "call_direction": "dial_in",
            "protocol": "sip",
            "bandwidth": draw.choice((0, 0, 0, 2048, 4096)),
            "vendor": draw.choice(_VENDORS),
            "encryption": draw.choice(("On", "On", "Off")),
            "registered": "False",
            "trigger": "invite",
            "remote_display_name": f"Ward {caller}",
            "remote_alias": f"sip:ward{caller}@d{caller % 150}.example.org",
            "remote_address": f"192.0.2.{draw.randrange(1, 255)}",
            "remote_port": draw.randrange(20_000, 65_000),
            "call_tag": draw.choice(("", "", f"tag{caller}")),
            "idp_uuid": "",
            "has_authenticated_display_name": "False",
            "supports_direct_media": "False",
            "teams_tenant_id": "",
            "third_party_passcode": "",
            "display_count": draw.choice(("", "1", "2")),
            "ms-subnet": "",
            "breakout_uuid": "",
            "previous_service_name": "",
            "location": draw.choice(_LOCATIONS),
            "node_ip": f"198.51.100.{draw.randrange(1, 17)}",
            "version_id": "35",
            "pseudo_version_id": "77683.0.0",
        }
    )
    local = urlencode({"local_alias": spellings(number, draw)})
    return f"{text}&request_id={request_id}&{local}"


def hits(count: int, rooms: int, *, seed: int = 1) -> list[str]:
    """Give request targets for rooms of a small directory, the popular ones more often."""
    draw = random.Random(seed)  # noqa: S311  the same every time
    popular = [FIRST_ROOM + min(int(draw.expovariate(4 / rooms)), rooms - 1) for _ in range(count)]
    every = list(range(FIRST_ROOM, FIRST_ROOM + rooms))
    return [f"{SERVICE}?{query(number, draw)}" for number in [*every, *popular][-count:]]


def misses(count: int, *, seed: int = 2) -> list[str]:
    """Give request targets whose room the load generator fills in."""
    draw = random.Random(seed)  # noqa: S311  the same every time
    return [f"{SERVICE}?{query(ROOM_MARK, draw)}" for _ in range(count)]


def concrete(target: str, number: int, room: int = 0) -> str:
    """Fill in the marks, to ask once by hand."""
    return target.replace(ID_MARK, f"{number:08x}").replace(ROOM_MARK, str(FIRST_ROOM + room))


def write_paths(path: Path, targets: Sequence[str]) -> None:
    """Write a file for the load generator, one target a line."""
    path.write_text("".join(f"{each}\n" for each in targets), encoding="ascii")
