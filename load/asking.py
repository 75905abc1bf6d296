"""What wrk is told to ask of remembered rooms, and of rooms that nobody has asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from load.directories import Sizes
from load.paths import ROOM_MARK, concrete, hits, misses, write_paths
from load.wrk import Drive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from load.cores import Cores
    from load.options import Options

OK: Final = frozenset({"OK"})
# A few hundred rooms are called again and again; each round asks from thousands of requests.
ROOMS: Final = 300
PREPARED: Final = 4000
NUMBERS: Final = 2_000_000
SMALL: Final = Sizes(
    organisations=50, domains=20, templates=50, rooms=ROOMS, aliases=3, devices=50, bookings=0
)


def samples() -> list[str]:
    """Give one request for each of the rooms, to ask by hand."""
    return [concrete(each, number) for number, each in enumerate(hits(PREPARED, ROOMS)[:ROOMS])]


def remembered(
    options: Options, cores: Cores, folder: Path, *, close: bool = False, threads: int = 1
) -> Callable[[int], Drive]:
    """Ask for the same few hundred rooms; `close` takes a connection for each request."""
    path = folder / ("closing.txt" if close else "hits.txt")
    write_paths(path, hits(PREPARED, ROOMS))
    drive = Drive(
        path, cores.generator, options.seconds, options.connections, close=close, threads=threads
    )
    # Other ids in each round.
    return lambda number: replace(drive, first=number << 24)


def once_each(
    options: Options, cores: Cores, folder: Path, rooms: int, *, after: int = 0
) -> Callable[[int], Drive]:
    """Ask for another room each time, among so many; every round has its own share of them.

    `after` are the rounds that were before the first; there is room for three more than wanted.
    """
    path = folder / "misses.txt"
    write_paths(path, misses(PREPARED))
    return partial(_once, options=options, cores=cores, path=path, rooms=rooms, after=after)


def each_room(options: Options, cores: Cores, folder: Path, rooms: int) -> Callable[[int], Drive]:
    """Ask for every room, from the one of this number on in wrk's own order."""
    path = folder / "rooms.txt"
    write_paths(path, misses(PREPARED))

    def how(first: int) -> Drive:
        seconds, connections = options.seconds, options.connections
        return Drive(path, cores.generator, seconds, connections, first, rooms)

    return how


def numbers_once(options: Options, cores: Cores, folder: Path) -> Callable[[int], Drive]:
    """Ask for another number each time, among so many that nobody owns."""
    path = folder / "numbers.txt"
    # The room that wrk fills in is none with a digit before it.
    write_paths(path, [each.replace(ROOM_MARK, f"9{ROOM_MARK}") for each in misses(PREPARED)])
    return partial(_once, options=options, cores=cores, path=path, rooms=NUMBERS, after=0)


def _once(number: int, options: Options, cores: Cores, path: Path, rooms: int, after: int) -> Drive:
    first = (number + after) * (rooms // (options.rounds + 3))
    return Drive(path, cores.generator, options.seconds, options.connections, first, rooms)
