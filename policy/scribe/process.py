"""The serving side of the scribe: starts its process, starts it again, and waits for its end.

The process is one for all servers of a host. They share the sending end of one socket, on which a
message is whole or not there at all, whoever is killed. The other end stays open here as well, so
that what was sent waits while the process is started again.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from policy.scribe.account import open_account, read_account
from policy.scribe.desk import MAX_MESSAGE_BYTES, entries_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)

# A disk that hangs must not keep the service from stopping.
CLOSE_WITHIN_S: Final = 5.0
# A process that ends at once is not started again at once: it would take the calls' CPU.
RESTART_AFTER_S: Final = 1.0
# What waits for the process at most, if the system allows for so much; the kernel doubles it.
SEND_BUFFER_BYTES: Final = MAX_MESSAGE_BYTES // 2


class Scribe:
    """The process that writes the decision log, and what outlives it. Needs no event loop.

    Whoever starts it calls `tend` every now and then and counts what that says was dropped; the
    other servers have nothing but the `outlet`. `key` is that of the pseudonyms.
    """

    def __init__(
        self, path: Path, *, key: bytes, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.outlet: socket.socket
        self._path = path
        self._key = key
        self._clock_s = clock_s
        self._inlet: socket.socket | None = None
        self._account = -1
        self._told = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = float("-inf")

    def is_alive(self) -> bool:
        """Say whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Give the number of the process, None before its start."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process; when there can be none it says so, and `tend` tries again."""
        self._inlet, self.outlet = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.outlet.settimeout(0)
        self.outlet.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._account = open_account()
        self._told = 0
        self._run(self._inlet)

    def tend(self) -> int:
        """Start the process again when it has ended; give how many entries it dropped since."""
        now = self._clock_s()
        if self._inlet is None:
            return 0
        if not self.is_alive() and now - self._started_s >= RESTART_AFTER_S:
            log.warning("decision log %s: its process has ended, started again", self._path)
            self._run(self._inlet)
        return self._dropped_since(read_account(self._account).dropped)

    def close(self, within_s: float = CLOSE_WITHIN_S) -> int:
        """Wait until everything is written that all servers sent; give how many were dropped.

        The other servers close their ends before that. What is not written in time is dropped.
        """
        inlet, self._inlet = self._inlet, None
        if inlet is None:
            return 0
        self.outlet.close()
        if self._process is not None:
            self._end(self._process, within_s)
        account = read_account(self._account)
        lost = account.unsettled + _count_left(inlet)
        inlet.close()
        os.close(self._account)
        return self._dropped_since(account.dropped + lost)

    def _run(self, inlet: socket.socket) -> None:
        self._started_s = self._clock_s()
        files = (inlet.fileno(), self._account)
        # The search path is handed on: `-P` and this keep the working directory out of it.
        path = os.pathsep.join(each for each in sys.path if each)
        try:
            self._process = subprocess.Popen(  # noqa: S603  program and arguments are ours
                (sys.executable, "-P", "-m", "policy.scribe", *map(str, files), self._path),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path},
                pass_fds=files,
            )
        except OSError as exc:
            log.warning("decision log %s: no process for it: %s", self._path, exc.strerror)
            return
        key_to = self._process.stdin
        if key_to is not None:
            with suppress(BrokenPipeError):  # it has ended already: `tend` finds out
                key_to.write(self._key)
                key_to.close()

    def _end(self, process: subprocess.Popen[bytes], within_s: float) -> None:
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            log.warning("decision log %s: not written within %s s", self._path, within_s)
            process.kill()
            with suppress(subprocess.TimeoutExpired):  # a disk that hangs holds on to it
                process.wait(1)

    def _dropped_since(self, dropped: int) -> int:
        since, self._told = dropped - self._told, dropped
        return since


def _count_left(inlet: socket.socket) -> int:
    """Give how many entries were sent and never taken."""
    count = 0
    with suppress(BlockingIOError):
        while message := inlet.recv(MAX_MESSAGE_BYTES, socket.MSG_DONTWAIT):
            count += len(entries_of(message))
    return count
