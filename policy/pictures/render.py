"""Renders what a node asked for: an RGB JPEG of exactly that width and height."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

from policy.errors import PictureError
from policy.pictures.intake import BROKEN, MAX_SIDE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.pictures.initials import Initials

QUALITY: Final = 85
# Below this many pixels letters are a smear, and the ground says as much.
MIN_LETTER: Final = 5
# Of the shorter side; two broad letters still fit.
LETTER_SHARE: Final = 0.42

# Pillow's own font has the letters of ASCII only: the three others are built from these.
_BUILT_FROM: Final[Mapping[str, str]] = {"Æ": "AE", "Ø": "O", "Å": "A"}


def render_picture(image: bytes, width: int, height: int) -> bytes:
    """Cut the middle out of a picture so that it covers the size; raises PictureError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            picture = Image.open(BytesIO(image), formats=("JPEG",))
            if max(picture.size) > MAX_SIDE:
                raise PictureError(f"a stored picture is larger than {MAX_SIDE} x {MAX_SIDE}")
            picture.draft(None, (width, height))
            fitted = ImageOps.fit(picture.convert("RGB"), (width, height))
        except BROKEN as exc:
            raise PictureError("a stored picture is broken") from exc
    return _encoded(fitted)


def render_initials(initials: Initials, width: int, height: int) -> bytes:
    """Draw white letters in the middle of a coloured ground."""
    image = Image.new("RGB", (width, height), initials.colour)
    size = round(min(width, height) * LETTER_SHARE)
    if size >= MIN_LETTER:
        letters = _letters(initials.letters, size)
        place = ((width - letters.width) // 2, (height - letters.height) // 2)
        image.paste("white", place, letters)
    return _encoded(image)


def _letters(text: str, size: int) -> Image.Image:
    """Draw letters as a mask, with the middle of a capital letter in its middle."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):  # Pillow was built without FreeType
        return Image.new("L", (1, 1))
    height = -int(font.getbbox("H", anchor="ls")[1])
    room = round(size * 0.35)  # above for the ring of the Å, and as much below
    drawn = [_letter(letter, font, height, room) for letter in text]
    mask = Image.new("L", (sum(each.width for each in drawn), height + 2 * room))
    left = 0
    for each in drawn:
        mask.paste(each, (left, 0))
        left += each.width
    return mask


def _letter(letter: str, font: ImageFont.FreeTypeFont, height: int, room: int) -> Image.Image:
    bases = _BUILT_FROM.get(letter, letter)
    overlap = font.size * 0.2 * (len(bases) - 1)
    width = round(font.getlength(bases) - overlap)
    mask = Image.new("L", (width, height + 2 * room))
    draw = ImageDraw.Draw(mask)
    baseline, left = height + room, 0.0
    for base in bases:
        draw.text((left, baseline), base, "white", font, anchor="ls")
        left += font.getlength(base) - overlap
    stroke = max(1, round(font.size * 0.075))
    if letter == "Ø":
        ends = (width * 0.15, baseline + stroke / 2, width * 0.85, room - stroke / 2)
        draw.line(ends, "white", stroke)
    if letter == "Å":
        radius = font.size * 0.13
        top = room - 2 * radius + stroke / 2
        box = (width / 2 - radius, top, width / 2 + radius, top + 2 * radius)
        draw.ellipse(box, outline="white", width=stroke)
    return mask


def _encoded(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
