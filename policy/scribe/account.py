"""What the scribe has taken, kept and dropped, where it outlives the scribe.

It stands in a piece of memory that is a file without a name: the scribe writes it, whoever started
the scribe reads it, and the next scribe goes on with it. When a scribe is killed, one message at
most is missing in it: one that the kernel had handed out, and that nobody had looked at.
"""

from __future__ import annotations

import os
import struct
from typing import Final, NamedTuple

_NUMBERS: Final = struct.Struct("=QQQ")


class Account(NamedTuple):
    """Numbers of entries since the first scribe began; what is not settled is being written."""

    taken: int = 0
    kept: int = 0
    dropped: int = 0

    @property
    def unsettled(self) -> int:
        """Give how many were taken, and neither kept nor dropped."""
        return self.taken - self.kept - self.dropped

    def write(self, file: int) -> None:
        """Put it where the other process sees it."""
        os.pwrite(file, _NUMBERS.pack(*self), 0)


def open_account() -> int:
    """Give a file for an account, of which nobody else knows."""
    file = os.memfd_create("decision-log")
    Account().write(file)
    return file


def read_account(file: int) -> Account:
    """Give what was written last."""
    return Account(*_NUMBERS.unpack(os.pread(file, _NUMBERS.size, 0)))
