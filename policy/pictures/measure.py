"""Measures a picture that somebody else drew, without decoding it."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Final

_END: Final = b"\xff\xd9"


def size_shown(image: bytes) -> tuple[int, int] | None:
    """Give width and height of a whole JPEG in three colours, None for all that a node drops."""
    if not image.endswith(_END):
        return None
    # Loaded for the first picture that another server sends, which few services ever ask for.
    from PIL import Image  # noqa: PLC0415

    from policy.pictures.intake import BROKEN  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a picture too large for anybody only the size counts
        try:
            picture = Image.open(BytesIO(image), formats=("JPEG",))  # reads the header only
        except (*BROKEN, Image.DecompressionBombError):
            return None
    return picture.size if picture.mode == "RGB" else None
