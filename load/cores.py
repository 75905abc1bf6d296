"""Which core belongs to whom: the load generator has its own, the server under test the others."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores of the generator and of the server; `are_shared` when they have some in common."""

    generator: frozenset[int]
    server: frozenset[int]

    @property
    def are_shared(self) -> bool:
        """Say whether generator and server take time from each other."""
        return bool(self.generator & self.server)

    def row(self) -> dict[str, object]:
        """Give what a result file says of it."""
        where = "PostgreSQL on the server's cores; the writer of the log on whichever core is idle"
        return {
            "generator": sorted(self.generator),
            "server": sorted(self.server),
            "shared": self.are_shared,
            "note": where,
        }


def divide(available: frozenset[int], wanted: int = 1, *, share: bool = False) -> Cores:
    """Give the last core to the generator and the first ones to the server.

    `wanted` is how many the server is to have; it gets the generator's core too when there are not
    enough. Raises ClickException for a single core, unless it is to be shared.
    """
    ordered = sorted(available)
    if len(ordered) == 1 and not share:
        raise click.ClickException(
            "the load generator needs a core of its own and there is only one; "
            "--share measures all the same, on shared time"
        )
    return Cores(frozenset(ordered[-1:]), frozenset(ordered[:wanted]))


def available() -> frozenset[int]:
    """Give the cores that this process may use."""
    return frozenset(os.sched_getaffinity(0))


@contextmanager
def on(cores: frozenset[int]) -> Iterator[None]:
    """Have processes that are started in here run on these cores; they inherit them."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
