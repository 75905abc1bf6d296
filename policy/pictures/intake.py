"""Takes a picture in: any common format, checked before it is decoded, and encoded anew.

Nothing of the file but its pixels is kept: no place, no camera, no thumbnail of an earlier crop.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from policy.errors import PictureError

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
MAX_FILE_BYTES: Final = 20 << 20
# A phone's largest photo. A WebP or PNG of that size takes up to 1.3 GB for a moment, which is why
# pictures are taken in by the command line and not by a server that answers calls.
MAX_PIXELS: Final = 50_000_000
# The database holds the same two.
MIN_SIDE: Final = 16
MAX_SIDE: Final = 1024

# High enough that rendering from it shows no second loss.
QUALITY: Final = 90
# 16 bits of grey to 8.
_TO_EIGHT_BITS: Final = 1 / 257

# Decoders of broken files raise whatever they trip over.
BROKEN: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Picture:
    """An RGB JPEG without metadata, at most `MAX_SIDE` wide and high."""

    image: bytes = field(repr=False)
    width: int
    height: int


def take_in(raw: bytes) -> Picture:
    """Give the picture in a file, the first of several; raises PictureError."""
    if len(raw) > MAX_FILE_BYTES:
        raise PictureError(f"a file has at most {MAX_FILE_BYTES >> 20} MB")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters is checked here
        try:
            return _encoded(_decoded(raw))
        except UnidentifiedImageError as exc:
            raise PictureError(f"no picture of a known format: {', '.join(FORMATS)}") from exc
        except Image.DecompressionBombError as exc:
            raise _too_large() from exc
        except BROKEN as exc:
            raise PictureError("the picture is broken or cut short") from exc


def _decoded(raw: bytes) -> Image.Image:
    image = Image.open(BytesIO(raw), formats=FORMATS)  # reads the header only
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large()
    _check_sides(width, height)
    # A JPEG of many megapixels is decoded at a fraction of its size.
    image.draft(None, (2 * MAX_SIDE, 2 * MAX_SIDE))
    image.load()
    upright = _in_rgb(ImageOps.exif_transpose(image))
    upright.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    _check_sides(*upright.size)
    return upright


def _in_rgb(image: Image.Image) -> Image.Image:
    """Give eight bits of red, green and blue; what is transparent becomes white."""
    if image.mode in {"I", "F"}:
        raise PictureError("a picture has 8 or 16 bits per colour")
    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda value: value * _TO_EIGHT_BITS).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")


def _encoded(image: Image.Image) -> Picture:
    bare = Image.new("RGB", image.size)  # the encoder would write a comment of the old one
    bare.paste(image)
    out = BytesIO()
    # Not `optimize`: of a noisy picture it outgrows the encoder's buffer and fails.
    bare.save(out, "JPEG", quality=QUALITY, subsampling=0)
    return Picture(out.getvalue(), *image.size)


def _check_sides(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        raise PictureError(
            f"the picture is {width} x {height} once it fits into {MAX_SIDE} x {MAX_SIDE}: "
            f"each side needs {MIN_SIDE} pixels or more"
        )


def _too_large() -> PictureError:
    return PictureError(f"a picture has at most {MAX_PIXELS // 1_000_000} million pixels")
