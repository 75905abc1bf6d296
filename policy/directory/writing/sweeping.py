"""Does what time alone makes due, in small transactions: nothing is held for long.

Callers do not wait for it: a meeting is over and an address free when its time has come, swept or
not. A second run finds nothing to do, and several machines may sweep at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg

from policy.directory.auditing import prune_audit
from policy.directory.feed.reading import prune
from policy.directory.queries.sweeping import (
    COUNT_OLD_AUDIT,
    COUNT_OLD_LOG,
    END_MEETINGS,
    FIND_ADDRESSES_OVER,
    FIND_FORGOTTEN_ADDRESSES,
    FIND_MEETINGS_OVER,
    FIND_OVERDUE,
    FIND_PURGED_MEETINGS,
    FIND_RESERVATIONS_OVER,
    FIND_ROOMS_USED_AGAIN,
    FIND_UNUSED_ROOMS,
    FREE_ADDRESSES,
    KEEP_RESTING_ADDRESSES,
    LOCK_ADDRESSES_OVER,
    LOCK_FORGOTTEN_ADDRESSES,
    LOCK_MEETINGS_OVER,
    LOCK_PURGED_MEETINGS,
    LOCK_RESERVATIONS_OVER,
    LOCK_ROOMS_USED_AGAIN,
    LOCK_UNUSED_ROOMS,
    NEXT_OF_AUDIT,
    QUARANTINE_OF_MEETINGS,
    REMOVE_ADDRESSES,
    REMOVE_ADDRESSES_OF_MEETINGS,
    REMOVE_ADDRESSES_OF_RESERVATIONS,
    REMOVE_MEETINGS,
    REMOVE_RESERVATIONS,
    SET_STATE_OF_ROOMS,
)
from policy.directory.records import RoomState
from policy.directory.writing.refusals import said_by
from policy.directory.writing.register import QUARANTINE_DAYS
from policy.directory.writing.scope import act_as

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policy.directory.connection import Connection

# What is done and how many they are; it gives who is told of each part that has been looked at.
Watch: TypeAlias = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]

# The audit says that nobody did it: it was time.
ACTOR: Final = "sweep"
# A meeting may have two addresses, and up to 1,000 changes of a statement are told to servers one
# by one; beyond that they look at everything again.
BATCH: Final = 500
# As many are found at once; what is left is found after these.
MOST: Final = 100_000
# After so many days without a call a room counts as unused.
UNUSED_DAYS: Final = 365
# So long a meeting is kept after its end where its organisation has not said otherwise, and a free
# address after it became free.
RETENTION_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Change:
    """A statement over ids that are locked; `told` is what became of the rows that it gives."""

    sql: str
    told: str = ""
    terms: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of thing that becomes due: how it is found, locked and changed."""

    found: str
    find: str
    lock: str
    changes: tuple[Change, ...]
    terms: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Swept:
    """How many of what were changed, and why some of them could not be."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


def urgent_steps(quarantine_days: int = QUARANTINE_DAYS) -> Sequence[Step]:
    """Give what is to be done every minute; cheap while nothing is due."""
    return (
        Step(
            "meetings ended",
            FIND_MEETINGS_OVER,
            LOCK_MEETINGS_OVER,
            (
                Change(END_MEETINGS, "meetings ended"),
                Change(QUARANTINE_OF_MEETINGS, "addresses quarantined", (quarantine_days,)),
            ),
        ),
        Step(
            "reservations removed",
            FIND_RESERVATIONS_OVER,
            LOCK_RESERVATIONS_OVER,
            (
                Change(REMOVE_ADDRESSES_OF_RESERVATIONS),
                Change(REMOVE_RESERVATIONS, "reservations removed"),
            ),
        ),
        Step(
            "addresses freed",
            FIND_ADDRESSES_OVER,
            LOCK_ADDRESSES_OVER,
            (Change(FREE_ADDRESSES, "addresses freed"),),
        ),
    )


def daily_steps(retire_unused_after: int | None = None) -> Sequence[Step]:
    """Give what is to be done once a day: it looks at every permanent room."""
    steps = [
        Step(
            "rooms used again",
            FIND_ROOMS_USED_AGAIN,
            LOCK_ROOMS_USED_AGAIN,
            (Change(SET_STATE_OF_ROOMS, "rooms used again", (RoomState.ACTIVE,)),),
            (UNUSED_DAYS,),
        ),
        _unused("rooms warned as unused", RoomState.ACTIVE, RoomState.UNUSED_WARNED, UNUSED_DAYS),
    ]
    if retire_unused_after is not None:
        was, will_be = RoomState.UNUSED_WARNED, RoomState.RETIRED
        steps.append(_unused("rooms retired", was, will_be, retire_unused_after))
    steps += [
        Step(
            "meetings purged",
            FIND_PURGED_MEETINGS,
            LOCK_PURGED_MEETINGS,
            (
                Change(KEEP_RESTING_ADDRESSES),
                Change(REMOVE_ADDRESSES_OF_MEETINGS),
                Change(REMOVE_MEETINGS, "meetings purged"),
            ),
            (RETENTION_DAYS,),
        ),
        Step(
            "free addresses purged",
            FIND_FORGOTTEN_ADDRESSES,
            LOCK_FORGOTTEN_ADDRESSES,
            (Change(REMOVE_ADDRESSES, "free addresses purged"),),
            (RETENTION_DAYS,),
        ),
    ]
    return steps


def _unused(told: str, was: RoomState, will_be: RoomState, days: int) -> Step:
    changes = (Change(SET_STATE_OF_ROOMS, told, (will_be,)),)
    return Step(told, FIND_UNUSED_ROOMS, LOCK_UNUSED_ROOMS, changes, (days, was))


async def find_due(connection: Connection, step: Step) -> list[object]:
    """Find up to `MOST` that are due, and lock none of them."""
    return [row["id"] for row in await connection.fetch(step.find, MOST, *step.terms)]


async def sweep(connection: Connection, steps: Iterable[Step], watch: Watch) -> Swept:
    """Take all steps in their order, each watched.

    What the database refuses is left as it is, and does not keep the rest from being done.
    """
    swept = Swept()
    for step in steps:
        swept.counts.update(dict.fromkeys((each.told for each in step.changes if each.told), 0))
        while due := await find_due(connection, step):
            refused = len(swept.refused)
            with watch(step.found, len(due)) as looked_at:
                for start in range(0, len(due), BATCH):
                    batch = due[start : start + BATCH]
                    await _change(connection, step, batch, swept)
                    looked_at(len(batch))
            if len(due) < MOST or len(swept.refused) > refused:
                break
    return swept


async def _change(
    connection: Connection, step: Step, batch: Sequence[object], swept: Swept
) -> None:
    try:
        async with connection.transaction():
            await act_as(connection, ACTOR)
            counts = await _change_locked(connection, step, batch)
    except asyncpg.IntegrityConstraintViolationError as exc:
        if len(batch) == 1:
            swept.refused.append(f"{step.found}, {batch[0]}: {said_by(exc)}")
            return
        for each in batch:
            await _change(connection, step, [each], swept)
    else:
        swept.counts.update(counts)


async def _change_locked(
    connection: Connection, step: Step, batch: Sequence[object]
) -> Counter[str]:
    locked = [row["id"] for row in await connection.fetch(step.lock, batch, *step.terms)]
    counts: Counter[str] = Counter()
    for change in step.changes:
        rows = await connection.fetch(change.sql, locked, *change.terms)
        if change.told:
            counts[change.told] += len(rows)
    return counts


async def count_logs(connection: Connection) -> dict[str, int]:
    """Count what `prune_logs` would remove."""
    return {
        "entries of the change log pruned": await connection.fetchval(COUNT_OLD_LOG),
        "rows of the audit pruned": await connection.fetchval(COUNT_OLD_AUDIT),
    }


async def prune_logs(connection: Connection) -> dict[str, int]:
    """Remove changes that every server has read, and what the audit need not keep any more."""
    log: int = await connection.fetchval(COUNT_OLD_LOG)
    await prune(connection)
    pruned = 0
    while True:
        async with connection.transaction():
            before = await connection.fetchval(NEXT_OF_AUDIT)
            if before is None:
                break
            pruned += await prune_audit(connection, before)
    return {"entries of the change log pruned": log, "rows of the audit pruned": pruned}


async def find_overdue(connection: Connection, running: Sequence[str]) -> frozenset[str]:
    """Give those of the conferences that run whose meeting ends them on time, and is over."""
    rows = await connection.fetch(FIND_OVERDUE, list(running))
    return frozenset(row["service_name"] for row in rows)
