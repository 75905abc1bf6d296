"""The time of the database, whatever the clock of this machine says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from policy.directory.feed.clock import DatabaseClock

NOON: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)
WRONG: Final = datetime(1999, 1, 1, tzinfo=UTC)


class Ticks:
    """A monotonic clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Say what time it is."""
        return self.now_s


def test_before_the_first_reading_the_system_is_believed() -> None:
    """There is nothing better yet."""
    clock = DatabaseClock(Ticks(), lambda: WRONG)

    assert clock.now() == WRONG


def test_the_database_is_believed_and_time_goes_on() -> None:
    """A reading is of the middle between question and answer; the system's clock does not count."""
    ticks = Ticks()
    clock = DatabaseClock(ticks, lambda: WRONG)

    clock.learn(NOON, 999.0, 1000.0)
    ticks.now_s = 1060.0

    assert clock.now() == NOON + timedelta(seconds=60.5)


def test_the_time_is_in_utc() -> None:
    """Whatever zone a reading is told in."""
    clock = DatabaseClock(Ticks(), lambda: WRONG)

    clock.learn(NOON.astimezone(timezone(timedelta(hours=5))), 1000.0, 1000.0)

    assert clock.now().tzinfo is UTC
    assert clock.now() == NOON


def test_a_slow_answer_does_not_replace_a_quick_one() -> None:
    """It says less, as long as the two can both be right."""
    ticks = Ticks()
    clock = DatabaseClock(ticks, lambda: WRONG)
    clock.learn(NOON, 999.999, 1000.0)

    clock.learn(NOON + timedelta(seconds=1.4), 1000.0, 1002.0)
    ticks.now_s = 1002.0

    assert abs(clock.now() - NOON - timedelta(seconds=2)) < timedelta(milliseconds=1)


def test_an_old_reading_gives_way() -> None:
    """Two clocks drift apart, so in time a slower answer says more."""
    ticks = Ticks()
    clock = DatabaseClock(ticks, lambda: WRONG)
    clock.learn(NOON, 999.999, 1000.0)

    clock.learn(NOON + timedelta(seconds=1000.05), 1999.9, 2000.1)
    ticks.now_s = 2000.0

    assert clock.now() == NOON + timedelta(seconds=1000.05)


def test_a_clock_that_was_set_is_followed() -> None:
    """Two readings that cannot both be right: the later one counts, slow or not."""
    ticks = Ticks()
    clock = DatabaseClock(ticks, lambda: WRONG)
    clock.learn(NOON, 999.999, 1000.0)

    clock.learn(NOON - timedelta(hours=1), 1000.0, 1002.0)
    ticks.now_s = 1001.0

    assert clock.now() == NOON - timedelta(hours=1)


def test_another_node_has_another_clock() -> None:
    """After a fail-over the next reading counts; until then time goes on."""
    ticks = Ticks()
    clock = DatabaseClock(ticks, lambda: WRONG)
    clock.learn(NOON, 999.999, 1000.0)

    clock.forget()
    before = clock.now()
    clock.learn(NOON + timedelta(milliseconds=500), 999.0, 1001.0)

    assert before == NOON + timedelta(milliseconds=0.5)
    assert clock.now() == NOON + timedelta(milliseconds=500)


def test_nothing_to_forget_is_no_matter() -> None:
    """The first node is another one, too."""
    clock = DatabaseClock(Ticks(), lambda: WRONG)

    clock.forget()

    assert clock.now() == WRONG


@given(st.lists(st.tuples(st.floats(0.001, 2), st.floats(0, 1), st.floats(0, 600)), min_size=1))
def test_the_error_is_never_more_than_the_last_answer_allows(
    answers: list[tuple[float, float, float]],
) -> None:
    """However long answers take, and whenever in that time the database looks at its clock."""
    ticks = Ticks()
    clock = DatabaseClock(ticks, lambda: WRONG)
    for took_s, share, pause_s in answers:
        asked_s = ticks.now_s
        looked_s = asked_s + took_s * share
        ticks.now_s += took_s
        clock.learn(NOON + timedelta(seconds=looked_s), asked_s, ticks.now_s)

        off_s = abs((clock.now() - NOON).total_seconds() - ticks.now_s)
        assert off_s <= took_s / 2 + 1e-5
        ticks.now_s += pause_s
