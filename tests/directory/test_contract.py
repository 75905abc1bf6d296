"""What any directory says of every kind of row: the real one and the one in memory alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.records import (
    AddressKey,
    Booking,
    Device,
    Entry,
    OrganisationState,
    PermanentRoom,
    Quarantined,
    Reserved,
    RoomState,
)
from policy.wire.results import ServiceResult
from tests.directory.rows import file_of

if TYPE_CHECKING:
    from tests.directory.conftest import Holding

ACTIVE: Final = OrganisationState.ACTIVE
OWNER: Final = "region-north"
SUBTREE: Final = ("region-north",)
KEY: Final = AddressKey("700", "example.org")
NOBODY: Final = Entry(own_domain=True, target=None)


def room(**more: object) -> dict[str, object]:
    """Write a room that is found under KEY."""
    return {"aliases": ["700@example.org"], "service_name": "r-1", **more}


def service(**more: object) -> ServiceResult:
    """Give the result document of such a room."""
    tag = "region-north:permanent"
    said = {"service_type": "conference", "name": "r-1", "service_tag": tag, **more}
    return ServiceResult.of(said)


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({}, service()),
        ({"allow_guests": False, "participant_limit": 0}, service()),
        ({"service_tag": "own"}, service(service_tag="own")),
        ({"service_tag": ""}, service(service_tag="")),
        ({"description": ""}, service(description="")),
        ({"pin": "4821"}, service(pin="4821")),
        ({"pin": "4821", "allow_guests": True}, service(pin="4821", allow_guests=True)),
        (
            {"pin": "4821", "guest_pin": "9037"},
            service(pin="4821", guest_pin="9037", allow_guests=True),
        ),
        (
            {
                "description": "Blåbærgrød",
                "participant_limit": 12,
                "view": "five_mains_seven_pips",
                "max_pixels_per_second": "fullhd",
                "ivr_theme_name": "North",
                "enable_overlay_text": False,
                "guests_can_present": True,
                "enable_chat": "no",
                "mute_all_guests": False,
                "crypto_mode": "besteffort",
                "direct_media": "best_effort",
            },
            service(
                description="Blåbærgrød",
                participant_limit=12,
                view="five_mains_seven_pips",
                max_pixels_per_second="fullhd",
                ivr_theme_name="North",
                enable_overlay_text=False,
                guests_can_present=True,
                enable_chat="no",
                mute_all_guests=False,
                crypto_mode="besteffort",
                direct_media="best_effort",
            ),
        ),
        (
            {
                "type": "lecture",
                "pin": "77120#",
                "guest_pin": "4410#",
                "host_view": "one_main_seven_pips",
                "guest_view": "one_main_zero_pips",
                "force_presenter_into_main": False,
            },
            service(
                service_type="lecture",
                pin="77120#",
                guest_pin="4410#",
                allow_guests=True,
                host_view="one_main_seven_pips",
                guest_view="one_main_zero_pips",
                force_presenter_into_main=False,
            ),
        ),
    ],
)
async def test_a_room_says_what_its_row_says(
    holding: Holding, row: dict[str, object], wanted: ServiceResult
) -> None:
    """Every column that is set goes into the result, and what is left out is left out."""
    async with holding(file_of(rooms=[room(**row)])) as directory:
        entry = await directory.find(KEY)

    target = PermanentRoom(ACTIVE, RoomState.ACTIVE, wanted, OWNER, subtree=SUBTREE)
    assert entry == Entry(own_domain=True, target=target)


@pytest.mark.parametrize("stage", RoomState)
async def test_a_room_is_found_in_every_state(holding: Holding, stage: RoomState) -> None:
    """Whether a room may be called is for deciding: the directory only says its state."""
    async with holding(file_of(rooms=[room(state=stage.value)])) as directory:
        entry = await directory.find(KEY)

    assert entry.target == PermanentRoom(ACTIVE, stage, service(), OWNER, subtree=SUBTREE)


async def test_the_organisation_of_a_row_counts(holding: Holding) -> None:
    """The state and the code are those of the organisation that owns the row."""
    file = file_of(
        rooms=[room(organisation="closed")],
        devices=[{"organisation": "closed", "alias": "710@example.org", "without_proof": True}],
    )

    async with holding(file) as directory:
        found, device = [
            (await directory.find(AddressKey(local, "example.org"))).target
            for local in ("700", "710")
        ]

    assert isinstance(found, PermanentRoom)
    assert isinstance(device, Device)
    assert found.organisation is device.organisation is OrganisationState.CLOSED
    assert found.service["service_tag"] == "closed:permanent"


async def test_every_alias_leads_to_the_same_room(holding: Holding) -> None:
    """A room has one name, whichever of its aliases is dialled."""
    aliases = ["700@example.org", "800@clinic.example.org", "900"]

    async with holding(file_of(rooms=[room(aliases=aliases)])) as directory:
        entries = [
            await directory.find(AddressKey(local, domain))
            for local, domain in (
                ("700", "example.org"),
                ("800", "clinic.example.org"),
                ("900", ""),
            )
        ]

    assert entries[0].target is not None
    assert [entry.target for entry in entries] == [entries[0].target] * 3


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_booking_says_when(holding: Holding, *, cancelled: bool) -> None:
    """It opens its lead time before its start; offsets are times of the same day."""
    starts_at = datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=1)))
    row = room(
        starts_at=starts_at.isoformat(),
        ends_at=(starts_at + timedelta(hours=2)).isoformat(),
        lead_minutes=15,
        cancelled=cancelled,
    )

    async with holding(file_of(bookings=[row])) as directory:
        entry = await directory.find(KEY)

    assert entry.target == Booking(
        organisation=ACTIVE,
        opens_at=datetime(2026, 3, 29, 0, 15, tzinfo=UTC),
        ends_at=datetime(2026, 3, 29, 2, 30, tzinfo=UTC),
        closes_at=datetime(2026, 3, 29, 2, 30, tzinfo=UTC),
        cancelled=cancelled,
        service=service(service_tag="region-north:booking"),
        owner=OWNER,
        subtree=SUBTREE,
    )


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({}, (True, False, False, "", "")),
        ({"without_proof": True}, (True, False, True, "", "")),
        ({"single_sign_on": True}, (True, True, False, "", "")),
        ({"username": "w", "password": "æ-word"}, (True, False, False, "w", "æ-word")),
        ({"enabled": False}, (False, False, False, "", "")),
    ],
)
async def test_a_device_says_how_it_proves_itself(
    holding: Holding, row: dict[str, object], wanted: tuple[bool, bool, bool, str, str]
) -> None:
    """Enabled, sign-on, without proof, user name, password: as the row has them."""
    async with holding(file_of(devices=[{"alias": "700@example.org", **row}])) as directory:
        entry = await directory.find(KEY)

    assert entry == Entry(own_domain=True, target=Device(ACTIVE, *wanted, OWNER, subtree=SUBTREE))


@pytest.mark.parametrize(("stage", "target"), [("held", Reserved), ("quarantined", Quarantined)])
async def test_an_address_that_nobody_answers_at(
    holding: Holding, stage: str, target: type[Reserved | Quarantined]
) -> None:
    """Held back and quarantined addresses are owned, and by no room."""
    rows: list[dict[str, object]] = [{"alias": "700@example.org", "state": stage}]

    async with holding(file_of(addresses=rows)) as directory:
        entry = await directory.find(KEY)

    assert entry == Entry(own_domain=True, target=target())


@pytest.mark.parametrize(
    ("domain", "owned", "own_domain"),
    [
        ("", True, True),
        ("example.org", True, True),
        ("clinic.example.org", True, True),
        ("old.example.org", False, False),
        ("foreign.example.org", False, False),
        ("org", False, False),
    ],
)
async def test_a_bare_number_is_valid_in_every_own_domain(
    holding: Holding, domain: str, *, owned: bool, own_domain: bool
) -> None:
    """In a domain that is not ours, or only was, nobody owns anything."""
    async with holding(file_of(rooms=[room(aliases=["700"])])) as directory:
        entry = await directory.find(AddressKey("700", domain))

    assert (entry.target is not None, entry.own_domain) == (owned, own_domain)


async def test_an_address_with_its_domain_comes_before_a_bare_one(holding: Holding) -> None:
    """The same number may be bare for all and somebody else's in one domain."""
    rows = [room(aliases=["700"]), room(service_name="r-2")]

    async with holding(file_of(rooms=rows)) as directory:
        found = [
            (await directory.find(AddressKey("700", domain))).target
            for domain in ("", "clinic.example.org", "example.org")
        ]

    assert [isinstance(each, PermanentRoom) and each.service["name"] for each in found] == [
        "r-1",
        "r-1",
        "r-2",
    ]


async def test_an_address_with_a_domain_is_not_found_bare(holding: Holding) -> None:
    """A bare number is completed by deciding, never by the directory."""
    async with holding(file_of(rooms=[room()])) as directory:
        entry = await directory.find(AddressKey("700", ""))

    assert entry == NOBODY


@pytest.mark.parametrize(
    "key",
    [
        AddressKey("701", "example.org"),
        AddressKey("70", "example.org"),
        AddressKey("7%", "example.org"),
        AddressKey("70_", "example.org"),
        AddressKey("'; --", ""),
        AddressKey("x" * 250, ""),
        AddressKey("\u6f22\U0001f600", ""),
        AddressKey("", "example.org"),
        AddressKey("", ""),
    ],
)
async def test_nobody_owns_what_is_not_there(holding: Holding, key: AddressKey) -> None:
    """Keys are compared whole and letter by letter, whatever they hold."""
    async with holding(file_of(rooms=[room()])) as directory:
        entry = await directory.find(key)

    assert entry == NOBODY


async def test_an_empty_directory_owns_no_domain(holding: Holding) -> None:
    """Before anything is written every domain is foreign, and a bare number is nobody's."""
    async with holding(file_of().model_copy(update={"organisations": (), "domains": ()})) as empty:
        entries = [await empty.find(KEY), await empty.find(AddressKey("700", ""))]

    assert entries == [Entry(own_domain=False, target=None), NOBODY]
