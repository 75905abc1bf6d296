"""Notes each decision with the moment and the rules it was made by, for the decision log."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from policy.handlers.decision_log import Decided, DecisionLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from policy.decide.decision import Decision
    from policy.handlers.facts import InForce
    from policy.wire.asked import Asked


@dataclass(frozen=True, slots=True)
class Notebook:
    """Begins a note when a request comes; the rules in force then are those that decide it."""

    log: DecisionLog
    rules: InForce
    clock: Callable[[], datetime]

    def begin(self, asked: Asked) -> Note:
        """Remember when it came, and which rules were in force."""
        return Note(self.log, asked, self.clock(), self.rules.table.version)


@dataclass(frozen=True, slots=True)
class Note:
    """A request that is being decided."""

    log: DecisionLog
    asked: Asked
    at: datetime
    version: str

    def end(self, decision: Decision, took_s: float) -> None:
        """Hand the decision to the log."""
        self.log.write(Decided(self.at, self.asked, decision, self.version, took_s * 1000))


def pseudonym_key(key_file: Path | None) -> bytes:
    """Give the key of callers' pseudonyms: the site's own, else one that lasts until the stop.

    With one key a caller has the same pseudonym in the logs of all servers.
    """
    if key_file is None or not key_file.is_file():
        return secrets.token_bytes(32)
    newest = key_file.read_bytes().partition(b"\n")[0].strip()
    return blake2b(newest, digest_size=32, person=b"decision-log").digest()
