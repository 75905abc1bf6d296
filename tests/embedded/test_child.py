"""Processes are started by the main thread, waited for, and stopped."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest

from policy.embedded import child
from policy.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from policy.embedded.owner import Owner


async def test_until_ends_with_the_claim_or_with_the_time() -> None:
    """The answer says which of the two came first."""
    answers = iter([False, False, True])

    assert await child.until(lambda: next(answers), 10.0)
    assert not await child.until(lambda: False, 0.0)


async def test_another_thread_may_not_start_a_child(owner: Owner) -> None:
    """A child would get its signal when that thread ends, in the middle of its work."""
    with pytest.raises(StartError, match="main thread"):
        await asyncio.to_thread(child.start, ["/bin/true"], owner, 2)


async def test_a_program_that_cannot_run_is_named(owner: Owner) -> None:
    """The text says which program and as whom."""
    with pytest.raises(StartError, match=f"/missing/postgres: .* as user '{owner.name}'"):
        child.start(["/missing/postgres"], owner, 2)


async def test_a_child_sees_no_settings_of_the_caller(
    owner: Owner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PGPORT and the like would make it another server than the one we connect to."""
    monkeypatch.setenv("PGPORT", "9999")
    with (tmp_path / "log").open("wb") as file:
        running = child.start(["/usr/bin/env"], owner, file.fileno())

    assert await child.until(lambda: running.poll() is not None, 10.0)
    assert b"PGPORT" not in (tmp_path / "log").read_bytes()


async def test_stop_asks_for_a_fast_shutdown(owner: Owner) -> None:
    """The first signal is SIGINT; one that has ended already is left in peace."""
    running = child.start(["/bin/sleep", "600"], owner, 2)

    await child.stop(running)
    await child.stop(running)

    assert running.returncode == -signal.SIGINT


async def test_kill_group_takes_grandchildren_along(
    owner: Owner, has_ended: Callable[[int], bool]
) -> None:
    """What initdb started does not go on writing into a directory that is being removed."""
    source, sink = os.pipe()
    script = "sleep 600 & echo $!; wait"
    running = child.start(["/bin/sh", "-c", script], owner, sink)
    os.close(sink)
    grandchild = int(await asyncio.to_thread(os.read, source, 20))
    os.close(source)

    await child.kill_group(running)

    assert has_ended(grandchild)


@pytest.mark.parametrize("text", ["", "garbage\n", "{us}\n/elsewhere\n", "999999999\n"])
def test_a_stale_pid_file_names_no_process(text: str, tmp_path: Path) -> None:
    """A number that now belongs to something else is not PostgreSQL, and is never signalled."""
    (tmp_path / "postmaster.pid").write_text(text.format(us=os.getpid()))

    assert child.postmaster_pid(tmp_path) is None


async def test_a_child_hears_sigint_although_we_were_told_to_ignore_it(owner: Owner) -> None:
    """A shell that starts the service in the background lets it ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        running = child.start(["/bin/sleep", "600"], owner, 2)
    finally:
        signal.signal(signal.SIGINT, before)

    await child.stop(running)

    assert running.returncode == -signal.SIGINT
