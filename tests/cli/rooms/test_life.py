"""A room is retired, taken into use again, and deleted; its addresses come and go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.rooms.conftest import Say

ALIAS = "a@example.org"


async def test_a_room_ends_in_steps(site: Say) -> None:
    """Each is told, and one that is no step is refused."""
    await site("rooms", "create", "region-north", "--alias", ALIAS, "--draft")

    said = [
        await site("rooms", *words)
        for words in (
            ("retire", ALIAS),
            ("reactivate", ALIAS),
            ("reactivate", ALIAS),
            ("delete", ALIAS),
            ("retire", ALIAS, "--dry-run"),
            ("retire", ALIAS),
            ("reactivate", ALIAS),
            ("retire", ALIAS),
            ("delete", ALIAS, "--quarantine", "3"),
            ("show", ALIAS),
        )
    ]

    assert said[:3] == [
        "refused: room: from draft to retired is no step of its life\n",
        f"{ALIAS}: active\n",
        f"refused: room {ALIAS}: is active already\n",
    ]
    assert said[3].endswith(": is active, retire it first\n")
    assert said[4:8] == [
        f"would retire {ALIAS}\n",
        f"{ALIAS}: retired\n",
        f"{ALIAS}: active\n",
        f"{ALIAS}: retired\n",
    ]
    assert re.fullmatch(
        rf"{ALIAS}: deleted\n{ALIAS}: quarantined until \d{{4}}-\d\d-\d\dT\d\d:\d\d\+0[12]:00\n",
        said[8],
    )
    assert f"{ALIAS} (quarantined)" in said[9]


async def test_addresses_are_added_moved_and_removed(site: Say) -> None:
    """Chosen or drawn; what is given away rests."""
    await site("rooms", "create", "region-north", "--alias", ALIAS)
    await site("rooms", "create", "region-north", "--alias", "b@example.org")
    await site("ranges", "create", "r", "example.org", "70", "70", "--prefix", "north-")

    said = [
        await site("rooms", "alias", *words)
        for words in (
            ("add", ALIAS, "ward@example.org", "--description", "the ward"),
            ("add", ALIAS, "--from-range", "r", "--dry-run"),
            ("add", ALIAS, "--from-range", "r"),
            ("add", ALIAS, "--from-range", "r"),
            ("add", ALIAS),
            ("move", "70", "b@example.org"),
            ("remove", "70", "--quarantine", "0"),
            ("remove", "b@example.org"),
        )
    ]

    assert said[:4] == [
        f"{ALIAS}: ward@example.org added\n",
        f"would add north-70@example.org, 70 to {ALIAS}\n",
        f"{ALIAS}: north-70@example.org, 70 added\n",
        "refused: number range r: exhausted, none of its 1 numbers is free\n",
    ]
    assert "give either an alias or --from-range" in said[4]
    assert said[5] == "70: moved to b@example.org\n"
    assert said[6].startswith("70: removed\n70: quarantined until 20")
    assert said[7].endswith("is the last one of its room, retire the room instead\n")
