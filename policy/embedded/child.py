"""Starts and stops PostgreSQL's processes so that none outlives the server unnoticed.

Children get SIGINT from the kernel when this process dies, even by `kill -9`; PostgreSQL takes
that as a fast, clean shutdown. The kernel ties this to the *thread* that forked, so a child must
be started by the main thread, never from a thread pool, whose threads end on their own.
Other systems than Linux lack this: there the next start stops the orphan.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from policy.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from policy.embedded.owner import Owner

# From linux/prctl.h.
PR_SET_PDEATHSIG = 1

# One process, one line of arguments; macOS has no such place.
PROC = Path("/proc")

# A fast shutdown waits for a checkpoint, an immediate one for nothing but leaves a recovery to
# the next start.
STOP_STEPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

GROUP_LIMIT_S = 5.0
FIRST_PAUSE_S = 0.002
LONGEST_PAUSE_S = 0.1


def start(command: Sequence[str | Path], owner: Owner, log: int) -> subprocess.Popen[bytes]:
    """Start a program as the owner, in a session of its own, writing to the descriptor `log`.

    A session of its own keeps Ctrl-C in a terminal from reaching the database before the server
    has drained. `Popen` and not asyncio: uvloop knows none of the arguments that change the user.
    """
    if threading.current_thread() is not threading.main_thread():
        raise StartError("the embedded database must be started from the main thread")
    try:
        with warnings.catch_warnings():
            # From 3.12 on Python warns of any code between fork and exec when there are threads.
            # Ours makes two system calls and takes no lock that another thread could hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            return subprocess.Popen(  # noqa: S603  # programs and arguments are ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                # PGPORT, PGOPTIONS and the like would change what the server does.
                env={"PATH": os.defpath, "LC_ALL": "C"},
                start_new_session=True,
                preexec_fn=_end_with(os.getpid()),  # noqa: PLW1509  # see the warning above
                **owner.identity(),
            )
    except (OSError, subprocess.SubprocessError) as exc:
        raise StartError(f"{command[0]}: cannot be run as user '{owner.name}': {exc}") from exc


async def until(claim: Callable[[], bool], limit_s: float) -> bool:
    """Ask with growing pauses until the claim holds; False when the time is over."""
    deadline = time.monotonic() + limit_s
    pause = FIRST_PAUSE_S
    while not claim():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_S)
    return True


async def stop(child: subprocess.Popen[bytes]) -> None:
    """Stop and reap the server: fast, then at once, then by force."""
    for number, limit_s in STOP_STEPS:
        # Sending nothing to a child that has ended and been reaped is what `Popen` does itself.
        child.send_signal(number)
        if await until(lambda: child.poll() is not None, limit_s):
            return


async def kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kill a program with all that it started; for work that will be thrown away."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    await until(lambda: child.poll() is not None, GROUP_LIMIT_S)
    # Grandchildren may still write files for a moment after the child is gone.
    await until(lambda: not _group_exists(child.pid), GROUP_LIMIT_S)


async def stop_orphan(data: Path) -> None:
    """Stop a server that still runs on this data directory although nobody owns it.

    A pid file whose process is something else goes: PostgreSQL would wait for a number that a
    restarted container has given to another program, or that nobody has reaped yet. Backends that
    outlive their server are found all the same, by the shared memory that belongs to the directory.
    """
    pid = postmaster_pid(data)
    if pid is None:
        (data / "postmaster.pid").unlink(missing_ok=True)
        return
    for number, limit_s in STOP_STEPS:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if await until(lambda: postmaster_pid(data) != pid, limit_s):
            return
    raise StartError(f"{data}: PostgreSQL (pid {pid}) still runs there and cannot be stopped")


def postmaster_pid(data: Path) -> int | None:
    """Return the process that serves this data directory; None for a pid file left behind."""
    try:
        pid = int((data / "postmaster.pid").read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if str(data) in _command_line(pid) else None


def _end_with(parent: int) -> Callable[[], None]:
    """Return what the child runs between fork and exec, so that it ends when its parent does.

    Only Linux knows how. CPython has changed the user by then. That order matters: a change of
    user clears the signal.
    """
    prctl = _prctl()

    def arrange() -> None:
        # A shell that starts us in the background lets all of its children ignore SIGINT.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if prctl is None:
            return
        prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
        # The parent may have died before the call above: then no signal will ever come.
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def _prctl() -> Callable[..., int] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
    return prctl


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _command_line(pid: int) -> Sequence[str]:
    """Return a process's arguments, none when it is gone; readable without further privileges.

    A container's root may not look at the working directory of another user's process.
    """
    if PROC.is_dir():
        try:
            line = (PROC / str(pid) / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return ()
        return [os.fsdecode(part) for part in line.split(b"\0")]
    answer = subprocess.run(  # noqa: S603  # fixed program, a number as argument
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        capture_output=True,
        check=False,
        text=True,
    )
    return answer.stdout.split()
