"""The database refuses what a node would refuse, whoever writes the SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

import asyncpg
import pytest

from policy.directory.records import OrganisationState, RoomState
from policy.errors import DirectoryError
from policy.wire.fields import (
    Choice,
    CryptoMode,
    DirectMedia,
    Layout,
    LectureLayout,
    MaxPixels,
)
from tests.database import sealed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tests.database import Database

ORGANISATION: Final = "10000000-0000-0000-0000-000000000001"
ROOM: Final = "20000000-0000-0000-0000-000000000001"
BOOKING_ROOM: Final = "20000000-0000-0000-0000-000000000002"
DEVICE: Final = "30000000-0000-0000-0000-000000000001"

FRAME: Final = f"""
INSERT INTO organisation (id, code, name) VALUES ('{ORGANISATION}', 'north', 'North');
INSERT INTO domain (domain, organisation_id) VALUES ('example.org', '{ORGANISATION}');
INSERT INTO room (id, organisation_id, kind) VALUES
    ('{ROOM}', '{ORGANISATION}', 'permanent'), ('{BOOKING_ROOM}', '{ORGANISATION}', 'booking');
INSERT INTO device (id, organisation_id, without_proof) VALUES ('{DEVICE}', '{ORGANISATION}', true)
"""  # noqa: S608  constants


@pytest.fixture
async def sql(database: Database) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give a connection to a database with one organisation, one domain, two rooms, one device."""
    await database.sql.execute(FRAME)
    yield database.sql
    await database.empty()


async def insert(
    sql: asyncpg.Connection[asyncpg.Record], table: str, row: Mapping[str, object]
) -> str:
    """Insert a row and take it back; gives the constraint that refuses it, empty for none."""
    if table == "room":
        try:
            row = sealed(row)
        except DirectoryError as exc:
            return str(exc)
    columns, marks = ", ".join(row), ", ".join(f"${n}" for n in range(1, len(row) + 1))
    transaction = sql.transaction()
    await transaction.start()
    try:
        await sql.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", *row.values())  # noqa: S608  ours
    except asyncpg.IntegrityConstraintViolationError as exc:
        return exc.constraint_name or exc.column_name or "refused"
    finally:
        await transaction.rollback()
    return ""


def room(**more: object) -> dict[str, object]:
    """Write a room row."""
    return {"organisation_id": ORGANISATION, "kind": "permanent", **more}


@pytest.mark.parametrize(
    ("row", "fits"),
    [
        ({"pin": "4821", "allow_guests": True}, True),
        ({"pin": "4821", "guest_pin": "9037", "allow_guests": True}, True),
        ({"pin": "4821", "guest_pin": "4821", "allow_guests": True}, False),
        ({"pin": "4821", "guest_pin": "48210", "allow_guests": True}, False),
        ({"guest_pin": "4821", "allow_guests": True}, False),
        ({"pin": "4821", "guest_pin": "9037"}, False),
        ({"allow_guests": True}, False),
        ({"pin": "77120#", "guest_pin": "4410", "allow_guests": True}, False),
        ({"pin": "482#", "guest_pin": "77120#", "allow_guests": True}, True),
        ({"pin": ""}, False),
        ({"pin": "4821\n"}, False),
        ({"pin": "\u0664\u0668\u0662\u0661"}, False),
        ({"view": "one_main_seven_pips"}, True),
        ({"view": "one_main_seven_pips", "service_type": "lecture"}, False),
        ({"host_view": "one_main_seven_pips"}, False),
        ({"force_presenter_into_main": False}, False),
        ({"service_name": None}, False),
        ({"service_name": "\u00f8" * 251}, False),
        ({"service_name": "\u00f8" * 250}, True),
        ({"participant_limit": 1_000_001}, False),
        ({"organisation_id": DEVICE}, False),
    ],
)
async def test_a_room_is_what_a_node_takes(
    sql: asyncpg.Connection[asyncpg.Record], row: dict[str, object], *, fits: bool
) -> None:
    """PIN pairs, views and texts that a node would refuse are refused when they are written."""
    refusal = await insert(sql, "room", room(**row))

    assert (refusal == "") == fits, refusal


def words_of(choice: object) -> list[str]:
    """List the words of a literal type, or of several joined ones."""
    parts = get_args(choice)
    return [str(choice)] if not parts else [word for part in parts for word in words_of(part)]


ENUMERATIONS: Final = {
    "state": [each.value for each in RoomState],
    "service_type": ["conference", "lecture"],
    "view": words_of(Layout),
    "host_view": words_of(LectureLayout),
    "guest_view": words_of(LectureLayout),
    "max_pixels_per_second": words_of(MaxPixels),
    "enable_chat": words_of(Choice),
    "crypto_mode": words_of(CryptoMode),
    "direct_media": words_of(DirectMedia),
}


@pytest.mark.parametrize(("column", "words"), ENUMERATIONS.items(), ids=ENUMERATIONS)
async def test_a_word_of_a_closed_set(
    sql: asyncpg.Connection[asyncpg.Record], column: str, words: list[str]
) -> None:
    """Each word of the wire is let in, in this spelling; any other is refused."""
    kind = {"service_type": "lecture"} if column in {"host_view", "guest_view"} else {}
    others = ["", "other", words[0].upper(), f"{words[0]} "]

    let_in = [w for w in words if not await insert(sql, "room", room(**{**kind, column: w}))]
    refused = [w for w in others if await insert(sql, "room", room(**{**kind, column: w}))]

    assert (len(words) > 1, let_in, refused) == (True, words, others)


async def test_a_state_of_an_organisation(sql: asyncpg.Connection[asyncpg.Record]) -> None:
    """The program and the database know the same states."""
    rows = {each: {"code": "x", "name": "X", "state": each} for each in (*OrganisationState, "new")}

    refused = [each for each, row in rows.items() if await insert(sql, "organisation", row)]

    assert refused == ["new"]


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        ({"starts_at": "10:00", "ends_at": "10:00"}, "a_meeting_ends_after_its_start"),
        ({"starts_at": "11:00", "ends_at": "10:00"}, "a_meeting_ends_after_its_start"),
        ({"starts_at": "10:00", "ends_at": "infinity"}, "a_meeting_is_in_years_of_four_digits"),
        ({"starts_at": "-infinity", "ends_at": "11:00"}, "a_meeting_is_in_years_of_four_digits"),
        ({"starts_at": "10:00", "ends_at": "9999-06-01"}, "a_meeting_is_in_years_of_four_digits"),
        ({"starts_at": "1970-06-01", "ends_at": "11:00"}, "a_meeting_is_in_years_of_four_digits"),
        (
            {"starts_at": "10:00", "ends_at": "11:00", "lead_minutes": -1},
            "booking_lead_minutes_check",
        ),
        (
            {"starts_at": "10:00", "ends_at": "11:00", "lead_minutes": 525_601},
            "booking_lead_minutes_check",
        ),
        ({"starts_at": "10:00", "ends_at": "11:00", "room_id": ROOM}, "booking_room_id_kind_fkey"),
        ({"starts_at": "10:00", "ends_at": "11:00", "lead_minutes": 525_600}, ""),
    ],
)
async def test_a_booking_is_refused_for_one_reason(
    sql: asyncpg.Connection[asyncpg.Record], row: dict[str, object], refusal: str
) -> None:
    """Times that the program cannot count with never get in, nor a room that is no booking's."""
    values = {"room_id": BOOKING_ROOM, "lead_minutes": 0, **row}
    times = {key: f"2026-05-04 {values.pop(key)}Z" for key in ("starts_at", "ends_at")}
    for key, written in times.items():
        text = str(row[key])
        times[key] = text if "infinity" in text or "-" in text else written

    got = await _insert_booking(sql, values, times)

    assert got == refusal


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        ({"username": "u"}, "username_and_password_come_together"),
        ({"sealed_password": "s"}, "username_and_password_come_together"),
        ({"username": "u", "sealed_password": "s", "without_proof": True}, "a_password_is_proof"),
        ({"username": "", "sealed_password": "s"}, "device_username_check"),
        ({"username": "u" * 201, "sealed_password": "s"}, "device_username_check"),
        ({"username": "u", "sealed_password": ""}, "device_sealed_password_check"),
        ({"username": "u", "sealed_password": "s"}, ""),
        ({"without_proof": True}, ""),
        ({"single_sign_on": True, "username": "u", "sealed_password": "s"}, ""),
    ],
)
async def test_the_proofs_of_a_device_fit_together(
    sql: asyncpg.Connection[asyncpg.Record], row: dict[str, object], refusal: str
) -> None:
    """A user name goes with a password, and who has one does not register without."""
    got = await insert(sql, "device", {"organisation_id": ORGANISATION, **row})

    assert got == refusal


ACTIVE_ROOM: Final = {"kind": "permanent", "room_id": ROOM}
ACTIVE_DEVICE: Final = {"kind": "device", "device_id": DEVICE}


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        (ACTIVE_ROOM, ""),
        (ACTIVE_DEVICE, ""),
        ({"kind": "booking", "room_id": BOOKING_ROOM}, ""),
        ({"kind": "booking", "room_id": ROOM}, "address_room_id_kind_fkey"),
        ({"kind": "permanent", "room_id": BOOKING_ROOM}, "address_room_id_kind_fkey"),
        ({"kind": "permanent"}, "an_active_address_has_the_target_of_its_kind"),
        (
            {"kind": "permanent", "device_id": DEVICE},
            "an_active_address_has_the_target_of_its_kind",
        ),
        ({"kind": "device", "room_id": ROOM}, "an_active_address_has_the_target_of_its_kind"),
        ({**ACTIVE_ROOM, "device_id": DEVICE}, "an_active_address_has_the_target_of_its_kind"),
        ({"kind": "reserved"}, ""),
        ({"kind": "reserved", "room_id": ROOM}, "an_active_address_has_the_target_of_its_kind"),
        ({"kind": "permanent", "state": "quarantined"}, ""),
        ({"kind": "other"}, "address_kind_check"),
        ({**ACTIVE_ROOM, "state": "gone"}, "address_state_check"),
        ({**ACTIVE_ROOM, "domain": "other.example.org"}, "address_domain_fkey"),
        ({**ACTIVE_ROOM, "local": ""}, "address_local_check"),
        ({**ACTIVE_ROOM, "local": "Ward7"}, "address_local_check"),
        ({**ACTIVE_ROOM, "local": "a@b"}, "address_local_check"),
        ({**ACTIVE_ROOM, "local": "a\n"}, "address_local_check"),
        ({**ACTIVE_ROOM, "local": "a" * 101}, "address_local_check"),
        ({**ACTIVE_ROOM, "local": "\u00e6\u00f8\u00e5._-9"}, ""),
    ],
)
async def test_an_address_leads_where_its_kind_says(
    sql: asyncpg.Connection[asyncpg.Record], row: dict[str, object], refusal: str
) -> None:
    """The register's spelling, a domain of ours, and exactly the target of its kind."""
    got = await insert(sql, "address", {"local": "700", "domain": "example.org", **row})

    assert got == refusal


@pytest.mark.parametrize("domain", ["example.org", None])
@pytest.mark.parametrize("first", [ACTIVE_ROOM, ACTIVE_DEVICE, {"kind": "reserved"}])
@pytest.mark.parametrize("second", [{"kind": "booking", "room_id": BOOKING_ROOM}, ACTIVE_DEVICE])
async def test_an_address_has_one_owner(
    sql: asyncpg.Connection[asyncpg.Record],
    first: dict[str, object],
    second: dict[str, object],
    domain: str | None,
) -> None:
    """Over rooms, bookings, devices and what is held back, with a domain or bare."""
    await _add_address(sql, {"local": "700", "domain": domain, **first})

    taken = await insert(sql, "address", {"local": "700", "domain": domain, **second})
    await sql.execute("DELETE FROM address")
    await _add_address(sql, {"local": "700", "domain": domain, "kind": "reserved", "state": "free"})
    free = await insert(sql, "address", {"local": "700", "domain": domain, **second})

    assert (taken, free) == ("address_has_one_owner", "")


@pytest.mark.parametrize(
    "domain", ["", "Example.org", "a..b", ".a", "a.", "a b", "b\u00f8.example", "a" * 251, "a\n"]
)
async def test_a_domain_has_its_one_spelling(
    sql: asyncpg.Connection[asyncpg.Record], domain: str
) -> None:
    """Lower case, in A-labels, without dots at the ends: as aliases are compared."""
    got = await insert(sql, "domain", {"domain": domain, "organisation_id": ORGANISATION})

    assert got == "domain_domain_check"


@pytest.mark.parametrize(
    ("row", "refusal"),
    [
        ({"name": "x"}, "only_organisations_have_a_code"),
        ({"name": "x", "type": "group"}, ""),
        ({"name": "x", "type": "group", "code": "x"}, "only_organisations_have_a_code"),
        ({"name": "x", "code": "north"}, "organisation_code_key"),
        ({"name": "", "code": "x"}, "organisation_name_check"),
        ({"name": "x", "code": ""}, "organisation_code_check"),
        (
            {"id": ROOM, "parent_id": ROOM, "name": "x", "code": "x"},
            "no_organisation_is_its_own_parent",
        ),
    ],
)
async def test_an_organisation_is_refused_for_one_reason(
    sql: asyncpg.Connection[asyncpg.Record], row: dict[str, object], refusal: str
) -> None:
    """Groups hold organisations and have no code; nobody is above themselves."""
    got = await insert(sql, "organisation", row)

    assert got == refusal


async def _add_address(sql: asyncpg.Connection[asyncpg.Record], row: Mapping[str, object]) -> None:
    columns, marks = ", ".join(row), ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await sql.execute(f"INSERT INTO address ({columns}) VALUES ({marks})", *row.values())  # noqa: S608  ours


async def _insert_booking(
    sql: asyncpg.Connection[asyncpg.Record],
    row: Mapping[str, object],
    times: Mapping[str, str],
) -> str:
    # Times go in as a person writes them: asyncpg would turn an infinite one into a finite one.
    columns = ", ".join((*row, *times))
    written = ", ".join(f"'{value}'" for value in (*row.values(), *times.values()))
    try:
        await sql.execute(f"INSERT INTO booking ({columns}) VALUES ({written})")  # noqa: S608  ours
    except asyncpg.IntegrityConstraintViolationError as exc:
        return exc.constraint_name or ""
    return ""
