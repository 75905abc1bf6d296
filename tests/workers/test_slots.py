"""Who dies again and again is replaced more and more slowly."""

from __future__ import annotations

import os
import socket
import time

from policy.workers.child import Child
from policy.workers.slots import FIRST_PAUSE_S, LONGEST_PAUSE_S, SOUND_S, Patience


def child_that_served(for_s: float | None) -> Child:
    """Give a process that has answered for so long, or never."""
    ours, theirs = socket.socketpair()
    theirs.close()
    child = Child("worker 1", 0, os.getpid(), ours)
    child.close()
    child.serving_since_s = None if for_s is None else time.monotonic() - for_s
    return child


def test_the_first_start_is_due_at_once() -> None:
    """And nothing is while one runs."""
    patience = Patience()
    assert patience.due_s == 0.0

    patience.started()
    assert patience.due_s is None


def test_pauses_double_until_one_has_lived() -> None:
    """From a tenth of a second to ten; who has served for long is replaced at once."""
    patience = Patience()

    pauses = [patience.died(child_that_served(None)) for _ in range(9)]

    assert pauses[:3] == [FIRST_PAUSE_S, FIRST_PAUSE_S * 2, FIRST_PAUSE_S * 4]
    assert pauses[-1] == LONGEST_PAUSE_S
    assert patience.died(child_that_served(SOUND_S)) == 0.0
    assert patience.died(child_that_served(1.0)) == FIRST_PAUSE_S
