"""A room is made and changed at the terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.rooms.conftest import Say
    from tests.database import Database

RANGE = ("ranges", "create", "wards", "example.org", "730000", "730999")


async def test_a_room_is_made_with_what_is_drawn(site: Say) -> None:
    """Its address and its PINs are told where they are drawn, and nowhere else."""
    await site(*RANGE)

    tried = await site("rooms", "create", "region-north", "--from-range", "wards", "--dry-run")
    made = await site("rooms", "create", "region-north", "--from-range", "wards")
    listed = await site("rooms", "list")

    assert re.fullmatch(r"would create a room, such as 730\d{3}@example\.org\n", tried)
    match = re.fullmatch(
        r"(r-\S{36}): created, (730\d{3}@example\.org)\nhost PIN: (\d{5})\nguest PIN: (\d{5})\n",
        made,
    )
    assert match is not None
    name, alias, pin, guest_pin = match.groups()
    assert listed.count("\n") == 2
    assert name in listed
    shown = await site("rooms", "show", alias)
    assert pin not in shown + listed
    with_pins = await site("rooms", "show", name, "--show-pins")
    assert re.search(rf"^pin +{pin} +room$", with_pins, re.MULTILINE)
    assert re.search(rf"^guest_pin +{guest_pin} +room$", with_pins, re.MULTILINE)


async def test_pins_are_given_declined_or_drawn(site: Say) -> None:
    """But not two of these at once."""
    room = ("rooms", "create", "region-north", "--alias")

    given = await site(*room, "a@example.org", "--pin", "39471", "--guest-pin", "88203")
    host = await site(*room, "b@example.org", "--no-guest-pin", "--allow-guests")
    none = await site(*room, "c@example.org", "--no-pin")
    call = await site(*room, "d@example.org", "--type", "test_call")
    both = await site(*room, "e@example.org", "--pin", "39471", "--no-pin")

    assert given.endswith("host PIN: 39471\nguest PIN: 88203\n")
    assert "host PIN" in host
    assert "guest PIN" not in host
    assert "PIN" not in none + call
    assert "either give PINs, or --no-guest-pin, or --no-pin" in both


async def test_what_is_given_changes_and_the_rest_stays(site: Say) -> None:
    """Every option bears the name of its field, and any other field has --set."""
    alias = "a@example.org"
    await site("rooms", "create", "region-north", "--alias", alias, "--draft")

    said = await site(
        *("rooms", "change", alias, "--view", "four_mains_zero_pips", "--tag", "a", "--tag", "b"),
        *("--set", "locked=true", "--set", "local_display_name=Ward 7", "--mute-all-guests"),
        *("--participant-limit", "5", "--template", "consultation"),
    )
    shown = await site("rooms", "show", alias)
    cleared = await site("rooms", "change", alias, "--clear", "participant-limit")

    assert said == f"{alias}: changed\n"
    for line in (
        r"state +draft +-",
        r"tags +a, b +-",
        r"template +consultation +-",
        r"view +four_mains_zero_pips +room",
        r"locked +yes +room",
        r"local_display_name +Ward 7 +room",
        r"mute_all_guests +yes +room",
        r"participant_limit +5 +room",
        r"enable_chat +no +template consultation",
        r"max_callrate_in +8192000 +default",
    ):
        assert re.search(f"^{line}$", shown, re.MULTILINE), line
    assert cleared == f"{alias}: changed\n"
    assert re.search(r"participant_limit +1000000 +default", await site("rooms", "show", alias))


async def test_pins_are_drawn_anew(site: Say) -> None:
    """As many as there were; a dry run shows none, since they are not kept."""
    await site("rooms", "create", "region-north", "--alias", "a@example.org", "--no-guest-pin")

    tried = await site("rooms", "change", "a@example.org", "--new-pins", "--dry-run")
    drawn = await site("rooms", "change", "a@example.org", "--new-pins")

    assert tried == "would change a@example.org\n"
    assert re.fullmatch(r"a@example\.org: changed\nhost PIN: \d{5}\n", drawn)


async def test_only_the_key_of_the_site_seals(
    site: Say, tmp_path: Path, database: Database
) -> None:
    """With another one nothing that seals is done; the rest goes on."""
    alias = "a@example.org"
    await site("rooms", "create", "region-north", "--alias", alias)
    before = await database.sql.fetchval("SELECT array_agg(pin) FROM room")
    (tmp_path / "secret.key").write_text(Fernet.generate_key().decode())
    rooms = tmp_path / "rooms.csv"
    rooms.write_text("organisation,aliases,pin\nregion-north,b@example.org,48213\n")
    create = ("rooms", "create", "region-north", "--alias", "b@example.org")

    for words in (
        create,
        (*create, "--as", "region-south"),
        (*create, "--pin", "48213"),
        ("rooms", "change", alias, "--new-pins"),
        ("rooms", "change", alias, "--pin", "48213", "--guest-pin", "90377"),
        ("devices", "create", "region-north", "desk@example.org", "--username", "desk"),
        ("directory", "import", str(rooms)),
    ):
        assert await site(*words) == (
            "refused: secrets.key_file: opens none of the PINs in this database: "
            "is it the file of the servers?\n"
        ), words

    assert await database.sql.fetchval("SELECT array_agg(pin) FROM room") == before
    assert await site("rooms", "change", alias, "--description", "A") == f"{alias}: changed\n"
    assert "created" in await site(*create, "--no-pin")


async def test_what_is_refused_is_one_line(site: Say, database: Database) -> None:
    """In the words of a directory file; nothing is kept of it."""
    make = ("rooms", "create", "region-north", "--alias", "a@example.org")

    said = [
        await site(*make, "--view", "x"),
        await site(*make, "--set", "lockd"),
        await site(*make, "--set", "lockd=1"),
        await site(*make, "--from-range", "none"),
        await site("rooms", "create", "region-north"),
        await site("rooms", "create", "closed", "--alias", "a@clinic.example.org"),
        await site("rooms", "change", "a@example.org"),
        await site("rooms", "change", "a@example.org", "--new-pins"),
    ]

    assert said[0].startswith("refused: room: view: 'x' is not allowed; known here: one_main_zero")
    assert "--set lockd: write it as FIELD=VALUE" in said[1]
    assert said[2] == "refused: room: lockd: is no field of service type conference\n"
    assert said[3].startswith("refused: range 'none': ")
    assert said[4] == "refused: room: needs an alias, or a number range to draw one from\n"
    assert said[5] == "refused: organisation closed is closed: it gets no new rooms\n"
    assert "nothing to change: give at least one option" in said[6]
    assert said[7] == "refused: room a@example.org: no permanent room has this alias, name or id\n"
    assert await database.sql.fetchval("SELECT count(*) FROM room") == 0
