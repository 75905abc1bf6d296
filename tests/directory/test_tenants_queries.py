"""Row security, query by query: every SQL text of the program is run as a tenant.

Each is given what it could do harm with: ids, addresses and names of others, in many combinations.
What it answers must be the same as in a world without those others, and their rows must be what
they were. That this is not for nothing is shown by running the same as the operator, who does
reach them.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg
import pytest

from policy.directory import queries
from tests.directory.guessing import Guess, rows_of_others
from tests.directory.tenants import Prints, id_of, lonely, operating, secrets, within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from tests.database import Database

    Draws: TypeAlias = list[list[object]]

# Whole areas that no tenant ever runs, and why.
OPERATOR_ONLY: Final = {
    "bulk_updates": "as bulk",
    "secrets": "what a migration does to all PINs at once",
    "bulk": "COPY and temporary tables: row security refuses the first",
    "changes": "the feed of a server, which belongs to nobody; the log is closed to tenants",
}

# Queries and areas that do not reach others even as the operator, and why. Not asked of statements
# that write: what is written is limited table by table, see test_tenants.py.
HARMLESS: Final[Mapping[str, str]] = {
    "auditing.PRUNE_AUDIT": "tenants may not",
    "bookings.IS_OVER": "looks at no row",
    "bulk_export.ESTIMATE": "the size of tables",
    "calls.FIND_BY_INDEX": "looks at no row",
    "loading.IS_EMPTY": "the answer is no with or without others",
    "loading.LOCK_FOR_LOADING": "tenants may not",
    "loading.RESTORING": "looks at no row",
    "looking.COUNT_CONNECTIONS": "looks at no row",
    "looking.FIND_EXAMPLE": "shows one of all, here the root's",
    "platform.READ_PLATFORM_NAMES": "of the whole platform, and this world has none",
    "reviewing": "looks for faults, most of which this world has not",
    "sweeping": "looks for what is due, most of which this world has not",
    "register.IS_EMERGENCY_NUMBER": "the platform's",
    "scope.SET_ACTOR": "looks at no row",
    "scope.SET_SCOPE": "looks at no row",
    "scope.BECOME_TENANT": "looks at no row",
    "scope.IS_TENANT": "looks at no row",
}

# What a tenant may do to others, and why.
BEYOND: Final[Mapping[str, str]] = {
    "register.FREE_IF_ENDED": "an address whose time has run out is nobody's any more",
}

# Parameters by hand, where the pools hold none that reach others.
BY_HAND: Final[Mapping[str, Sequence[object]]] = {
    "auditing.LIST_AUDIT": (None, None, None, None, None, 10_000),
    "register.FREE_IF_ENDED": ("past.of-b", "of-b.example.org"),
    "devices.FIND_DEVICE": (id_of("device", "b"), None, None),
    "register.DRAW": (id_of("number_range", "b"), "permanent", id_of("room", "b"), "active", None),
}


def _statements() -> dict[str, str]:
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(queries.__path__):
        names = vars(importlib.import_module(f"{queries.__name__}.{module.name}"))
        found |= {
            f"{module.name}.{name}": text
            for name, text in names.items()
            if name.isupper() and not name.startswith("_") and isinstance(text, str)
            if module.name not in OPERATOR_ONLY
        }
    return found


STATEMENTS: Final = _statements()

WRITING: Final = ("INSERT", "UPDATE", "DELETE")

# How often sets of parameters are drawn before a query counts as harmless.
BATCHES: Final = 8


async def _run(database: Database, name: str, draws: Draws) -> None:
    """Run a query with each set of parameters, one upon the other."""
    for parameters in draws:
        try:
            async with database.sql.transaction():
                await database.sql.fetch(STATEMENTS[name], *parameters)
        except (asyncpg.PostgresError, asyncpg.DataError):
            continue


async def _ask(
    database: Database, name: str, draws: Draws, world: AbstractAsyncContextManager[None]
) -> list[str | None]:
    """Run a query with each set of parameters, as if it were the first; gives what it answers."""
    answers: list[str | None] = []
    async with world:
        for parameters in draws:
            one = database.sql.transaction()
            await one.start()
            try:
                rows = await database.sql.fetch(STATEMENTS[name], *parameters)
                answers.append(repr([tuple(row) for row in rows]))
            except (asyncpg.PostgresError, asyncpg.DataError):
                answers.append(None)
            finally:
                await one.rollback()
    return answers


def _differ(one: list[str | None], other: list[str | None]) -> bool:
    """Tell whether two worlds answer differently; where one refuses, a name may just be taken."""
    return any(a != b for a, b in zip(one, other, strict=True) if a is not None and b is not None)


async def _reaching(database: Database, name: str, guess: Guess) -> tuple[Draws, bool]:
    """Draw until the operator has reached others; gives what was drawn, and whether."""
    before = await Prints.take(database.sql)
    drawn: Draws = []
    for batch in range(1 if _is_excused(name) else BATCHES):
        draws = guess.draws()
        if batch == 0 and name in BY_HAND:
            draws.insert(0, list(BY_HAND[name]))
        drawn += draws
        async with operating(database):
            await _run(database, name, draws)
            if await Prints.take(database.sql) != before:
                return drawn, True
        answers = await _ask(database, name, draws, operating(database))
        alone = await _ask(database, name, draws, lonely(database, operating(database)))
        if _differ(answers, alone):
            return drawn, True
    return drawn, False


def _is_excused(name: str) -> bool:
    area = name.partition(".")[0]
    return bool({name, area} & HARMLESS.keys()) or STATEMENTS[name].lstrip().startswith(WRITING)


@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_query_reaches_others_for_the_operator_only(full: Database, name: str) -> None:
    """A tenant is shown nothing of others, counts, changes and removes nothing, however it asks."""
    statement = await full.sql.prepare(STATEMENTS[name])
    types = [each.name for each in statement.get_parameters()]
    guess = Guess(STATEMENTS[name], types, await rows_of_others(full.sql))
    before = await Prints.take(full.sql)

    draws, is_reached = await _reaching(full, name, guess)
    async with within(full):
        await _run(full, name, draws)
        await full.sql.execute("RESET ROLE")
        after = await Prints.take(full.sql)
    answers = await _ask(full, name, draws, within(full))
    alone = await _ask(full, name, draws, lonely(full, within(full)))

    assert is_reached or _is_excused(name), "reaches nobody: say why in HARMLESS, or ask it BY_HAND"
    assert after == before or name in BEYOND
    assert [
        secret
        for secret in secrets()
        for parameters, answer in zip(draws, answers, strict=True)
        if answer is not None and secret in answer and secret not in repr(parameters)
    ] == []
    if _differ(answers, alone) and name not in BEYOND:  # unless it draws lots
        again = await _ask(full, name, draws, within(full))
        assert _differ(answers, again), "answers as only somebody who sees others could"


def test_only_queries_that_exist_are_excused() -> None:
    """What is gone is gone from the lists too."""
    areas = {name.partition(".")[0] for name in STATEMENTS}
    excused = HARMLESS.keys() | BEYOND.keys() | BY_HAND.keys()
    assert excused <= STATEMENTS.keys() | areas
