"""Devices are made, changed, disabled and deleted at the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import orjson

from tests.cli.rooms.conftest import site

if TYPE_CHECKING:
    from tests.cli.rooms.conftest import Say

__all__ = ["site"]  # a fixture that is used here too

SCREEN: Final = "screen@example.org"


async def test_a_password_is_drawn_asked_for_or_taken_away(site: Say) -> None:
    """It never stands on the command line, and is shown only where it is drawn."""
    make = ("devices", "create", "region-north", SCREEN, "--username", "screen")

    tried = await site(*make, "--dry-run")
    made = await site(*make, "--description", "Reception", "--owner-email", "it@example.org")
    piped = await site("devices", "change", SCREEN, "--ask-password", typed="an odd word\n")
    empty = await site("devices", "change", SCREEN, "--ask-password", typed="\n")
    drawn = await site("devices", "change", SCREEN, "--new-password")
    shown = orjson.loads(await site("devices", "show", SCREEN, "--json"))
    cleared = await site(
        *("devices", "change", SCREEN, "--clear", "username", "--clear", "tags", "--without-proof")
    )
    after = await site("devices", "show", SCREEN)

    assert tried == f"would create {SCREEN}\n"
    assert re.fullmatch(rf"{SCREEN}: created\npassword: \w{{16}} \(shown only here\)\n", made)
    assert piped == f"{SCREEN}: changed\n"
    assert "an empty password" in empty
    assert re.fullmatch(rf"{SCREEN}: changed\npassword: \w{{16}} \(shown only here\)\n", drawn)
    assert (shown["username"], shown["password"]) == ("screen", "set")
    assert (shown["description"], shown["owner_email"]) == ("Reception", "it@example.org")
    assert cleared == f"{SCREEN}: changed\n"
    assert re.search(r"^password +-$", after, re.MULTILINE)
    assert re.search(r"^without proof +yes$", after, re.MULTILINE)


async def test_a_device_goes_in_steps(site: Say) -> None:
    """Enabled, disabled, deleted; its address rests."""
    await site("devices", "create", "region-north", SCREEN, "--single-sign-on", "--disabled")
    listed = await site("devices", "list", "--disabled")

    said = [
        await site("devices", *words)
        for words in (
            ("enable", SCREEN),
            ("enable", SCREEN),
            ("delete", SCREEN),
            ("disable", SCREEN),
            ("delete", SCREEN, "--dry-run"),
            ("delete", SCREEN),
            ("list",),
        )
    ]

    assert listed.splitlines()[1].split()[:4] == [SCREEN, "region-north", "no", "single"]
    assert said[:2] == [f"{SCREEN}: enabled\n", f"refused: device {SCREEN}: is enabled already\n"]
    assert said[2].endswith(": is enabled, disable it first\n")
    assert said[3:5] == [f"{SCREEN}: disabled\n", f"would delete {SCREEN}\n"]
    assert said[5].startswith(f"{SCREEN}: deleted\n{SCREEN}: quarantined until 20")
    assert said[6] == "none\n"


async def test_what_makes_no_sense_is_one_line(site: Say) -> None:
    """Nothing to change, two ways to a password, an address of others."""
    await site("devices", "create", "region-north", SCREEN)

    nothing = await site("devices", "change", SCREEN)
    both = await site("devices", "change", SCREEN, "--ask-password", "--new-password")
    foreign = await site("devices", "create", "region-north", "a@clinic.example.org")
    moved = await site("devices", "change", SCREEN, "--organisation", "closed")

    assert "nothing to change: give at least one option" in nothing
    assert "either --ask-password or --new-password" in both
    assert foreign.endswith("is no domain of region-north, and none that it inherits\n")
    assert moved == f"{SCREEN}: changed\n"
