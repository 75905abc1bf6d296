"""The scribe as a process of its own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from policy.scribe.__main__ import NICENESS
from policy.scribe.desk import message_of
from policy.scribe.process import RESTART_AFTER_S, Scribe
from tests.scribe.entries import KEY, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

# A server that is killed when its line has come: its scribe must still write what was sent.
SERVER: Final = """
import sys
from pathlib import Path
from policy.scribe.__main__ import NICENESS
from policy.scribe.desk import message_of
from policy.scribe.process import Scribe
from tests.scribe.entries import KEY, entry
scribe = Scribe(Path(sys.argv[1]), key=KEY)
scribe.start()
scribe.outlet.send(message_of([entry()] * 20))
print(scribe.pid, flush=True)
sys.stdin.read()
"""


class Clock:
    """A time that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """Give a time of our own."""
    return Clock()


@pytest.fixture
def scribe(tmp_path: Path, clock: Clock) -> Iterator[Scribe]:
    """Give a scribe that has started."""
    scribe = Scribe(tmp_path / "d", key=KEY, clock_s=clock)
    scribe.start()
    yield scribe
    scribe.close()


def pid_of(scribe: Scribe) -> int:
    """Give the number of a process that runs."""
    assert scribe.pid is not None
    return scribe.pid


def wait_until_begun(scribe: Scribe, tmp_path: Path) -> None:
    """Wait for the file that it makes when it is ready."""
    while not (tmp_path / "d").exists():
        assert scribe.is_alive()


def test_closing_waits_until_everything_is_written(scribe: Scribe, tmp_path: Path) -> None:
    """And a second time does nothing."""
    for _ in range(10):
        scribe.outlet.send(message_of([entry()] * 20))

    assert scribe.is_alive()
    assert scribe.close() == 0
    assert scribe.close() == 0
    assert not scribe.is_alive()
    assert len((tmp_path / "d").read_bytes().splitlines()) == 200


def test_signals_to_all_do_not_end_it(scribe: Scribe, tmp_path: Path) -> None:
    """Ctrl-C and SIGTERM are for the servers, who have still something to say."""
    scribe.outlet.send(message_of([entry()]))
    wait_until_begun(scribe, tmp_path)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid_of(scribe), number)
    scribe.outlet.send(message_of([entry()]))

    assert scribe.close() == 0
    assert len((tmp_path / "d").read_bytes().splitlines()) == 2


def test_one_that_ends_is_started_again(scribe: Scribe, clock: Clock, tmp_path: Path) -> None:
    """Not at once, for one that cannot live would take the calls' CPU; nothing sent is lost."""
    first = pid_of(scribe)
    os.kill(first, signal.SIGKILL)
    while scribe.is_alive():
        pass
    scribe.outlet.send(message_of([entry()] * 3))

    assert scribe.tend() == 0
    at_once = scribe.is_alive()
    clock.now_s += RESTART_AFTER_S
    assert scribe.tend() == 0

    assert not at_once
    assert scribe.is_alive()
    assert scribe.close() == 0
    assert len((tmp_path / "d").read_bytes().splitlines()) == 3


def test_what_was_sent_and_never_taken_is_counted(scribe: Scribe) -> None:
    """A scribe that is gone for good has dropped everything."""
    os.kill(pid_of(scribe), signal.SIGKILL)
    while scribe.is_alive():
        pass
    scribe.outlet.send(message_of([entry()] * 3))
    scribe.outlet.send(message_of([entry()] * 4))

    assert scribe.close() == 7


def test_a_hanging_disk_does_not_keep_the_service(
    scribe: Scribe, caplog: pytest.LogCaptureFixture
) -> None:
    """After its time it is killed, and what it had is counted."""
    os.kill(pid_of(scribe), signal.SIGSTOP)
    scribe.outlet.send(message_of([entry()] * 3))

    assert scribe.close(0.01) == 3
    assert "not written within 0.01 s" in caplog.text


def test_it_outlives_a_killed_server_only_to_write(tmp_path: Path) -> None:
    """No server, no scribe; what was sent is in the file."""
    command = (sys.executable, "-c", SERVER, str(tmp_path / "d"))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        ended = os.pidfd_open(pid)
        server.kill()
        server.wait()
    assert select.select([ended], [], [], 10) == ([ended], [], [])
    os.close(ended)
    assert len((tmp_path / "d").read_bytes().splitlines()) == 20


def test_calls_go_first(scribe: Scribe, tmp_path: Path) -> None:
    """Its priority is below that of the servers."""
    wait_until_begun(scribe, tmp_path)

    lowered = min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)
    assert os.getpriority(os.PRIO_PROCESS, pid_of(scribe)) == lowered


def test_the_key_is_not_seen_from_outside(scribe: Scribe, tmp_path: Path) -> None:
    """It is neither among the arguments nor in the environment, which operators see."""
    wait_until_begun(scribe, tmp_path)

    process = Path("/proc") / str(pid_of(scribe))
    seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()

    assert b"policy.scribe" in seen
    assert KEY not in seen
