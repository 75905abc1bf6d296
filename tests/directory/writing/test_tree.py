"""Whatever becomes of the tree, every address leads where it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy.directory.writing.merging import merge_organisations
from policy.directory.writing.organisations import find_organisation, get_organisation
from policy.directory.writing.tree import by_domain, move_organisation, strangers
from policy.errors import RefusedError
from tests.directory.writing.trees import add, called, fill

if TYPE_CHECKING:
    from policy.directory.connection import Connection
    from tests.database import Database

CODES: Final = tuple("abcd")


@dataclass(frozen=True, slots=True)
class Step:
    """A move of one below another or to the root, or a merge of one into another."""

    own: str
    other: str | None
    merges: bool = False


STEPS: Final = st.lists(
    st.builds(Step, st.sampled_from(CODES), st.none() | st.sampled_from(CODES), st.booleans()),
    min_size=1,
    max_size=6,
)


async def take(connection: Connection, step: Step) -> None:
    """Take a step in a transaction; one that is refused leaves everything as it was."""
    try:
        async with connection.transaction():
            own = await get_organisation(connection, step.own)
            other = await find_organisation(connection, step.other or "")
            if not step.merges:
                await move_organisation(connection, own, other)
            elif other is not None:
                await merge_organisations(connection, own, other, suffix_external_ids=True)
    except (RefusedError, asyncpg.CheckViolationError):
        pass


async def owners(connection: Connection) -> dict[str, str]:
    """Give for every room the organisation that has it, by following merges from its first."""
    rows = await connection.fetch(
        "SELECT service_name, code FROM room JOIN organisation"
        " ON organisation.id = room.organisation_id"
    )
    return {row["service_name"]: row["code"] for row in rows}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
async def test_moves_and_merges_change_no_address(database: Database, steps: list[Step]) -> None:
    """Every address, room and booking stays; paths are right, and there is no circle."""
    await database.empty()
    for code in CODES:
        await add(database.sql, code)
        await fill(database.sql, code, code, "auditor")
    before = await called(database.sql)
    bookings = await database.sql.fetchval("SELECT count(*) FROM booking")

    for step in steps:
        await take(database.sql, step)

    assert await called(database.sql) == before
    assert await database.sql.fetchval("SELECT count(*) FROM booking") == bookings
    rows = await database.sql.fetch(
        """
        SELECT own.code, own.path, parent.code AS parent, heir.code AS heir
        FROM organisation AS own
        LEFT JOIN organisation AS parent ON parent.id = own.parent_id
        LEFT JOIN organisation AS heir ON heir.id = own.merged_into_id
        """
    )
    parents = {row["code"]: row["parent"] for row in rows}
    heirs = {row["code"]: row["heir"] for row in rows}
    assert {row["code"]: row["path"] for row in rows} == {
        code: _way(code, parents) for code in CODES
    }
    wanted = {name: _way(name[0], heirs)[-1] for name in await owners(database.sql)}
    assert await owners(database.sql) == wanted


def _way(code: str, steps: dict[str, str | None]) -> list[str]:
    """Follow steps to their end; a circle would have none."""
    way = [code]
    while (following := steps[way[-1]]) is not None:
        assert following not in way
        way.append(following)
    return way


async def test_who_loses_a_domain_by_a_move_is_counted(database: Database) -> None:
    """Devices that had their domain by inheritance; those who had none before are not told."""
    for code, parent in (("north", None), ("south", None), ("ward", "north")):
        await add(database.sql, code, parent)
    await fill(database.sql, "ward", "w", "auditor")
    await fill(database.sql, "south", "s", "auditor")
    await database.sql.execute(
        "UPDATE domain SET inherit = true, organisation_id = ("
        "SELECT id FROM organisation WHERE code = 'north') WHERE domain = 'w.example.org'"
    )
    ward = await get_organisation(database.sql, "ward")

    lost = await move_organisation(
        database.sql, ward, await find_organisation(database.sql, "south")
    )
    back = await move_organisation(
        database.sql, ward, await find_organisation(database.sql, "north")
    )

    assert (lost, back) == ({"w.example.org": 1}, {})
    assert by_domain(await strangers(database.sql, [ward.id])) == {}
