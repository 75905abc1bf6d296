"""Gathers the metrics of all processes for whoever asks one of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from policy.merging import aside, retired, state
from policy.workers.messages import GiveState, States

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from policy.workers.child import Child
    from policy.workers.messages import State

# Of a process that takes longer the last known metrics are shown.
GATHER_S: Final = 0.5


@dataclass(slots=True)
class _Asked:
    asker: Child
    number: int  # the asker's own
    of: Sequence[Child]
    until_s: float
    missing: set[Child] = field(default_factory=set)


class Tally:
    """Keeps what processes counted that have ended, so that no counter goes back.

    `also` gives what is counted elsewhere, and in none of the processes.
    """

    def __init__(self, also: Callable[[], bytes]) -> None:
        self._also = also
        self._tickets = count(1)
        self._open: dict[int, _Asked] = {}
        self._retired: bytes | None = None

    def ask(self, asker: Child, number: int, children: Iterable[Child]) -> None:
        """Ask all of them for their metrics, for one of them."""
        of = tuple(children)
        ticket = next(self._tickets)
        asked = _Asked(asker, number, of, time.monotonic() + GATHER_S, set(of))
        self._open[ticket] = asked
        for child in of:
            child.tell(GiveState(ticket))

    def take(self, child: Child, told: State) -> None:
        """Note what one of them has counted so far."""
        child.state = told.state
        asked = self._open.get(told.ticket)
        if asked is not None:
            asked.missing.discard(child)
            if not asked.missing:
                self._answer(told.ticket)

    def retire(self, child: Child) -> None:
        """Keep what a process has counted that has ended."""
        if child.state is not None:
            before = [self._retired] if self._retired is not None else []
            self._retired = retired([*before, child.state])
        child.is_retired = True
        for ticket, asked in tuple(self._open.items()):
            asked.missing.discard(child)
            if not asked.missing:
                self._answer(ticket)

    def due_s(self) -> float | None:
        """Say when `tend` is to be called at the latest."""
        return min((asked.until_s for asked in self._open.values()), default=None)

    def tend(self, now_s: float) -> None:
        """Wait no longer for who is slow."""
        for ticket, asked in tuple(self._open.items()):
            if asked.until_s <= now_s:
                self._answer(ticket)

    def _answer(self, ticket: int) -> None:
        asked = self._open.pop(ticket)
        # The supervisor's own, too: the service is as old as that.
        states = [aside(state()), self._also()]
        if self._retired is not None:
            states.append(self._retired)
        states += [
            child.state if child.answers_calls else aside(child.state)
            for child in asked.of
            if child.state is not None and not child.is_retired
        ]
        asked.asker.tell(States(asked.number, tuple(states)))
