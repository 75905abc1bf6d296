"""Signals and sockets are waited for at once, and given back at the end."""

from __future__ import annotations

import os
import signal
import socket

from policy.workers.child import Child
from policy.workers.messages import Serving, States, packed
from policy.workers.waiting import Waiting


def test_signals_come_as_numbers() -> None:
    """Several at once; afterwards they do what they did before."""
    before = signal.getsignal(signal.SIGUSR2)
    with Waiting() as waiting:
        os.kill(os.getpid(), signal.SIGUSR2)
        os.kill(os.getpid(), signal.SIGHUP)
        got: set[int] = set()
        while len(got) < 2:
            got |= waiting.wait(10)[0]

        assert waiting.wait(0) == (set(), [])
    assert got == {signal.SIGUSR2, signal.SIGHUP}
    assert signal.getsignal(signal.SIGUSR2) == before


def test_who_speaks_is_named_and_what_is_left_is_sent() -> None:
    """A socket that was full is written to when it takes more."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    child = Child("worker 1", 0, os.getpid(), ours)
    with Waiting() as waiting:
        waiting.watch(child)
        child.tell(States(1, (b"x" * 3_000_000,)))
        while child.has_unsent:
            theirs.recv(1 << 20)
            waiting.wait(10)
        theirs.sendall(packed(Serving()))

        assert waiting.wait(10) == (set(), [child])
        waiting.forget(child)
        waiting.forget(child)
        assert waiting.wait(0) == (set(), [])
    theirs.close()
    child.close()
