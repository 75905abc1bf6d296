"""The room of a meeting has the values of its templates, and an address of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.directory.records import AddressKey, Booking
from policy.directory.writing.templates import NewTemplate, create_template
from policy.errors import RefusedError
from tests.directory.writing.meetings import HOUR, NOON, book, build_world

if TYPE_CHECKING:
    from tests.database import Database


async def test_a_node_gets_the_values_of_the_templates(database: Database) -> None:
    """Copied when the meeting is booked: a template that changes later changes no meeting."""
    await build_world(database)
    await create_template(
        database.sql,
        NewTemplate(
            None,
            "show",
            {
                "type": "lecture",
                "range": "all",
                "host_view": "one_main_zero_pips",
                "ivr_theme_name": "Region",
                "max_callrate_in": 2_048_000,
                "guest_pin_required": True,
                "host_pins": "100000-499999",
                "participant_limit": 40,
            },
            is_default=True,
        ),
    )

    booked = await book(database.sql, pin="482137", guest_pin="903776")
    await database.sql.execute("""UPDATE template SET service = '{"participant_limit": 1}'""")

    async with database.directory() as directory:
        entry = await directory.find(AddressKey(*booked.addresses[0].split("@")))
    target = entry.target
    assert isinstance(target, Booking)
    name = target.service["name"]
    assert target.service == {
        "service_type": "lecture",
        "name": name,
        "service_tag": "hospital:booking",
        "pin": "482137",
        "guest_pin": "903776",
        "allow_guests": True,
        "participant_limit": 40,
        "host_view": "one_main_zero_pips",
        "guest_view": "one_main_seven_pips",
        "max_pixels_per_second": "hd",
        "ivr_theme_name": "Region",
        "enable_overlay_text": True,
        "guests_can_present": True,
        "force_presenter_into_main": True,
        "mute_all_guests": False,
        "direct_media": "never",
        "max_callrate_in": 2_048_000,
    }
    assert str(name).startswith("r-")
    assert "Ward round" not in str(target.service)


async def test_a_prefix_makes_two_addresses(database: Database) -> None:
    """With the domain it is said, in front of the bare number it is not."""
    await build_world(database)

    booked = await book(database.sql, said={"range": "hospital"})

    whole, bare = booked.addresses
    assert whole == f"ho{bare}@rooms.example.org"
    assert 200_000 <= int(bare) <= 299_999


async def test_an_own_address_is_taken_once(database: Database) -> None:
    """In the domain of the range, or in one that it names."""
    await build_world(database)
    mine = await book(database.sql, own_address="WardRound7")
    other = await book(database.sql, own_address="ward8@rooms.example.org")

    assert mine.addresses == ("wardround7@rooms.example.org",)
    assert other.addresses == ("ward8@rooms.example.org",)
    with pytest.raises(RefusedError, match=r"^address wardround7@rooms.example.org: is taken$"):
        await book(database.sql, own_address="wardround7")


@pytest.mark.parametrize(
    ("organisation", "chosen", "text"),
    [
        ("region", "ward7", "organisation region: its meetings have no own addresses"),
        ("hospital", "ward-7", "address ward-7@rooms.example.org: only a to z and 0 to 9"),
        ("hospital", "0123", "address 0123@rooms.example.org: no number begins with 0"),
        ("hospital", "112", "address 112@rooms.example.org: is an emergency number"),
        ("hospital", "ward7@elsewhere.example.org", "address ward7@elsewhere.example.org: "),
        ("hospital", "0101801234", "address"),
    ],
)
async def test_an_address_that_nobody_may_choose_is_refused(
    database: Database, organisation: str, chosen: str, text: str
) -> None:
    """The organisation, the letters, the number, the domain."""
    await build_world(database)

    with pytest.raises(RefusedError, match=f"^{text}"):
        await book(database.sql, organisation=organisation, own_address=chosen)

    assert await database.sql.fetchval("SELECT count(*) FROM room") == 0


async def test_without_a_range_there_is_no_number(database: Database) -> None:
    """Whoever books is told what is missing."""
    await build_world(database)
    await database.sql.execute("UPDATE template SET range_id = NULL")

    with pytest.raises(RefusedError, match=r"^range: no template of the organisation, above it or"):
        await book(database.sql)
    with pytest.raises(RefusedError, match=r"^address ward7: needs a domain, since no template"):
        await book(database.sql, own_address="ward7")
    booked = await book(database.sql, own_address="ward7@rooms.example.org", ends_at=NOON + HOUR)
    assert booked.addresses == ("ward7@rooms.example.org",)
