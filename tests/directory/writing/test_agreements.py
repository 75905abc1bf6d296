"""Agreements are noted, and who needs a new one is told in time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest
from pydantic import ValidationError

from policy.directory.records import OrganisationState
from policy.directory.writing.agreements import (
    AgreementKind,
    Expiring,
    Instruction,
    NewAgreement,
    add_agreement,
    agreements_hold,
    end_agreement,
    expiring,
    list_agreements,
)
from policy.directory.writing.organisations import (
    NewOrganisation,
    OrganisationType,
    change_organisation,
    create_organisation,
    get_living,
    set_state,
)
from policy.errors import RefusedError

if TYPE_CHECKING:
    from policy.directory.writing.organisations import Organisation
    from tests.database import Database

CONNECTION: Final = AgreementKind.CONNECTION
DPA: Final = AgreementKind.DPA
SIGNED: Final = date(2026, 1, 15)


@pytest.fixture
async def north(database: Database) -> Organisation:
    """Give an organisation whose agreements are to be signed."""
    new = NewOrganisation("North", code="north", state=OrganisationState.AGREEMENT_PENDING)
    await create_organisation(database.sql, new)
    return await get_living(database.sql, "north")


async def today(database: Database) -> date:
    """Give the day that the database has in Denmark."""
    day: date = await database.sql.fetchval("SELECT day_of(now())")
    return day


async def sign(
    database: Database,
    organisation: Organisation,
    kind: AgreementKind,
    *,
    valid_from: date = SIGNED,
    valid_to: date | None = None,
) -> None:
    """Add a version that is valid on these days."""
    count = len(await list_agreements(database.sql, organisation))
    new = NewAgreement(kind, str(count + 1), SIGNED, valid_from, valid_to)
    await add_agreement(database.sql, organisation, new)


async def test_active_needs_one_of_each_kind(database: Database, north: Organisation) -> None:
    """Valid today, in one transaction with the state or before it."""
    await sign(database, north, CONNECTION)
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await set_state(database.sql, north, OrganisationState.ACTIVE)
    async with database.sql.transaction():
        await set_state(database.sql, north, OrganisationState.ACTIVE)
        await sign(database, north, DPA)

    assert caught.value.constraint_name == "active_needs_agreements"
    assert await agreements_hold(database.sql, north)


async def test_what_was_signed_is_what_is_listed(database: Database, north: Organisation) -> None:
    """With its instruction, and whether it counts today."""
    day = await today(database)
    new = NewAgreement(
        DPA,
        "2026-1",
        SIGNED,
        day - timedelta(days=2),
        sub_processor_list_version="7",
        instruction=Instruction.model_validate({"retention_days": {"bookings": 14}}),
    )
    await add_agreement(database.sql, north, new)
    before = (await list_agreements(database.sql, None))[0]

    await end_agreement(database.sql, north, DPA, "2026-1", day - timedelta(days=1))

    after = (await list_agreements(database.sql, north))[0]
    assert before["instruction"] == '{"retention_days": {"bookings": 14}}'
    assert (before["organisation"], before["is_valid"], after["is_valid"]) == ("north", True, False)
    assert after["valid_to"] == day - timedelta(days=1)


async def test_what_cannot_be_signed_is_refused(database: Database, north: Organisation) -> None:
    """The same version twice, an end before the start, a group."""
    await sign(database, north, DPA)
    with pytest.raises(asyncpg.UniqueViolationError):
        await add_agreement(database.sql, north, NewAgreement(DPA, "1", SIGNED, SIGNED))
    with pytest.raises(asyncpg.CheckViolationError) as caught:
        await end_agreement(database.sql, north, DPA, "1", SIGNED - timedelta(days=1))
    await create_organisation(
        database.sql,
        NewOrganisation("East", type=OrganisationType.GROUP, agreements_required=False),
    )

    assert caught.value.constraint_name == "an_agreement_ends_after_its_start"
    with pytest.raises(RefusedError, match=r"^group East: only organisations have agreements$"):
        await sign(database, await get_living(database.sql, "East"), DPA)
    with pytest.raises(RefusedError, match=r"has no dpa agreement of version '9'$"):
        await end_agreement(database.sql, north, DPA, "9", SIGNED)


@pytest.mark.parametrize(
    ("spans", "days_left"),
    [
        ([(-100, 90)], 90),
        ([(-100, 91)], None),
        ([(-100, None)], None),
        ([(-100, 5), (6, None)], None),
        ([(-100, 5), (7, None)], 5),
        ([(-100, 5), (3, 40)], 40),
        ([(-100, 5), (-50, 3)], 5),
        ([(-100, -1)], -1),
        ([(-100, -40), (10, None)], -40),
        ([(0, 0)], 0),
    ],
)
async def test_versions_that_follow_each_other_are_one_time(
    database: Database,
    north: Organisation,
    spans: list[tuple[int, int | None]],
    days_left: int | None,
) -> None:
    """What counts is the last day that is covered without a gap."""
    day = await today(database)
    await sign(database, north, CONNECTION)
    await sign(database, north, DPA)
    await set_state(database.sql, north, OrganisationState.ACTIVE)
    await database.sql.execute("DELETE FROM agreement WHERE kind = 'dpa'")
    for start, end in spans:
        last = day + timedelta(days=end) if end is not None else None
        await sign(database, north, DPA, valid_from=day + timedelta(days=start), valid_to=last)

    found = await expiring(database.sql, 90)

    assert found == (
        []
        if days_left is None
        else [Expiring("north", DPA, day + timedelta(days=days_left), days_left)]
    )
    assert await agreements_hold(database.sql, north) is (days_left is None or days_left >= 0)


async def test_only_those_that_need_agreements_are_told(
    database: Database, north: Organisation
) -> None:
    """A prospect has nothing to lose; one that lost everything comes first."""
    assert await expiring(database.sql, 90) == []
    await sign(database, north, CONNECTION)
    await sign(database, north, DPA)
    await set_state(database.sql, north, OrganisationState.ACTIVE)
    await database.sql.execute("DELETE FROM agreement")

    found = await expiring(database.sql, 90)
    await change_organisation(database.sql, north, {"agreements_required": False})

    assert found == [Expiring("north", CONNECTION, None, None), Expiring("north", DPA, None, None)]
    assert all(each.has_lapsed for each in found)
    assert await expiring(database.sql, 90) == []


@pytest.mark.parametrize(
    ("days_left", "warning", "lapsed"),
    [
        (91, None, False),
        (90, 90, False),
        (31, 90, False),
        (30, 30, False),
        (8, 30, False),
        (7, 7, False),
        (0, 7, False),
        (-1, 7, True),
        (None, 7, True),
    ],
)
def test_a_warning_is_due_at_90_30_and_7_days(
    days_left: int | None, warning: int | None, *, lapsed: bool
) -> None:
    """The last one that is due counts."""
    found = Expiring("north", DPA, None, days_left)

    assert (found.warning, found.has_lapsed) == (warning, lapsed)


@pytest.mark.parametrize(
    "wrong",
    [
        {"retention_days": {"bookings": 0}},
        {"retention_days": {"everything": 5}},
        {"purposes": ["fun"]},
        {"other": 1},
    ],
)
def test_an_instruction_says_what_the_platform_can_do(wrong: dict[str, object]) -> None:
    """Anything else would be written down and never done."""
    with pytest.raises(ValidationError):
        Instruction.model_validate(wrong)
