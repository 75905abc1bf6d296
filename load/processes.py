"""Starts processes until they are ready, and reads what they and their children cost."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from load.cores import on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT: Final = Path(__file__).parents[1]
STOP_S: Final = 60
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """What some processes have used so far: CPU in seconds, memory in bytes."""

    cpu_s: float
    rss_bytes: int
    pss_bytes: int


@dataclass(frozen=True, slots=True)
class Tree:
    """The processes of a server; apart from them the writer of its log, and its PostgreSQL."""

    server: tuple[int, ...]
    writer: tuple[int, ...]
    database: tuple[int, ...]


@contextmanager
def started(
    name: str,
    command: Sequence[str],
    cores: frozenset[int],
    environment: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Run a server until it says that it is ready, and stop it in the end; gives its pid."""
    with on(cores):
        process = subprocess.Popen(  # noqa: S603  our own command
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )
    with process:
        said: deque[str] = deque(maxlen=10)
        try:
            for line in process.stdout or ():
                said.append(line)
                if re.match(r"(vdx-policy: )?ready\b", line):
                    break
            else:
                raise click.ClickException(f"{name} did not start:\n{''.join(said)}")
            # Nobody may wait for a pipe that nobody reads.
            reader = threading.Thread(target=said.extend, args=(process.stdout,), daemon=True)
            reader.start()
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(timeout=STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def tree_of(pid: int) -> Tree:
    """Find a process and all that descend from it, as they are at this moment."""
    children: dict[int, list[tuple[int, str]]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        name = text[text.index("(") + 1 : text.rindex(")")]
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append((int(entry.name), name))
    server = [pid]
    database: list[int] = []
    queue = [(each, name, False) for each, name in children.get(pid, ())]
    while queue:
        child, name, is_database = queue.pop()
        is_database = is_database or name.startswith("postgres")
        (database if is_database else server).append(child)
        queue += [(each, called, is_database) for each, called in children.get(child, ())]
    writer = tuple(each for each in server if _is_writer(each))
    return Tree(tuple(each for each in server if each not in writer), writer, tuple(database))


def _is_writer(pid: int) -> bool:
    try:
        return b"policy.scribe" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended meanwhile
        return False


def usage_of(pids: Sequence[int]) -> Usage:
    """Add up what these processes have used; one that has ended counts for nothing."""
    cpu, rss, pss = 0.0, 0, 0
    for pid in pids:
        try:
            cpu += _cpu_s(pid)
            memory = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        rss += _kilobytes("Rss", memory) << 10
        pss += _kilobytes("Pss", memory) << 10
    return Usage(cpu, rss, pss)


def _cpu_s(pid: int) -> float:
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _kilobytes(name: str, memory: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", memory, re.MULTILINE)
    return int(found[1]) if found else 0


def wait_until(is_so: Callable[[], bool], *, within_s: float, what: str) -> None:
    """Ask again and again until a function says yes; raises ClickException when it does not."""
    ends = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > ends:
            raise click.ClickException(f"{what} did not happen within {within_s:.0f} s")
        time.sleep(0.05)
