"""Appends lines to a file that anybody may move away, fill or take away at any time."""

from __future__ import annotations

import os
from stat import S_ISREG
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_APPEND: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK


def append(path: str, lines: Sequence[bytes]) -> tuple[int, str]:
    """Append whole lines; give how many were kept, and why not all.

    The file is opened each time, so that one which was moved away or deleted is made anew.
    """
    try:
        file = os.open(path, _APPEND, 0o600)
    except OSError as exc:
        return 0, _said(exc)
    try:
        text = b"".join(lines)
        written, trouble = _append_all(file, _line_end(file) + text)
    except OSError as exc:
        return 0, _said(exc)
    finally:
        os.close(file)
    return (text[:written].count(b"\n"), trouble) if trouble else (len(lines), "")


def _append_all(file: int, text: bytes) -> tuple[int, str]:
    """Give how many bytes were written, and why not more."""
    written = 0
    try:
        while written < len(text):
            written += os.write(file, text[written:])
    except OSError as exc:
        return written, _said(exc)
    return written, ""


def _line_end(file: int) -> bytes:
    """End the line that a full disk or a killed process has left unfinished."""
    state = os.fstat(file)
    if not S_ISREG(state.st_mode) or not state.st_size:
        return b""
    return b"" if os.pread(file, 1, state.st_size - 1) == b"\n" else b"\n"


def _said(exc: OSError) -> str:
    return (exc.strerror or "cannot be written").lower()
