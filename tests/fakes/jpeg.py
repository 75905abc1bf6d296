"""The few facts of a JPEG file that decide whether a node shows it."""

from __future__ import annotations

from dataclasses import dataclass

START = b"\xff\xd8"
END = b"\xff\xd9"

FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers that open a picture frame; the three left out define tables."""

BARE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers that stand alone, without a length behind them."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Size and number of colour components of a JPEG picture."""

    width: int
    height: int
    components: int


def find_picture(body: bytes) -> Picture | None:
    """Read the frame header; None when the bytes are no whole JPEG file."""
    if not body.startswith(START) or not body.endswith(END):
        return None
    at = len(START)
    while at + 10 <= len(body) and body[at] == 0xFF:
        marker = body[at + 1]
        if marker in FRAMES:
            height = int.from_bytes(body[at + 5 : at + 7], "big")
            width = int.from_bytes(body[at + 7 : at + 9], "big")
            return Picture(width, height, body[at + 9])
        if marker == 0xFF:
            at += 1
        elif marker in BARE:
            at += 2
        else:
            at += 2 + int.from_bytes(body[at + 2 : at + 4], "big")
    return None
