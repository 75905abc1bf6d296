"""What one run of a script may spend, and what it draws and logs on the way. Pure.

Work is counted in units of some 25 ns, so that the same script stops at the same place whenever it
sees the same call. A clock is looked at only by a script that has worked for a millisecond.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from time import thread_time
from types import NoneType
from typing import Final

from jinja2 import Undefined

from policy.scripts.allowance import MAX_ITERATIONS, Allowance, ScriptLog

# What a script calls, as a filter or as a function; the run comes first.
ScriptFunction = Callable[..., object]

# Characters of a text, or elements and characters of a list or dictionary written out.
MAX_SIZE: Final = 65_536
# Of the processor's time in this thread: a busy machine must not change what a script answers.
MAX_CPU_S: Final = 0.05
_UNITS_BETWEEN_LOOKS: Final = 50_000
_UNITS_PER_PART: Final = 4

_TOO_LARGE: Final = f"a value grows beyond {MAX_SIZE} characters or elements"
_SINGLE: Final = frozenset({int, float, bool, NoneType, datetime})
_VIEWS: Final[tuple[type, ...]] = (type({}.keys()), type({}.values()), type({}.items()))
_HOLDING: Final = frozenset({list, tuple, dict, range, *_VIEWS})


class SandboxError(Exception):
    """What a script may not do; the text repeats nothing of the call."""


class Run:
    """One run of one script, which takes its work from an allowance."""

    __slots__ = ("_allowance", "_drawn", "_left", "_next_look", "_token", "_until", "log", "now")

    def __init__(
        self,
        now: datetime,
        token: str,
        log: ScriptLog | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self.now = now
        self.log = log
        self._allowance = allowance or Allowance()
        self._token = token
        self._drawn = 0
        self._left = self._allowance.units
        self._next_look = self._left - _UNITS_BETWEEN_LOOKS
        self._until = 0.0

    def end(self) -> None:
        """Leave to the next script what this one has not used."""
        self._allowance.units = max(0, self._left)

    def spend(self, units: int) -> None:
        """Count work before it is done; raises when there has been too much."""
        left = self._left = self._left - units
        if left < self._next_look:
            self._look()

    def measure(self, value: object) -> int:
        """Give the size of a value written out, and spend the work of reading all of it.

        Lists may hold one another many times over: written out, forty lines of a script make more
        than memory holds. Whatever compares, writes or hashes a value measures it first.
        """
        kind = type(value)
        if kind is str:
            size = len(value)  # type: ignore[arg-type]  # a text, as its type has just said
            self.spend(1 + (size >> 6))
        elif kind in _SINGLE:
            return 1
        else:
            size, parts = _written_out(value)
            self.spend(size + _UNITS_PER_PART * parts)
        return checked_size(size)

    def draw(self) -> bytes:
        """Give 32 bytes that look random and are the same for the same question."""
        self._drawn += 1
        return hashlib.blake2b(f"{self._drawn}:{self._token}".encode(), digest_size=32).digest()

    def _look(self) -> None:
        if self._left < 0:
            raise SandboxError(f"it works for longer than {MAX_ITERATIONS} rounds of a loop take")
        self._next_look = max(0, self._left - _UNITS_BETWEEN_LOOKS)
        if not self._until:
            self._until = thread_time() + MAX_CPU_S
        elif thread_time() > self._until:
            raise SandboxError(f"it works longer than {MAX_CPU_S * 1000:.0f} ms")


def checked_size(size: int) -> int:
    """Raise for what is too large."""
    if size > MAX_SIZE:
        raise SandboxError(_TOO_LARGE)
    return size


def _written_out(value: object) -> tuple[int, int]:
    """Count elements and characters, of what is held twice twice, and the values on the way."""
    size = parts = 0
    waiting = [value]
    while waiting:
        part = waiting.pop()
        parts += 1
        if isinstance(part, str):
            size += len(part)
        elif type(part) in _HOLDING:
            size = checked_size(size + len(part))  # type: ignore[arg-type]  # these have a length
            waiting += part  # type: ignore[arg-type]  # and can be gone through
            if isinstance(part, dict):
                waiting += part.values()
        elif type(part) not in _SINGLE and not isinstance(part, Undefined):
            raise SandboxError("a function or method is used as if it were a value")
    return size, parts
