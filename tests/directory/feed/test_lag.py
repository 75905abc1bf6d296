"""What a standby has replayed, in time."""

from __future__ import annotations

from policy.directory.feed.lag import MAX_POSITIONS, Pace, Positions


def test_a_standby_is_as_of_the_last_position_that_it_has_replayed() -> None:
    """Of what the primary did until then it misses nothing."""
    positions = Positions()
    for at_s, position in ((1.0, 100), (2.0, 100), (3.0, 150)):
        positions.note(at_s, position)

    assert [positions.as_of(replayed) for replayed in (99, 100, 149, 150)] == [None, 2.0, 2.0, 3.0]


def test_what_is_needed_is_where_the_primary_was() -> None:
    """Before a time; nothing is needed when nothing is known."""
    positions = Positions()
    for at_s, position in ((1.0, 100), (3.0, 150)):
        positions.note(at_s, position)

    assert [positions.before(at_s) for at_s in (0.5, 2.0, 3.0)] == [0, 100, 150]


def test_another_primary_has_other_positions() -> None:
    """They may be smaller: its log is another one."""
    positions = Positions()
    positions.note(1.0, 100)

    positions.forget()

    assert positions.as_of(1000) is None


def test_few_positions_are_kept() -> None:
    """Whoever is behind all of them is behind."""
    positions = Positions()
    for number in range(2 * MAX_POSITIONS):
        positions.note(float(number), number)

    assert positions.as_of(MAX_POSITIONS - 1) is None
    assert positions.as_of(MAX_POSITIONS) == MAX_POSITIONS


def test_news_are_missed_after_a_poll_and_an_answer() -> None:
    """One poll may fail to come in time, not more."""
    assert Pace(poll_s=0.25, timeout_s=1.0).limit_s == 1.25
