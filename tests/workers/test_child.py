"""What the supervisor sends waits for nobody, and what comes back may be the last words."""

from __future__ import annotations

import os
import socket
from typing import Final

from policy.workers.child import Child
from policy.workers.messages import Serving, State, States, Stop, packed, whole

LARGE: Final = States(1, (b"x" * 3_000_000,))


def test_nobody_is_waited_for() -> None:
    """An order that the socket does not take is sent when it does."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    child = Child("worker 1", 0, os.getpid(), ours)

    child.tell(LARGE)
    received = bytearray()
    rounds = 0
    while child.has_unsent:
        rounds += 1
        received += theirs.recv(1 << 20)
        child.flush()
    theirs.settimeout(0)
    received += theirs.recv(1 << 20)

    assert list(whole(received)) == [LARGE]
    assert rounds > 1
    theirs.close()
    child.close()


def test_last_words_are_heard() -> None:
    """And then that the line is gone; orders to nobody are forgotten."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    child = Child("worker 1", 0, os.getpid(), ours)
    theirs.sendall(packed(Serving()) + packed(State(b"all")))
    theirs.close()

    assert list(child.reports()) == [Serving(), State(b"all")]
    assert not child.is_line_open
    child.stop(Stop())
    assert (child.has_unsent, child.is_serving) == (False, False)
    child.close()
