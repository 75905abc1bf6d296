"""The checker of histories: it finds what is planted, and nothing else."""

from __future__ import annotations

from typing import Final

import pytest

from tests.e2e.history import FALLBACK, NEVER, Asked, Commit, History

ALIAS: Final = "700@example.org"
BOUND_S: Final = 1.0
# A PIN at first, another one from 10 s on, and in the end the room is retired.
COMMITS: Final = (
    Commit(0.0, 0.1, "r-1 1111"),
    Commit(10.0, 10.1, "r-1 2222"),
    Commit(20.0, 20.1, "RETIRED"),
)


def _history(*answers: Asked, commits: tuple[Commit, ...] = COMMITS) -> History:
    history = History(answers=list(answers))
    history.commits[ALIAS].extend(commits)
    return history


def _asked(at_s: float, answer: str, *, is_stale: bool = False) -> Asked:
    return Asked("north", ALIAS, at_s, at_s + 0.01, answer, is_stale)


@pytest.mark.parametrize(
    ("at_s", "answer"),
    [
        (5.0, "r-1 1111"),
        (10.05, "r-1 1111"),  # not acknowledged yet
        (10.05, "r-1 2222"),  # but committed
        (11.0, "r-1 1111"),  # within the bound
        (11.0, "r-1 2222"),
        (25.0, "RETIRED"),
        (25.0, FALLBACK),  # claims nothing
    ],
)
def test_what_is_right_passes(at_s: float, answer: str) -> None:
    """Before, during and after a commit, and as late as is stated."""
    assert _history(_asked(at_s, answer)).contradictions(BOUND_S) == []


def test_a_stale_answer_is_found() -> None:
    """It tells who said it, and how late that was."""
    history = _history(_asked(5.0, "r-1 1111"), _asked(12.0, "r-1 1111"))

    assert history.contradictions(BOUND_S) == [
        "north: 700@example.org was 'r-1 1111', 1.900 s late"
    ]


def test_a_lost_change_is_found() -> None:
    """Each answer after the last commit is held against it, however long ago that was."""
    history = _history(_asked(21.5, "r-1 2222"), _asked(900.0, "r-1 2222"))

    assert len(history.contradictions(BOUND_S)) == 2


@pytest.mark.parametrize("answer", ["r-1 3333", "RETIRED"])
def test_an_answer_from_nowhere_is_found(answer: str) -> None:
    """What nobody committed, and what nobody had committed by then."""
    assert _history(_asked(5.0, answer)).contradictions(BOUND_S) == [
        f"north: 700@example.org was {answer!r}, which it never was"
    ]


def test_an_alias_without_commits_answers_nothing() -> None:
    """Whatever is said of it comes from nowhere."""
    assert _history(_asked(5.0, "r-1 1111"), commits=()).contradictions(BOUND_S) != []


def test_what_comes_back_is_right_again() -> None:
    """The same answer twice in a history is two times at which it is right."""
    commits = (*COMMITS, Commit(30.0, 30.1, "r-1 2222"))

    right = _history(_asked(35.0, "r-1 2222"), commits=commits)
    wrong = _history(_asked(25.0, "r-1 2222"), commits=commits)

    assert right.contradictions(BOUND_S) == []
    assert len(wrong.contradictions(BOUND_S)) == 1


def test_what_was_never_acknowledged_may_be_or_not() -> None:
    """It may be seen from its begin on, and leaves what was before it right."""
    commits = (COMMITS[0], Commit(10.0, NEVER, "r-1 2222"))
    either = [_asked(50.0, "r-1 1111"), _asked(50.0, "r-1 2222")]

    assert _history(*either, commits=commits).contradictions(BOUND_S) == []
    assert len(_history(_asked(9.0, "r-1 2222"), commits=commits).contradictions(BOUND_S)) == 1


def test_what_a_server_calls_stale_was_true_once() -> None:
    """It may be late, and still nothing that never was."""
    late, early = _asked(900.0, "r-1 1111", is_stale=True), _asked(5.0, "RETIRED", is_stale=True)

    assert _history(late).contradictions(BOUND_S) == []
    assert len(_history(early).contradictions(BOUND_S)) == 1


def test_what_was_let_be_right_ends() -> None:
    """When a primary is back, what its standby had is as wrong as before."""
    history = _history(_asked(15.0, "r-1 1111"), _asked(25.0, "r-1 1111"), commits=COMMITS[:2])
    history.commits[ALIAS].append(Commit(12.0, NEVER, "r-1 1111"))

    before = history.contradictions(BOUND_S)
    history.settle(20.0)

    assert before == []
    assert history.contradictions(BOUND_S) == [
        "north: 700@example.org was 'r-1 1111', 5.000 s late"
    ]


def test_it_tells_how_late_an_answer_is() -> None:
    """By the first commit that it leaves out, from when that was acknowledged."""
    history = _history()

    assert history.late_s(_asked(5.0, "r-1 1111")) == 0.0
    assert history.late_s(_asked(10.05, "r-1 1111")) == 0.0
    assert history.late_s(_asked(25.1, "r-1 1111")) == pytest.approx(15.0)
    assert history.late_s(_asked(25.1, "r-1 2222")) == pytest.approx(5.0)
    assert history.late_s(_asked(25.1, "r-1 3333")) is None


def test_whoever_does_not_look_proves_nothing() -> None:
    """Each server has to be asked for each alias when its last commit is as old as is stated."""
    early, stale = _asked(20.5, "RETIRED"), _asked(25.0, "RETIRED", is_stale=True)
    later = _asked(25.0, "RETIRED")

    assert _history(early, stale, _asked(25.0, FALLBACK)).unproven(["north"], BOUND_S) == [
        "north: 700@example.org"
    ]
    assert _history(early, later).unproven(["north"], BOUND_S) == []
    assert _history(later).unproven(["north", "south"], BOUND_S) == ["south: 700@example.org"]


def test_the_last_answer_is_of_what_was_acknowledged() -> None:
    """Whatever else was tried."""
    history = _history(commits=(*COMMITS[:2], Commit(20.0, NEVER, "RETIRED")))

    assert history.last_answer(ALIAS) == "r-1 2222"
    assert history.last_answer("701@example.org") is None
