"""Transactions in any order: every committed entry is told once, at the first read that sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.directory.feed.log import Cursor, Logged, changes_of
from policy.directory.records import Changes

ROW = "0b3b5f7e-4f0c-4e0e-9b8a-1d3a5c7e9f01"


@dataclass
class Log:
    """The log as PostgreSQL shows it: numbers are taken at once, seen after the commit."""

    next_xid: int = 700
    next_seq: int = 1
    last_completed: int = 699
    running: dict[int, list[Logged]] = field(default_factory=dict)
    visible: list[Logged] = field(default_factory=list)

    def write(self, slot: int, opened: dict[int, int]) -> None:
        """Write an entry in the transaction of a slot, and begin that when there is none."""
        if slot not in opened:
            opened[slot] = self.next_xid
            self.running[self.next_xid] = []
            self.next_xid += 1
        xid = opened[slot]
        self.running[xid].append(Logged(self.next_seq, xid, "local", str(self.next_seq)))
        self.next_seq += 1

    def end(self, slot: int, opened: dict[int, int], *, commits: bool) -> None:
        """End the transaction of a slot, if there is one."""
        xid = opened.pop(slot, None)
        if xid is None:
            return
        written = self.running.pop(xid)
        self.last_completed = max(self.last_completed, xid)
        if commits:
            self.visible += written

    @property
    def oldest(self) -> int:
        """What `pg_snapshot_xmin` is: later ones than the last completed are not looked at."""
        return min([xid for xid in self.running if xid <= self.last_completed] + [self.beyond])

    @property
    def beyond(self) -> int:
        """What `pg_snapshot_xmax` is."""
        return self.last_completed + 1

    def read(self, cursor: Cursor) -> list[Logged]:
        """Answer as the query does."""
        oldest = self.oldest if cursor.oldest is None else cursor.oldest
        return [each for each in self.visible if oldest <= each.xid and each.seq not in cursor.seen]


STEPS = st.lists(
    st.tuples(st.sampled_from(["write", "commit", "roll back", "read"]), st.integers(0, 5)),
    max_size=120,
)


@given(STEPS)
def test_every_commit_is_told_once_and_in_time(steps: list[tuple[str, int]]) -> None:
    """Whatever is open meanwhile: after a read nothing that is visible is untold."""
    log, cursor, opened = Log(), Cursor(), dict[int, int]()
    told: list[int] = []
    before: list[Logged] = []
    for what, slot in [*steps, ("read", 0)]:
        match what:
            case "write":
                log.write(slot, opened)
            case "commit":
                log.end(slot, opened, commits=True)
            case "roll back":
                log.end(slot, opened, commits=False)
            case _:
                is_first = cursor.oldest is None
                new = cursor.take(log.read(cursor), log.oldest)
                if is_first:
                    before = list(log.visible)
                else:
                    told += [entry.seq for entry in new]
                wanted = [entry.seq for entry in log.visible if entry not in before]
                assert sorted(told) == sorted(wanted)


def test_what_is_over_is_forgotten() -> None:
    """Only what a later read could see again is remembered."""
    cursor = Cursor()
    cursor.take([], 700)
    cursor.take([Logged(1, 701, "local", "a"), Logged(2, 702, "local", "b")], 700)
    before = cursor.seen

    cursor.take([], 702)

    assert before == (1, 2)
    assert cursor.seen == (2,)


def test_an_answer_that_repeats_is_told_once() -> None:
    """The query leaves out what is known; who asks otherwise gets no other result."""
    cursor = Cursor()
    entry = Logged(1, 700, "local", "a")

    told = [*cursor.take([entry], 700), *cursor.take([entry], 700)]

    assert told == [entry]


@pytest.mark.parametrize(
    ("entries", "wanted"),
    [
        ([], Changes()),
        ([Logged(1, 1, "local", "700"), Logged(2, 1, "local", "700")], Changes(frozenset({"700"}))),
        ([Logged(1, 1, "row", ROW)], Changes(rows=frozenset({UUID(ROW)}))),
        ([Logged(1, 1, "local", "700"), Logged(2, 1, "all", None)], Changes(everything=True)),
        ([Logged(1, 1, "of tomorrow", "x")], Changes(everything=True)),
    ],
)
def test_entries_are_summed_up(entries: list[Logged], wanted: Changes) -> None:
    """Each thing once; what is not understood may be about anything."""
    assert changes_of(entries) == wanted
