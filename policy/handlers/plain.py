"""Recognises the plainest of HTTP requests; all others are left to aiohttp.

A node sends the same header lines with every request of a connection. Once they are known to be
plain, nothing of them needs to be read again: a request is its first line. Pure.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, Self

from policy.handlers.forwarding import HOPS_HEADER

END: Final = b"\r\n\r\n"
# A block of header lines that is longer, or has more of them, is read by aiohttp each time.
MAX_HEAD_BYTES: Final = 8192
MAX_LINES: Final = 64

_METHOD: Final = b"GET /"
_VERSION: Final = b" HTTP/1.1"
# A `#` is left to aiohttp, which takes what follows off the path.
_IN_TARGET: Final = bytes(each for each in range(0x21, 0x7F) if each != ord("#"))
# No part of it can give back what it took: anybody may send a line of blanks.
_LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]++):[ \t]*+([\x20-\x7e]*+)")
# These say that more follows, or that the connection is about to be used for something else, or
# aiohttp may refuse them.
_NOT_PLAIN: Final = frozenset(
    {
        b"content-encoding",
        b"content-length",
        b"expect",
        b"proxy-connection",
        b"sec-websocket-key1",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_CLOSES: Final = {b"keep-alive": False, b"close": True}
_HOPS: Final = HOPS_HEADER.lower().encode("ascii")


class Head(NamedTuple):
    """What the header lines of a plain request say; `closes` wants no further answer."""

    authorization: str
    hops: str
    closes: bool

    @classmethod
    def read(cls, block: bytes) -> Self | None:
        """Read header lines, each behind a CR LF and the empty one last; None for odd ones."""
        lines = block[2 : -len(END)].split(b"\r\n")
        if len(block) > MAX_HEAD_BYTES or len(lines) > MAX_LINES:
            return None
        found: dict[bytes, bytes] = {}
        for line in lines:
            match = _LINE.fullmatch(line)
            name = match[1].lower() if match else b""
            if match is None or name in found or name in _NOT_PLAIN:
                return None
            found[name] = match[2].rstrip(b" ")
        closes = _CLOSES.get(found.get(b"connection", b"keep-alive").lower())
        if closes is None or b"host" not in found:
            return None
        authorization = found.get(b"authorization", b"").decode("ascii")
        return cls(authorization, found.get(_HOPS, b"").decode("ascii"), closes)


def may_become_plain(data: bytes) -> bool:
    """Say whether this is the beginning of a plain request."""
    return data.startswith(_METHOD[: len(data)]) and END not in data


def target_of(line: bytes) -> str | None:
    """Give the target of a plain request line, without its CR LF; None for another kind of line."""
    if not line.startswith(_METHOD) or not line.endswith(_VERSION):
        return None
    target = line[4 : -len(_VERSION)]
    return None if target.translate(None, _IN_TARGET) else target.decode("ascii")
