"""A room that was closed when last seen stays closed while the database is away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from policy.decide.addresses import refusal_of
from policy.decide.decision import Reason
from policy.directory.cache import Lifetimes
from policy.directory.records import AddressKey, Changes
from tests.directory.rows import file_of
from tests.fakes.caching import START, Clock, caching
from tests.fakes.directory import FakeDirectory

if TYPE_CHECKING:
    from policy.directory.document import DirectoryFile

KEY: Final = AddressKey("700", "example.org")
ALIAS: Final = {"aliases": ["700@example.org"], "service_name": "r-1"}
HOUR: Final = timedelta(hours=1)


def meeting(**said: object) -> DirectoryFile:
    """Give a meeting that opened an hour ago and ends in ten minutes."""
    times = {"starts_at": START - HOUR, "ends_at": START + HOUR / 6}
    return file_of(bookings=[{**ALIAS, **times, **said}])


def room(**said: object) -> DirectoryFile:
    """Give a permanent room."""
    return file_of(rooms=[{**ALIAS, **said}])


@pytest.mark.parametrize(
    ("rows", "after", "want"),
    [
        (meeting(cancelled=True), HOUR / 60, Reason.CANCELLED),
        (meeting(), HOUR / 60, None),
        (meeting(), HOUR / 5, Reason.ENDED),
        (room(state="retired"), HOUR / 60, Reason.RETIRED),
        (room(state="deleted"), HOUR / 60, Reason.UNKNOWN_ALIAS),
        (room(organisation="closed"), HOUR / 60, Reason.ORG_INACTIVE),
        (room(), HOUR, None),
    ],
)
async def test_a_stale_entry_opens_nothing_that_was_closed(
    rows: DirectoryFile, after: timedelta, want: Reason | None
) -> None:
    """What serves past its time is looked at like any other, by the time of the call."""
    clock, directory = Clock(), FakeDirectory(rows)
    cache = caching(directory, clock, lifetimes=Lifetimes(owned_s=60, unowned_s=30, stale_s=7200))
    await cache.find(KEY)
    directory.is_away = True
    cache.forget(Changes(everything=True))

    clock.now_s += after.total_seconds()
    found = await cache.find(KEY)

    assert found.is_stale
    assert found.entry.target is not None
    refused = refusal_of(found.entry.target, clock.now())
    assert (refused.reason if refused else None) == want
