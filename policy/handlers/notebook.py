"""Notes each decision with the moment and the rules it was made by, for the decision log."""

from __future__ import annotations

import secrets
import time
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from policy.decide.decision import Decision
    from policy.handlers.decision_log import DecisionLog
    from policy.handlers.facts import InForce
    from policy.wire.asked import Asked

ASK_EVERY_S: Final = 1.0


class Notebook:
    """Notes what was decided, when, and by which rules.

    `clock` is the database's. It is asked once a second: in between, what has passed by our own
    clock is added, which takes a tenth of the time.
    """

    def __init__(self, log: DecisionLog, rules: InForce, clock: Callable[[], datetime]) -> None:
        self.rules = rules
        self._log = log
        self._clock = clock
        self._zero = 0.0  # the database's time when our clock was at 0, in seconds since 1970
        self._zero_until_s = float("-inf")

    def note(
        self, asked: Asked, decision: Decision, began_s: float, version: str, took_s: float
    ) -> None:
        """Hand a decision to the log, with the version of the rules that decided it.

        `began_s` is when the request came, by `time.perf_counter`.
        """
        if began_s >= self._zero_until_s:
            self._zero = self._clock().timestamp() - time.perf_counter()
            self._zero_until_s = began_s + ASK_EVERY_S
        self._log.write((self._zero + began_s, asked, decision, version, took_s))


def pseudonym_key(key_file: Path | None) -> bytes:
    """Give the key of callers' pseudonyms: the site's own, else one that lasts until the stop.

    With one key a caller has the same pseudonym in the logs of all servers.
    """
    if key_file is None or not key_file.is_file():
        return secrets.token_bytes(32)
    newest = key_file.read_bytes().partition(b"\n")[0].strip()
    return blake2b(newest, digest_size=32, person=b"decision-log").digest()
