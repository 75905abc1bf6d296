"""Takes entries from the servers, writes them, and ends when the last server is gone."""

from __future__ import annotations

import marshal
import os
import socket
import sys
import time
from array import array
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from policy.scribe.account import read_account
from policy.scribe.journal import append

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from policy.scribe.lines import Lines, Plain

# While a disk is full every batch meets the same error; one line per this time is enough.
LOG_INTERVAL_S: Final = 10.0
# So much is written at once; one write of more would be no faster.
BATCH_BYTES: Final = 256 << 10
# No message is larger: Linux lets nobody send more than the buffer of the sending socket holds,
# which is twice what `process.py` asks for.
MAX_MESSAGE_BYTES: Final = 2 << 20

_FILES: Final = array("i")
_ANCILLARY: Final = socket.CMSG_SPACE(8 * _FILES.itemsize)


class Desk:
    """Has an inlet for messages, a file to write, and an account of what became of entries.

    A message is a marshalled list of entries. One that carries a file asks to be told when all
    before it is settled: then the file is closed, here as in the message.
    """

    def __init__(
        self,
        path: str,
        lines: Lines,
        *,
        inlet: socket.socket,
        account: int,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._lines = lines
        self._inlet = inlet
        self._account_file = account
        self._clock_s = clock_s
        self._logged_at = float("-inf")
        self._message = memoryview(bytearray(MAX_MESSAGE_BYTES))
        self._account = read_account(account)
        self._settle(0)  # what one before us had in its hands when it was killed

    def work(self) -> None:
        """Write until the last server is gone; says at once when the file cannot be written."""
        self._append([])
        while self._work_once():
            pass

    def _work_once(self) -> bool:
        """Wait for entries and write those that are there; false when there will be no more."""
        lines: list[bytes] = []
        askers: list[int] = []
        size_bytes, flags, has_more = 0, 0, True
        with suppress(BlockingIOError):
            while size_bytes < BATCH_BYTES and not askers:
                size, ancillary, *_ = self._inlet.recvmsg_into([self._message], _ANCILLARY, flags)
                flags = socket.MSG_DONTWAIT
                if not size:  # nobody is left who could send
                    has_more = False
                    break
                size_bytes += size
                askers += _files_in(ancillary)
                lines += self._lines_of(entries_of(self._message[:size]))
        self._settle(self._append(lines))
        for asker in askers:
            os.close(asker)
        return has_more

    def _lines_of(self, entries: Sequence[Plain]) -> list[bytes]:
        account = self._account
        self._account = account._replace(taken=account.taken + len(entries))
        self._account.write(self._account_file)
        lines = []
        for entry in entries:
            # What an alias holds need not be text, and an answer need not be writable.
            with suppress(TypeError, ValueError, LookupError, RecursionError):
                lines.append(self._lines.line_of(entry))
        return lines

    def _append(self, lines: Sequence[bytes]) -> int:
        kept, trouble = append(self._path, lines)
        now = self._clock_s()
        if trouble and now - self._logged_at >= LOG_INTERVAL_S:
            self._logged_at = now
            _warn(f"decision log {self._path}: {trouble}, entries dropped")
        return kept

    def _settle(self, kept: int) -> None:
        account = self._account
        dropped = account.dropped + account.unsettled - kept
        self._account = account._replace(kept=account.kept + kept, dropped=dropped)
        self._account.write(self._account_file)


def message_of(entries: list[Plain]) -> bytes:
    """Give entries as a server sends them."""
    return marshal.dumps(entries)


def entries_of(message: bytes | memoryview) -> Sequence[Plain]:
    """Give the entries of a message."""
    entries: Sequence[Plain] = marshal.loads(message)  # noqa: S302  from our own servers
    return entries


def _files_in(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    files = array("i")
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            files.frombytes(content[: len(content) - len(content) % files.itemsize])
    return files.tolist()


def _warn(text: str) -> None:
    """Write a line as the service's log has them; `logging` would double our size."""
    now = time.time()
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
    with suppress(OSError):
        sys.stderr.write(f"{at},{int(now * 1000) % 1000:03} WARNING policy.scribe: {text}\n")
        sys.stderr.flush()
