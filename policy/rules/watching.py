"""Tells when something changed in a folder of rules, whatever happens to the folder.

The system wakes us (inotify and its like), and every two seconds we look ourselves: a folder that
was replaced, that is on a network drive, or for which the system has no watches left is seen so.
What counts is what stands there, not what was told: no change is told twice or for nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from watchfiles import awatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

LOOK_S: Final = 2.0
# An editor writes a file in a few moments; a change is told once nothing happens for this long.
QUIET_MS: Final = 100
# Rule files and the lists that they name; all else in the folder is none of our business.
SUFFIXES: Final = frozenset({".yaml", ".yml", ".txt", ".csv", ".j2", ".jinja", ".jinja2"})


@dataclass(frozen=True, slots=True)
class Sight:
    """What stood in a folder at one moment."""

    # Device and number of the folder itself, behind all links; None while it is not there.
    folder: tuple[int, int] | None
    files: frozenset[tuple[str, int, int, int, int]]


def look(folder: Path) -> Sight:
    """Look at a folder and those below it, behind all links; what cannot be read is not there."""
    found = _number(folder)
    if found is None:
        return Sight(None, frozenset())
    return Sight(found, frozenset(_files(str(folder), {found})))


def _number(path: Path | str) -> tuple[int, int] | None:
    try:
        seen = os.stat(path)  # noqa: PTH116  as scandir's entries, which are no Path
    except OSError:
        return None
    return (seen.st_dev, seen.st_ino) if stat.S_ISDIR(seen.st_mode) else None


def _files(folder: str, visited: set[tuple[int, int]]) -> Iterator[tuple[str, int, int, int, int]]:
    try:
        with os.scandir(folder) as scan:
            entries = list(scan)
    except OSError:
        return
    for entry in entries:
        if os.path.splitext(entry.name)[1] in SUFFIXES:  # noqa: PTH122  ten times as fast as Path
            yield (entry.path, *_state(entry))
        elif (number := _number(entry.path)) is not None and number not in visited:
            visited.add(number)
            yield from _files(entry.path, visited)


def _state(entry: os.DirEntry[str]) -> tuple[int, int, int, int]:
    try:
        seen = entry.stat()
    except OSError:
        return 0, 0, 0, 0
    # The time of change of the inode tells what keeps size and time of the text: a new mode.
    return seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


async def watch(
    folder: Path, changed: Callable[[], None], seen: Sight, *, look_s: float = LOOK_S
) -> None:
    """Call `changed` after each change, the first one since `seen`; until cancelled."""
    without = ""
    while True:
        try:
            seen = await _watch_one(folder, changed, seen, look_s)
        except (OSError, RuntimeError) as exc:  # gone, or no watches left
            if seen.folder is not None and str(exc) != without:
                without = str(exc)
                log.warning("changes of %s are seen each %g s only: %s", folder, look_s, exc)
            await asyncio.sleep(look_s)


async def _watch_one(
    folder: Path, changed: Callable[[], None], seen: Sight, look_s: float
) -> Sight:
    """Watch what the folder is at present; ends when it has become another one."""
    seen = await _look_again(folder, changed, seen)
    watched = seen.folder
    async for _ in awatch(
        folder,
        watch_filter=None,
        step=QUIET_MS,
        rust_timeout=int(look_s * 1000),
        yield_on_timeout=True,
        ignore_permission_denied=True,
    ):
        seen = await _look_again(folder, changed, seen)
        if seen.folder != watched:
            break
    return seen


async def _look_again(folder: Path, changed: Callable[[], None], seen: Sight) -> Sight:
    sight = await asyncio.to_thread(look, folder)
    if sight != seen:
        changed()
    return sight
