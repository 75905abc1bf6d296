"""One process of the service, as its supervisor sees it."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
import traceback
from typing import TYPE_CHECKING, Final, Protocol

from policy.workers.messages import packed, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from policy.workers.messages import Failed, Order, Stop

READ_BYTES: Final = 1 << 16
# The supervisor alone decides what these mean; Ctrl-C reaches all processes of a terminal.
SUPERVISORS_OWN: Final = (signal.SIGINT, signal.SIGHUP, signal.SIGUSR2)


class Child:
    """A process that was forked; `state` are the last metrics that it gave.

    `slot` is that of a worker, None for a process that answers no calls.
    """

    def __init__(self, name: str, slot: int | None, pid: int, end: socket.socket) -> None:
        self.name = name
        self.slot = slot
        self.pid = pid
        self.started_s = time.monotonic()
        self.serving_since_s: float | None = None
        self.stopping_since_s: float | None = None
        self.state: bytes | None = None
        self.is_retired = False  # its state is part of what others have left
        self.failed: Failed | None = None
        self.is_line_open = True
        self.parting: Callable[[], None] = _nothing  # what is done for it when it has ended
        self._end = end
        self._received = bytearray()
        self._unsent = bytearray()

    @property
    def answers_calls(self) -> bool:
        """Whether it is a worker."""
        return self.slot is not None

    @property
    def is_serving(self) -> bool:
        """Whether it answers, and is to go on doing so."""
        return self.serving_since_s is not None and self.stopping_since_s is None

    @property
    def has_unsent(self) -> bool:
        """Whether `flush` is to be called when the socket takes more."""
        return bool(self._unsent)

    def fileno(self) -> int:
        """Let a selector wait for it."""
        return self._end.fileno()

    def tell(self, order: Order) -> None:
        """Send an order, now or when the socket takes it; one that is dead is told nothing."""
        self._unsent += packed(order)
        self.flush()

    def flush(self) -> None:
        """Send as much as the socket takes."""
        try:
            while self._unsent:
                del self._unsent[: self._end.send(self._unsent)]
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()

    def reports(self) -> Sequence[object]:
        """Give what it has said since the last time."""
        while self.is_line_open:
            try:
                read = self._end.recv(READ_BYTES)
            except BlockingIOError:
                break
            except OSError:
                read = b""
            self.is_line_open = bool(read)
            self._received += read
        return list(whole(self._received))

    def stop(self, order: Stop) -> None:
        """Let it end in good order; it no longer counts as one that serves."""
        if self.stopping_since_s is None:
            self.stopping_since_s = time.monotonic()
        self.tell(order)

    def kill(self) -> None:
        """End it at once; it must not have been waited for."""
        os.kill(self.pid, signal.SIGKILL)

    def ended(self) -> str | None:
        """Say how it has ended, None while it runs; may be asked once after the end."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return None
        code = os.waitstatus_to_exitcode(status)
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def close(self) -> None:
        """Hang up."""
        self._end.close()


def _nothing() -> None:
    """Do nothing."""


class Closable(Protocol):
    """Whatever holds something of the system."""

    def close(self) -> None:
        """Let go of it."""


def fork(
    name: str,
    slot: int | None,
    run: Callable[[socket.socket], int],
    not_for_it: Callable[[], Iterable[Closable]],
) -> Child:
    """Start a process that runs this and ends with its code; the one thread there is is forked.

    `not_for_it` gives what the supervisor alone may hold: as long as anybody else does, nobody is
    told when the supervisor is gone.
    """
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        theirs.close()
        return Child(name, slot, pid, ours)
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in SUPERVISORS_OWN:
            signal.signal(number, signal.SIG_IGN)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        ours.close()
        for each in not_for_it():
            each.close()
        code = run(theirs)
    except BaseException as fault:  # noqa: BLE001  nothing may come back into the supervisor
        # The place, and not the error's own text, which may repeat a PIN.
        place = "".join(traceback.format_tb(fault.__traceback__))
        sys.stderr.write(f"{place}{type(fault).__name__}\n")
    finally:
        sys.stderr.flush()
        os._exit(code)
