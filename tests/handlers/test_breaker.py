"""A server that does not answer costs one call its time per pause, not every call."""

from __future__ import annotations

from policy.handlers.breaker import MAX_FAILURES, PAUSE_S, Breaker


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now_s


def _open_breaker(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(MAX_FAILURES):
        breaker.failed()
    return breaker


def test_a_few_failures_stop_nobody() -> None:
    """One failure fewer than it takes, then an answer: counting begins anew."""
    breaker = Breaker(Clock())

    for _ in range(3):
        for _ in range(MAX_FAILURES - 1):
            breaker.failed()
        assert breaker.lets_through()
        breaker.succeeded()


def test_failures_in_a_row_stop_everybody() -> None:
    """After the last of them nobody asks until the pause is over."""
    clock = Clock()
    breaker = _open_breaker(clock)

    assert not breaker.lets_through()
    clock.now_s += PAUSE_S - 0.001
    assert not breaker.lets_through()


def test_after_the_pause_one_tries() -> None:
    """One request asks; the others do not wait for what becomes of it."""
    clock = Clock()
    breaker = _open_breaker(clock)
    clock.now_s += PAUSE_S

    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]


def test_a_try_that_fails_begins_the_pause_anew() -> None:
    """The pause counts from the failure, not from the try."""
    clock = Clock()
    breaker = _open_breaker(clock)
    clock.now_s += PAUSE_S
    assert breaker.lets_through()
    clock.now_s += 2
    breaker.failed()

    clock.now_s += PAUSE_S - 1
    assert not breaker.lets_through()
    clock.now_s += 1
    assert breaker.lets_through()


def test_a_try_of_which_nothing_is_heard_is_followed_by_another() -> None:
    """A request that was given up does not keep the breaker open for ever."""
    clock = Clock()
    breaker = _open_breaker(clock)
    clock.now_s += PAUSE_S
    assert breaker.lets_through()

    clock.now_s += PAUSE_S
    assert breaker.lets_through()


def test_an_answer_closes_it() -> None:
    """All may ask again, and failures count from none."""
    clock = Clock()
    breaker = _open_breaker(clock)

    breaker.succeeded()
    breaker.failed()

    assert all(breaker.lets_through() for _ in range(3))
