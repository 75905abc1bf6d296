"""What the constraints of a room say: of sealed PINs, and all that a node says of a plain room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from policy.directory.document import RoomRow
from policy.directory.records import ROOM_FIELDS
from policy.errors import DirectoryError
from tests.database import sealed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.database import Database

ORGANISATION: Final = "10000000-0000-0000-0000-000000000001"
FRAME: Final = f"INSERT INTO organisation (id, code, name) VALUES ('{ORGANISATION}', 'n', 'North')"  # noqa: S608  constant
MARK, OTHER_MARK, KEY, BOX = "9f3a22c1d0e1f2a3", "8f3a22c1d0e1f2a3", "1a2b3c4d", "A" * 44


@pytest.fixture
async def sql(database: Database) -> asyncpg.Connection[asyncpg.Record]:
    """Give a connection to a database with one organisation."""
    await database.sql.execute(FRAME)
    return database.sql


async def refusal_of(
    sql: asyncpg.Connection[asyncpg.Record], row: Mapping[str, object], *, triggers: bool = True
) -> str:
    """Insert a room and take it back; gives the rule that it breaks, empty for none."""
    row = {"organisation_id": ORGANISATION, "kind": "permanent", **row}
    columns, marks = ", ".join(row), ", ".join(f"${n}" for n in range(1, len(row) + 1))
    transaction = sql.transaction()
    await transaction.start()
    try:
        if not triggers:
            await sql.execute("ALTER TABLE room DISABLE TRIGGER USER")
        await sql.execute(f"INSERT INTO room ({columns}) VALUES ({marks})", *row.values())  # noqa: S608  ours
    except asyncpg.IntegrityConstraintViolationError as exc:
        return exc.constraint_name or "refused"
    finally:
        await transaction.rollback()
    return ""


def form(length: str = "5", mark: str = MARK, key: str = KEY, box: str = BOX) -> str:
    """Write a sealed PIN that nobody can open."""
    return f"{length}.{mark}.{key}.{box}"


@pytest.mark.parametrize(
    ("pin", "refusal"),
    [
        (form(), ""),
        (form("4"), ""),
        (form("20"), ""),
        (form("4#"), ""),
        (form("3"), "pins_have_4_to_20_characters"),
        (form("21"), "pins_have_4_to_20_characters"),
        ("48213", "a_pin_is_sealed"),
        ("4821#", "a_pin_is_sealed"),
        ("", "a_pin_is_sealed"),
        (form(mark="9f3a"), "a_pin_is_sealed"),
        (form(key="x" * 8), "a_pin_is_sealed"),
        (form(box="48213"), "a_pin_is_sealed"),
        (form() + "\n", "a_pin_is_sealed"),
    ],
)
async def test_a_pin_is_sealed(
    sql: asyncpg.Connection[asyncpg.Record], pin: str, refusal: str
) -> None:
    """Clear text never gets in, whoever writes it, nor what is no PIN by its length."""
    assert await refusal_of(sql, {"pin": pin}) == refusal


@pytest.mark.parametrize(
    ("guest_pin", "refusal"),
    [
        (form(mark=OTHER_MARK), ""),
        (form(), "pins_differ"),
        (
            form("6", mark=OTHER_MARK),
            "pins_have_the_same_length_or_both_end_with_hash",
        ),
        (
            form("5#", mark=OTHER_MARK),
            "pins_have_the_same_length_or_both_end_with_hash",
        ),
        (form(mark=OTHER_MARK, key="00000000"), "both_pins_are_sealed_with_one_key"),
        ("90377", "a_pin_is_sealed"),
    ],
)
async def test_a_pair_goes_together(
    sql: asyncpg.Connection[asyncpg.Record], guest_pin: str, refusal: str
) -> None:
    """What can be said of two PINs without opening them is said by the database."""
    row = {"pin": form(), "guest_pin": guest_pin, "allow_guests": True}

    assert await refusal_of(sql, row) == refusal


async def test_hash_signs_let_lengths_differ(sql: asyncpg.Connection[asyncpg.Record]) -> None:
    """Where both end with one a caller says when a PIN is complete."""
    row = {"pin": form("5#"), "guest_pin": form("9#", mark=OTHER_MARK), "allow_guests": True}

    assert await refusal_of(sql, row) == ""


PINS: Final = st.none() | st.sampled_from(["1234", "4321", "12345", "123#", "7712#", "1" * 20])
NO_PINS: Final = ("", "123", "12#", "1" * 21, "1" * 20 + "#", "12a4")
TEXTS: Final = st.none() | st.sampled_from(["", "a", "ø" * 250, "ø" * 251])
FLAGS: Final = st.none() | st.booleans()


def word(*words: str) -> st.SearchStrategy[str | None]:
    """Give a known word mostly, sometimes another."""
    return st.none() | st.sampled_from([*words, "other"])


COLUMNS: Final[dict[str, st.SearchStrategy[object]]] = {
    "service_tag": TEXTS,
    "description": TEXTS,
    "participant_limit": st.sampled_from([-1, 0, 1, 1_000_000, 1_000_001]),
    "view": word("one_main_seven_pips", "five_mains_seven_pips", "teams", "teams_focus"),
    "host_view": word("one_main_seven_pips", "five_mains_seven_pips"),
    "guest_view": word("one_main_zero_pips"),
    "max_pixels_per_second": word("sd", "hd", "fullhd"),
    "enable_overlay_text": FLAGS,
    "guests_can_present": FLAGS,
    "force_presenter_into_main": FLAGS,
    "mute_all_guests": FLAGS,
    "enable_chat": word("default", "yes", "no"),
    "crypto_mode": word("besteffort", "on", "off"),
    "direct_media": word("never", "best_effort", "always"),
}
PLAIN: Final = st.fixed_dictionaries(
    {
        "service_type": st.sampled_from(["conference", "lecture"]),
        "service_name": st.sampled_from(["", "r", "ø" * 250, "ø" * 251]),
        "pin": PINS,
        "guest_pin": PINS,
        "allow_guests": st.booleans(),
    },
    optional=COLUMNS,
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(row=PLAIN)
async def test_constraints_say_of_a_plain_room_what_a_node_says(
    sql: asyncpg.Connection[asyncpg.Record], row: dict[str, object]
) -> None:
    """No trigger looks at a plain room, so its constraints must take and refuse the very same."""
    document = {
        "name": row["service_name"],
        "service_tag": row.get("service_tag") or "",
        **{name: row[name] for name in ROOM_FIELDS if row.get(name) is not None},
    }
    for unsaid in (("allow_guests", False), ("participant_limit", 0)):
        if document.get(unsaid[0]) == unsaid[1]:
            del document[unsaid[0]]
    fault = await sql.fetchval("SELECT service_fault($1)", orjson.dumps(document).decode())

    refusal = await refusal_of(sql, sealed(row), triggers=False)

    assert (refusal == "") == (fault is None), (refusal, fault)


# As a directory file says it, with what is no PIN at all and what only other rooms have.
ROWS: Final = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["conference", "lecture"]),
        "pin": PINS | st.sampled_from(NO_PINS),
        "guest_pin": PINS | st.sampled_from(NO_PINS),
        "allow_guests": st.booleans(),
    },
    optional={**COLUMNS, "service_name": TEXTS, "ivr_theme_name": TEXTS},
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(row=ROWS)
async def test_the_file_and_the_database_agree(
    sql: asyncpg.Connection[asyncpg.Record], row: dict[str, object]
) -> None:
    """What a directory file may say of a room the database takes, and nothing else."""
    try:
        RoomRow.model_validate({"organisation": "north", "aliases": ["a"], **row})
        accepted = True
    except ValidationError:
        accepted = False
    columns = {name: row.get(name) for name in ROOM_FIELDS}
    guests = bool(row["allow_guests"] or row["guest_pin"] is not None)
    columns |= {"service_type": row["type"], "allow_guests": guests}
    columns["service_tag"] = row.get("service_tag")
    if row.get("service_name") is not None:
        columns["service_name"] = row["service_name"]

    try:
        refusal = await refusal_of(sql, sealed(columns))
    except DirectoryError as exc:
        refusal = str(exc)

    assert (refusal == "") == accepted, refusal


async def test_what_is_not_plain_is_looked_at(sql: asyncpg.Connection[asyncpg.Record]) -> None:
    """A theme, further fields and other services are held against what exists and what fits."""
    await sql.execute("INSERT INTO platform_names (kind, names) VALUES ('themes', '{Region}')")
    wrong: list[dict[str, object]] = [
        {"ivr_theme_name": "Other"},
        {"service": '{"locked": "yes"}'},
        {"service_type": "gateway"},
        {"allow_guests": True, "service": '{"locked": true}'},
    ]

    refusals = {await refusal_of(sql, row) for row in wrong}
    await sql.execute("DELETE FROM platform_names")

    assert refusals == {"a_node_takes_the_service"}
