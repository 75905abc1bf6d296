"""What is wrong though the database takes it is found, once, without PINs and CPR numbers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from policy.directory import reviewing
from policy.directory.reviewing import review
from policy.directory.sealing import Seal
from policy.directory.writing.scope import act_as
from tests.database import KEY, SEAL
from tests.directory.writing.meetings import book, build_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.database import Database


@pytest.fixture(autouse=True)
async def world(database: Database) -> None:
    """Work where organisations book meetings."""
    await build_world(database)


@contextmanager
def _watched(label: str, length: int) -> Iterator[Callable[[int], None]]:
    looked_at: list[int] = []
    yield looked_at.append
    assert sum(looked_at) == length, label


async def _review(database: Database, seal: Seal = SEAL) -> tuple[set[str], set[str]]:
    """Give what is wrong, and what is warned of."""
    found = await review(database.sql, seal, _watched)
    lines = [(each.is_problem, f"{each.what}: {each.text}") for each in found]
    return {text for is_it, text in lines if is_it}, {text for is_it, text in lines if not is_it}


async def _add_room(
    database: Database, *aliases: str, code: str = "hospital", **columns: object
) -> UUID:
    room_id = uuid4()
    named = {"kind": "permanent", "service_name": "ward", **columns}
    await database.sql.execute(
        f"INSERT INTO room (id, organisation_id, {', '.join(named)}) "  # noqa: S608  of this test
        f"SELECT $1, id, {', '.join(f'${number}' for number in range(3, 3 + len(named)))} "
        "FROM organisation WHERE code = $2",
        room_id,
        code,
        *named.values(),
    )
    for alias in aliases:
        local, _, domain = alias.partition("@")
        await database.sql.execute(
            "INSERT INTO address (local, domain, kind, room_id) "
            "VALUES ($1, nullif($2, ''), $3, $4)",
            local,
            domain,
            named["kind"],
            room_id,
        )
    return room_id


async def test_nothing_is_found_where_nothing_is_wrong(database: Database) -> None:
    """An organisation with a room and a meeting is in order."""
    await _add_room(database, "ward@rooms.example.org")
    await book(database.sql, said={"range": "hospital"})

    assert await _review(database) == (set(), set())


async def test_a_number_that_two_organisations_answer(database: Database) -> None:
    """With its domain it is somebody else's than without."""
    await _add_room(database, "4001@rooms.example.org")
    await _add_room(database, "4001", code="neighbour", service_name="other")

    assert await _review(database) == (
        {
            (
                "address 4001: is neighbour's, and 4001@rooms.example.org is hospital's: "
                "callers who leave the domain out reach somebody else"
            )
        },
        set(),
    )


async def test_devices_and_rooms_in_the_domain_of_somebody_else(database: Database) -> None:
    """A device cannot register there; a room can be called."""
    await _add_room(database, "ward@rooms.example.org", code="neighbour")
    await database.sql.execute(
        "WITH made AS (INSERT INTO device (organisation_id, without_proof) "
        "SELECT id, true FROM organisation WHERE code = 'neighbour' RETURNING id) "
        "INSERT INTO address (local, domain, kind, device_id) "
        "SELECT 'cart', 'rooms.example.org', 'device', id FROM made"
    )

    assert await _review(database) == (
        {"device cart@rooms.example.org: its domain is none of neighbour: it cannot register"},
        {
            (
                "organisation neighbour: addresses of its rooms in rooms.example.org, "
                "which is none of its domains: 1, such as ward@rooms.example.org"
            )
        },
    )


async def test_a_prefix_gives_two_addresses(database: Database) -> None:
    """One of them alone is a mistake of whoever brought it in."""
    await book(database.sql, said={"range": "hospital"})
    number: str = await database.sql.fetchval(
        "DELETE FROM address WHERE domain IS NULL RETURNING local"
    )

    _, warned = await _review(database)

    assert warned == {
        (
            f"address ho{number}@rooms.example.org: was drawn with the prefix ho, "
            f"but its room has no {number}"
        )
    }


async def test_rooms_for_citizens_without_a_pin(database: Database) -> None:
    """Those that were there before their organisation met with citizens."""
    await _add_room(database, "ward@rooms.example.org")
    await database.sql.execute("UPDATE organisation SET purposes = '{citizen}'")

    wrong, _ = await _review(database)

    assert wrong == {
        (
            "room ward: hospital has meetings with citizens: "
            "it needs a pin or a host_identity_provider_group"
        )
    }


async def test_names_that_the_platform_does_not_have(database: Database) -> None:
    """A node would drop the answer."""
    await _add_room(database, "ward@rooms.example.org", ivr_theme_name="Gone")
    await database.sql.execute(
        "INSERT INTO platform_names (kind, names) VALUES ('themes', '{Corporate}')"
    )

    wrong, _ = await _review(database)
    await database.sql.execute("DELETE FROM platform_names")

    (text,) = wrong
    assert text.startswith("room ward: ")
    assert "Gone" in text


async def test_ten_digits_are_not_repeated(database: Database) -> None:
    """They may be a CPR number."""
    await _add_room(database, "3112991234@rooms.example.org")

    assert await _review(database) == (
        {"room ward: has an address of ten digits, which looks like a CPR number"},
        set(),
    )


async def test_what_an_organisation_left_behind(database: Database) -> None:
    """A closed one has no addresses in use."""
    await _add_room(database, "ward@rooms.example.org")
    await database.sql.execute(
        "UPDATE organisation SET state = 'leaving' WHERE code = 'hospital';"
        "UPDATE organisation SET state = 'closed' WHERE code = 'hospital'"
    )

    _, warned = await _review(database)

    assert warned == {"organisation hospital: is closed; addresses still in use: 1"}


async def test_meetings_that_nobody_sweeps(database: Database) -> None:
    """A quarter of an hour after their end somebody should have."""
    await book(database.sql)
    await database.sql.execute(
        "UPDATE booking SET starts_at = now() - interval '2 hours', "
        "ends_at = now() - interval '20 minutes'"
    )

    wrong, _ = await _review(database)

    assert wrong == {
        (
            "sweep: meetings that have been over for more than 15 minutes and are not swept: 1; "
            "does 'vdx-policy sweep' run?"
        )
    }


async def test_rooms_that_nobody_calls_or_can_call(database: Database) -> None:
    """Those that were warned, and those without an address."""
    await _add_room(database, "ward@rooms.example.org", state="unused-warned", service_name="old")
    await database.sql.execute("UPDATE room SET created_at = '2020-02-03 12:00Z'")
    await _add_room(database, service_name="lost")

    _, warned = await _review(database)

    assert warned == {
        "room old: of hospital: nobody has called for a year, since 2020-02-03",
        "room lost: of hospital: has no address in use, nobody can call it",
    }


async def test_ranges_that_are_too_full(database: Database) -> None:
    """From a tenth on it is a warning, from nine tenths on it is wrong."""
    await database.sql.execute(
        "INSERT INTO number_range (name, domain, low, high) VALUES "
        "('full', 'rooms.example.org', 4001, 4010), ('fuller', 'rooms.example.org', 4101, 4110), "
        "('tenth', 'rooms.example.org', 4201, 4210);"
        "INSERT INTO address (local, domain, kind, state) "
        "SELECT number::text, 'rooms.example.org', 'reserved', 'held' FROM unnest(ARRAY["
        "4001, 4002, 4101, 4102, 4103, 4104, 4105, 4106, 4107, 4108, 4109, 4201]) AS number"
    )

    assert await _review(database) == (
        {
            (
                "number range fuller: of the platform: 90% of its 10 numbers are taken, "
                "make a larger one"
            )
        },
        {"number range full: of the platform: 20% of its 10 numbers are taken, make a larger one"},
    )


async def test_agreements_that_lapse(database: Database) -> None:
    """Those that have are wrong, those that will are a warning."""
    await database.sql.execute(
        """
        INSERT INTO agreement (organisation_id, kind, version, signed_on, valid_from, valid_to)
        SELECT id, kind, '1', '2020-01-01', '2020-01-01', day_of(now()) + 30
        FROM organisation, unnest(ARRAY['dpa', 'connection']) AS kind
        WHERE code = 'hospital';
        UPDATE organisation SET agreements_required = true WHERE code = 'hospital'
        """
    )
    await database.sql.execute(
        "UPDATE agreement SET valid_to = '2020-02-01' WHERE kind = 'connection'"
    )

    wrong, warned = await _review(database)

    assert wrong == {
        (
            "organisation hospital: its connection agreement lapsed after 2020-02-01: "
            "it gets no new rooms"
        )
    }
    assert len(warned) == 1
    assert "organisation hospital: its dpa agreement lapses after " in warned.pop()


async def test_templates_that_give_no_pins(database: Database) -> None:
    """A range of nothing but years has no PIN that is hard to guess."""
    await database.sql.execute(
        "INSERT INTO template (name, organisation_id, host_pin_low, host_pin_high) "
        "SELECT 'years', id, 1900, 1999 FROM organisation WHERE code = 'hospital'"
    )

    wrong, _ = await _review(database)

    assert wrong == {
        (
            "template years: of hospital: "
            "PIN ranges: no two PINs of them are different enough and not trivial"
        )
    }


async def test_pins_that_anybody_would_try(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every room is looked at, in batches; which PIN it is, is not said."""
    monkeypatch.setattr(reviewing, "BATCH", 2)
    for number, (pin, guest_pin) in enumerate([("1234", "7391"), ("7391", "1111"), ("8302", None)]):
        room_id = await _add_room(
            database, f"{4001 + number}@rooms.example.org", service_name=f"room {number}"
        )
        await database.sql.execute(
            "UPDATE room SET pin = $2, guest_pin = $3, allow_guests = true WHERE id = $1",
            room_id,
            SEAL.seal_pin(room_id, "pin", pin),
            None if guest_pin is None else SEAL.seal_pin(room_id, "guest_pin", guest_pin),
        )

    found = await _review(database)

    assert found == (
        set(),
        {
            "room room 0: its PIN is among the first that anybody would try",
            "room room 1: its guest PIN is among the first that anybody would try",
        },
    )


async def test_pins_that_no_key_opens(database: Database) -> None:
    """Without any key, and with another one."""
    room_id = await _add_room(database, "ward@rooms.example.org")
    await database.sql.execute("UPDATE room SET pin = $1", SEAL.seal_pin(room_id, "pin", "7391"))

    without, _ = await _review(database, Seal())
    other, _ = await _review(database, Seal((KEY.replace("M", "N"),)))

    assert without == {
        (
            "PINs: those of 1 rooms cannot be looked at, nor can a server use them: "
            "secrets.key_file is not set"
        )
    }
    assert other == {"room ward: its PIN: room PIN: no key of secrets.key_file opens it"}


async def test_of_many_alike_some_are_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that there are more."""
    monkeypatch.setattr(reviewing, "MOST", 2)
    for number in range(4):
        await _add_room(database, service_name=f"room {number}")

    _, warned = await _review(database)

    assert len(warned) == 3
    assert any("and more like this one, of which 2 are told" in each for each in warned)


async def test_whoever_acts_for_an_organisation_is_told_of_nothing_else(
    database: Database,
) -> None:
    """Faults of others are theirs, and so are their names."""
    await _add_room(database, service_name="theirs", code="neighbour")
    await _add_room(database, service_name="ours")
    await _add_room(database, "4001@rooms.example.org", service_name="named")
    await _add_room(database, "4001", code="neighbour", service_name="bare")

    async with database.sql.transaction():
        await act_as(database.sql, "kirsten", within="hospital")
        found = await _review(database)

    assert found == (
        set(),
        {"room ours: of hospital: has no address in use, nobody can call it"},
    )
