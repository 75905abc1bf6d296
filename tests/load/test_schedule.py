"""A stretch of the day holds as many requests as wanted, in the order in which nodes send them."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from load.day.calls import PROTOCOLS, call
from load.day.plan import SCANNED, Kind, Stretch
from load.day.schedule import asks_of, changes_of
from load.day.shape import moment

DAY: Final = Stretch(1, 550, 20, rooms=100, devices=50, bookings_per_hour=10)


@settings(max_examples=10, deadline=None)
@given(st.floats(50, 400), st.floats(12, 30))
def test_the_volume_is_what_was_wanted(rate: float, seconds: float) -> None:
    """Exactly so many requests, sorted, none before the start or after the end."""
    stretch = Stretch(1, rate, seconds, rooms=100, devices=50, bookings_per_hour=10)

    asks = asks_of(stretch)

    assert len(asks) == stretch.requests
    assert all(before.at_s <= after.at_s for before, after in pairwise(asks))
    assert asks[0].at_s >= 0
    assert asks[-1].at_s < seconds


def test_it_is_the_same_every_time() -> None:
    """What is measured today was measured yesterday."""
    assert asks_of(DAY) == asks_of(DAY)


def test_scanners_have_their_share_and_browsers_theirs() -> None:
    """200 of 550 requests try numbers; every kind of request occurs."""
    kinds = Counter(each.kind for each in asks_of(DAY))
    assert kinds[Kind.UNKNOWN] == pytest.approx(DAY.requests * SCANNED, rel=0.02)
    assert kinds[Kind.PARTICIPANT] > kinds[Kind.LOCATION]
    assert kinds.keys() == set(Kind)


def test_a_crowd_comes_on_the_hour() -> None:
    """The first three minutes of an hour have three times the calls of three others."""
    draw = random.Random(1)  # noqa: S311  the same every time
    hours = [moment(draw, 600) % 60 for _ in range(20_000)]
    crowd = sum(each < 3 for each in hours)
    usual = sum(6 <= each < 15 for each in hours) / 3
    assert crowd == pytest.approx(3 * usual, rel=0.1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_call_asks_in_the_order_of_nodes(protocol: str) -> None:
    """Service, participant, location, in that order; a browser's participant comes twice."""
    kinds = _kinds_of(protocol)
    want = {
        "browser": [
            Kind.ROOM,
            Kind.ROOM,
            Kind.PARTICIPANT,
            Kind.PARTICIPANT,
            Kind.LOCATION,
            Kind.AVATAR,
        ],
        "sip": [Kind.ROOM, Kind.PARTICIPANT, Kind.LOCATION, Kind.AVATAR],
        "h323": [Kind.NON_DIAL, Kind.ROOM, Kind.PARTICIPANT, Kind.LOCATION],
        "mssip": [Kind.NON_DIAL, Kind.ROOM, Kind.PARTICIPANT, Kind.LOCATION],
        "other": [Kind.PHONEBOOK, Kind.PHONEBOOK, Kind.PHONEBOOK],
    }
    assert want[protocol] in kinds


def _kinds_of(protocol: str) -> list[list[Kind]]:
    draw = random.Random(1)  # noqa: S311  the same every time
    mark = {"browser": "protocol=api", "other": "registration"}.get(protocol, f"={protocol}&")
    calls = [call(0, 7_000_000, draw, 50) for _ in range(1000)]
    return [[each.kind for each in one] for one in calls if mark in one[0].target]


def test_a_change_is_called_before_and_after() -> None:
    """Nobody has the address a second before it is made, and it answers a second after."""
    first = changes_of(DAY)[0]
    about = [each for each in asks_of(DAY) if f"{first.local}%40" in each.target]
    assert [each.kind for each in about] == [Kind.UNKNOWN, Kind.ROOM, Kind.ROOM, Kind.WITHDRAWN]
    assert about[0].at_s < first.at_s < about[1].at_s
