"""Runs the scribe: `python -m policy.scribe INLET ACCOUNT PATH`, the key on standard input.

INLET and ACCOUNT are numbers of files that it inherits. It ends by itself when the last server is
gone, everything written; Ctrl-C and SIGTERM may go to a whole group, so it does not listen to them.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from policy.scribe.desk import Desk
from policy.scribe.lines import Lines

if TYPE_CHECKING:
    from types import TracebackType

# Calls go first.
NICENESS: Final = 10


def main() -> None:
    """Read the arguments and work until there is nothing more to write."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.excepthook = _say_where
    with suppress(OSError):
        os.nice(NICENESS)
        # On a core that is idle, and hardly ever instead of a server: calls go first.
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    inlet, account, path = sys.argv[1:]
    lines = Lines(sys.stdin.buffer.read())
    gc.disable()  # entries have no cycles, and each batch would set it off
    Desk(path, lines, inlet=socket.socket(fileno=int(inlet)), account=int(account)).work()


def _say_where(kind: type[BaseException], _: BaseException, place: TracebackType | None) -> None:
    """Say where the program broke; the error's own text may repeat a caller's name or a PIN."""
    text = "".join(traceback.format_tb(place))
    sys.stderr.write(f"fault in the process of the decision log: {kind.__name__}\n{text}")


if __name__ == "__main__":
    main()
