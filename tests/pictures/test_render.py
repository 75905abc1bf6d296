"""What a node is sent is an RGB JPEG of exactly the size that it asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from policy.errors import PictureError
from policy.pictures.initials import COLOURS, Initials
from policy.pictures.intake import take_in
from policy.pictures.render import render_initials, render_picture
from tests.fakes.jpeg import Picture, find_picture
from tests.fakes.judge import judge
from tests.fakes.verdict import Answer, Kind, Outcome
from tests.pictures.drawing import BLUE, RED, colour_at, halves, is_near, opened, saved

if TYPE_CHECKING:
    from typing import Final

KH: Final = Initials("KH", COLOURS[0])
STORED: Final = take_in(saved(halves(), "PNG")).image
SIDES: Final = st.integers(1, 2048)
# Baseline: what the oldest viewer can show.
BASELINE: Final = b"\xff\xc0"


@given(SIDES, SIDES)
def test_a_picture_has_the_size_that_was_asked_for(width: int, height: int) -> None:
    """Any form and size that a request may have is drawn, and a node takes it."""
    for image in (render_picture(STORED, width, height), render_initials(KH, width, height)):
        query = {"width": str(width), "height": str(height)}
        verdict = judge(Kind.AVATAR, Answer(200, "image/jpeg", image), query)
        assert (verdict.outcome, verdict.faults) == (Outcome.PICTURE, ())
        assert find_picture(image) == Picture(width, height, 3)


def test_a_picture_is_cut_and_never_bent() -> None:
    """Of a broad picture the middle is shown, whole from top to bottom."""
    image = Image.new("RGB", (300, 100), BLUE)
    image.paste(RED, (100, 0, 200, 100))

    square = render_picture(saved(image, "JPEG"), 100, 100)

    assert [is_near(colour_at(square, at), RED, 20) for at in (0.05, 0.5, 0.95)] == [True] * 3


def test_a_picture_is_a_baseline_jpeg() -> None:
    """It is neither progressive nor anything else that a client might not know."""
    assert BASELINE in render_picture(STORED, 100, 100)
    assert opened(render_picture(STORED, 100, 100)).mode == "RGB"


@pytest.mark.parametrize(
    "stored", [b"", b"\xff\xd8\xff", STORED[:-200], saved(halves(2000, 2000), "JPEG")]
)
def test_what_was_not_taken_in_is_not_drawn(stored: bytes) -> None:
    """Whoever writes bytes of their own into the table breaks one picture and no more."""
    with pytest.raises(PictureError, match="a stored picture is"):
        render_picture(stored, 40, 40)


@pytest.mark.parametrize("letters", ["KH", "W", "WW", "ÆÆ", "ÅØ", "I"])
@pytest.mark.parametrize("size", [(100, 100), (40, 40), (48, 64), (300, 30)])
def test_initials_stand_in_the_middle(letters: str, size: tuple[int, int]) -> None:
    """Letters are white, within the picture, and as far from its left as from its right."""
    image = opened(render_initials(Initials(letters, "#1d4f91"), *size)).convert("L")

    box = image.point(lambda value: 255 * (value > 160)).getbbox()

    assert box is not None
    left, top, right, bottom = box
    assert min(left, top, image.width - right, image.height - bottom) > 0
    assert abs(left - (image.width - right)) <= max(3, image.width * 0.06)


@pytest.mark.parametrize(("letter", "like"), [("Ø", "O"), ("Å", "A"), ("Æ", "E")])
def test_a_nordic_letter_is_not_its_neighbour(letter: str, like: str) -> None:
    """Pillow's font has none of them, and yet they can be told apart."""
    drawn, other = (render_initials(Initials(each, "#1d4f91"), 100, 100) for each in (letter, like))

    assert drawn != other


@pytest.mark.parametrize("size", [(1, 1), (10, 10), (2048, 1)])
def test_a_speck_has_no_letters(size: tuple[int, int]) -> None:
    """Too small to read, it is the colour alone."""
    image = render_initials(Initials("KH", "#1d4f91"), *size)

    assert is_near(colour_at(image, 0.5), (0x1D, 0x4F, 0x91))
