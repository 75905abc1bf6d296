"""Counts the instructions that processes carry out, where the machine has counters for it."""

from __future__ import annotations

import shutil
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_EVENT: Final = "instructions:u"


@dataclass(slots=True)
class Counted:
    """How many there were; None where they cannot be counted, as on most virtual machines."""

    instructions: int | None = None


@cache
def can_count() -> bool:
    """Say whether perf works here."""
    perf = shutil.which("perf")
    if perf is None:
        return False
    command = [perf, "stat", "-x,", "-e", _EVENT, "true"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stderr  # noqa: S603  our own command
    return _number(told) is not None


@contextmanager
def counting(pids: Sequence[int]) -> Iterator[Counted]:
    """Count what these processes do meanwhile; the number is there afterwards."""
    counted = Counted()
    if not can_count():
        yield counted
        return
    command = ["perf", "stat", "-x,", "-e", _EVENT, "-p", ",".join(map(str, pids))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as perf:  # noqa: S603  our own command
        try:
            yield counted
        finally:
            perf.send_signal(signal.SIGINT)
            counted.instructions = _number(perf.communicate()[1])


def _number(told: str) -> int | None:
    for line in told.splitlines():
        number, *rest = line.split(",")
        if number.isdecimal() and any(_EVENT in each for each in rest):
            return int(number)
    return None
