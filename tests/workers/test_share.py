"""A connection that is one too many is known as such, and dead workers do not count."""

from __future__ import annotations

from policy.workers.share import Board


def test_a_new_connection_goes_where_there_are_fewest() -> None:
    """As long as all have the same, each may have one more; then it is one too many."""
    board = Board(2)
    first, second = board.share(0), board.share(1)
    first.open()
    second.open()

    assert [first.come(), first.come(), second.come(), first.come()] == [False, True, False, True]
    first.go()
    assert [second.come(), second.come()] == [False, False]


def test_among_many_a_few_more_do_not_matter() -> None:
    """Nobody is sent away for the eighth part of what others have."""
    board = Board(2)
    first, second = board.share(0), board.share(1)
    first.open()
    second.open()

    for _ in range(80):
        second.come()
    assert [first.come() for _ in range(91)] == [False] * 91
    assert first.come()


def test_who_is_gone_does_not_count() -> None:
    """Whether it says so or somebody says it; a successor begins with nothing."""
    board = Board(2)
    first, second = board.share(0), board.share(1)
    first.open()
    second.open()
    assert [first.come(), first.come()] == [False, True]

    second.close()
    assert not first.come()
    successor = board.share(0)
    successor.open()
    assert first.come()
    assert not successor.come()


def test_who_does_not_take_part_sends_nobody_away() -> None:
    """A worker that is leaving only counts for itself."""
    board = Board(2)
    first, second = board.share(0), board.share(1)
    second.open()

    assert [first.come(), first.come(), first.come()] == [False] * 3
