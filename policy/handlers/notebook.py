"""Notes each decision with the moment and the rules it was made by, for the decision log."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from policy.decide.decision import Decision
    from policy.handlers.decision_log import DecisionLog
    from policy.handlers.facts import InForce
    from policy.wire.asked import Asked


@dataclass(frozen=True, slots=True)
class Notebook:
    """Notes what was decided, when, and by which rules."""

    log: DecisionLog
    rules: InForce
    clock: Callable[[], datetime]

    def note(
        self, asked: Asked, decision: Decision, at: datetime, version: str, took_s: float
    ) -> None:
        """Hand a decision to the log, with the version of the rules that decided it."""
        self.log.write((at, asked, decision, version, took_s))


def pseudonym_key(key_file: Path | None) -> bytes:
    """Give the key of callers' pseudonyms: the site's own, else one that lasts until the stop.

    With one key a caller has the same pseudonym in the logs of all servers.
    """
    if key_file is None or not key_file.is_file():
        return secrets.token_bytes(32)
    newest = key_file.read_bytes().partition(b"\n")[0].strip()
    return blake2b(newest, digest_size=32, person=b"decision-log").digest()
