"""What the scripts of one request have left to spend, and what they log. Pure.

Apart from what runs them: every request has an allowance, and few services have a script.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MAX_ITERATIONS: Final = 10_000
UNITS_PER_ITERATION: Final = 100
MAX_UNITS: Final = MAX_ITERATIONS * UNITS_PER_ITERATION

MAX_LOG_LINES: Final = 100
MAX_LOG_CHARACTERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class ScriptLog:
    """What `pex_debug_log` wrote, for whoever explains a call; may hold names and PINs."""

    lines: list[str] = field(default_factory=list, repr=False)

    def write(self, line: str) -> None:
        """Keep a line, as long as there are not too many."""
        if len(self.lines) < MAX_LOG_LINES:
            self.lines.append(line[:MAX_LOG_CHARACTERS])


@dataclass(slots=True)
class Allowance:
    """The work that is left for all scripts of one request: a hundred of them are one too many."""

    units: int = MAX_UNITS
