"""Pictures of every kind, drawn when they are needed."""

from __future__ import annotations

import random
import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Final

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

Colour = tuple[int, ...]
RED: Final[Colour] = (200, 30, 30)
BLUE: Final[Colour] = (30, 30, 200)


def halves(width: int = 80, height: int = 60, mode: str = "RGB") -> Image.Image:
    """Draw a picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image.quantize() if mode == "P" else image.convert(mode)


def noise(side: int) -> Image.Image:
    """Draw what no format makes smaller; it is the same in each run."""
    pixels = random.Random(1).randbytes(3 * side**2)  # noqa: S311  nothing is to be kept secret
    return Image.frombytes("RGB", (side, side), pixels)


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    """Give the bytes of a file."""
    out = BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def opened(image: bytes) -> Image.Image:
    """Decode a picture whole."""
    picture = Image.open(BytesIO(image))
    picture.load()
    return picture


def colour_at(image: bytes, across: float, down: float = 0.5) -> Colour:
    """Give the colour at a place that is told as shares of width and height."""
    picture = opened(image)
    found = picture.getpixel((int(picture.width * across), int(picture.height * down)))
    assert isinstance(found, tuple)
    return found


def is_near(got: Colour, want: Colour, within: int = 12) -> bool:
    """Compare colours as JPEG keeps them."""
    return all(abs(a - b) <= within for a, b in zip(got, want, strict=True))


def png(width: int, height: int, *, rows: bytes = b"", bits: int = 8, kind: int = 2) -> bytes:
    """Write a PNG of any announced size; its pixels need not be there."""
    chunks: Mapping[bytes, bytes] = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0),
        b"IDAT": zlib.compress(rows, 9),
        b"IEND": b"",
    }
    parts = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
