"""The one process that writes the decision log for all workers, as its supervisor sees it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter

from policy.apps import scribe_of
from policy.merging import state
from policy.metrics import DECISIONS_DROPPED

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from policy.scribe.process import Scribe
    from policy.settings import Settings
    from policy.workers.child import Closable

# One that has ended is not started again sooner, see `policy/scribe/process.py`.
LOOK_S: Final = 1.0


class LogWriter:
    """Starts the scribe, if the settings want one, and starts it again when it ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._scribe: Scribe | None = None
        # Not where workers count: what is counted there would come along in every fork.
        self._registry = CollectorRegistry()
        told = next(iter(DECISIONS_DROPPED.describe()))
        self._dropped = Counter(told.name, told.documentation, registry=self._registry)

    @property
    def outlet(self) -> socket.socket | None:
        """Where workers send what they have decided, None without a log."""
        return self._scribe.outlet if self._scribe is not None else None

    def start(self) -> None:
        """Start it, once the key of the pseudonyms is there; raises StartError without one."""
        self._scribe = scribe_of(self._settings)
        if self._scribe is not None:
            self._scribe.start()

    def due_s(self) -> float | None:
        """Say when `tend` is to be called at the latest."""
        if self._scribe is None or self._scribe.is_alive():
            return None
        return time.monotonic() + LOOK_S

    def tend(self) -> None:
        """Start it again if it has ended."""
        if self._scribe is not None:
            self._dropped.inc(self._scribe.tend())

    def state(self) -> bytes:
        """Give what it has counted: entries that were dropped."""
        self.tend()
        return state(self._registry)

    def ends(self) -> Iterable[Closable]:
        """Give what only servers may hold."""
        return [self._scribe.outlet] if self._scribe is not None else []

    def close(self) -> None:
        """Wait until all is written; the workers must have ended."""
        scribe, self._scribe = self._scribe, None
        if scribe is not None:
            scribe.close()
