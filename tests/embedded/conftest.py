"""Directories that PostgreSQL's user can and cannot reach, and clusters that are always closed."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from policy.embedded.cluster import Cluster
from policy.embedded.home import ELSEWHERE
from policy.embedded.owner import find_owner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from policy.embedded.owner import Owner

REPOSITORY = Path(__file__).parents[2]

# How long a test waits for what should happen at once; a busy machine needs some of it.
LIMIT_MS = 30_000


@pytest.fixture
def reachable() -> Iterator[Path]:
    """Make a directory that every user can enter; pytest's own are shut to all but one."""
    path = Path(tempfile.mkdtemp(prefix="vdx-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def hidden() -> Iterator[Path]:
    """Make a directory for this user alone; what was put elsewhere for it goes with it."""
    existed = ELSEWHERE.exists()
    path = Path(tempfile.mkdtemp(prefix="vdx-"))
    yield path
    for link in path.rglob("*"):
        if link.is_symlink() and link.resolve().is_relative_to(ELSEWHERE):
            shutil.rmtree(link.resolve())
    shutil.rmtree(path)
    if not existed:
        with suppress(OSError):
            ELSEWHERE.rmdir()


@pytest.fixture
async def cluster_at() -> AsyncIterator[Callable[..., Cluster]]:
    """Make clusters and close them, whatever became of the test."""
    made: list[Cluster] = []

    def make(path: Path, binaries: Path | None = None) -> Cluster:
        made.append(Cluster(path, binaries))
        return made[-1]

    yield make
    for cluster in made:
        await cluster.close()


@pytest.fixture
def owner(tmp_path: Path) -> Owner:
    """Find the user that a fresh cluster belongs to."""
    return find_owner(tmp_path / "data")


@pytest.fixture
def as_root() -> None:
    """Skip where nobody else's permissions can stand in the way."""
    if os.geteuid() != 0:
        pytest.skip("only root runs PostgreSQL as another user")


@pytest.fixture
def programs(reachable: Path) -> Callable[[str, str], Path]:
    """Make stand-in programs: a version to answer with, and a script as initdb."""

    def make(version: str, initdb: str) -> Path:
        directory = reachable / f"programs-{version}"
        (directory / "bin").mkdir(parents=True)
        scripts = {"postgres": f"echo 'postgres (PostgreSQL) {version}'", "initdb": initdb}
        for name, script in scripts.items():
            program = directory / "bin" / name
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        for path in (directory, directory / "bin"):
            path.chmod(0o755)
        return directory

    return make


@pytest.fixture
def stuck_programs(
    reachable: Path, programs: Callable[[str, str], Path]
) -> Iterator[tuple[Path, Callable[[], int]]]:
    """Make programs whose initdb starts and never ends; and a wait for its process id."""
    pipe = reachable / "initdb-started"
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    # Opened for both ways it neither waits for a writer nor ends with one.
    handle = os.open(pipe, os.O_RDWR)
    poller = select.poll()
    poller.register(handle, select.POLLIN)

    def started() -> int:
        assert poller.poll(LIMIT_MS), "initdb has not started"
        return int(os.read(handle, 20))

    yield programs("18.6", f"echo $$ > {pipe}\nexec sleep 600"), started
    os.close(handle)


@pytest.fixture
def run_python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python processes that can import this repository, and end them."""
    started: list[subprocess.Popen[str]] = []

    def run(script: str, *arguments: object) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", script, *map(str, arguments)],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])},
            )
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def has_ended() -> Callable[[int], bool]:
    """Tell whether a process, ours or not, ends within the limit."""

    def wait(pid: int) -> bool:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return True
        try:
            poller = select.poll()
            poller.register(handle, select.POLLIN)
            return bool(poller.poll(LIMIT_MS))
        finally:
            os.close(handle)

    return wait
