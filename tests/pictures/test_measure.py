"""Pictures that somebody else drew: what a node shows, and how large."""

from __future__ import annotations

from io import BytesIO

import pytest

from policy.pictures.measure import size_shown
from tests.fakes.jpeg import find_picture
from tests.pictures.drawing import halves


def _jpeg(mode: str = "RGB", *, progressive: bool = False) -> bytes:
    out = BytesIO()
    halves(40, 30, mode).save(out, "JPEG", progressive=progressive)
    return out.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
def test_the_size_is_read(progressive: bool) -> None:  # noqa: FBT001  a parameter of the test
    """Width and height are those of the frame, whichever way it was encoded."""
    image = _jpeg(progressive=progressive)

    assert size_shown(image) == (40, 30)
    picture = find_picture(image)
    assert picture is not None
    assert (picture.width, picture.height) == (40, 30)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_node_shows_three_colours(mode: str) -> None:
    """Grey and four-colour pictures are dropped."""
    assert size_shown(_jpeg(mode)) is None


def _png() -> bytes:
    out = BytesIO()
    halves().save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "image",
    [b"", b"\xff\xd9", b"\xff\xd8\xff\xd9", _jpeg()[:-10], _jpeg()[:30] + b"\xff\xd9", _png()],
)
def test_what_is_no_whole_jpeg_has_no_size(image: bytes) -> None:
    """Pictures that are cut short, of another format, or none at all."""
    assert size_shown(image) is None


def test_a_picture_that_would_fill_the_memory_is_not_decoded() -> None:
    """A header may promise four billion pixels: only it is read."""
    image = bytearray(_jpeg())
    at = image.index(b"\xff\xc0")
    image[at + 5 : at + 9] = b"\xff\xff\xff\xff"

    assert size_shown(bytes(image)) is None
