"""Any common picture can be taken in; what is broken, a bomb, or no picture is refused."""

from __future__ import annotations

import tracemalloc
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, features

from policy.errors import PictureError
from policy.pictures.intake import MAX_FILE_BYTES, MAX_SIDE, MIN_SIDE, take_in
from tests.fakes.jpeg import find_picture
from tests.pictures.drawing import BLUE, RED, colour_at, halves, is_near, noise, opened, png, saved

ORIENTATION: Final = 0x0112
# What the database takes.
MAX_STORED_BYTES: Final = 2_097_152


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_any_common_format_is_taken(format_: str) -> None:
    """What comes out is an RGB JPEG of the same size with the same colours."""
    if format_ == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow was built without AVIF")

    picture = take_in(saved(halves(), format_))

    header = find_picture(picture.image)
    assert header is not None
    assert (header.width, header.height, header.components) == (80, 60, 3)
    assert (picture.width, picture.height) == (80, 60)
    assert is_near(colour_at(picture.image, 0.2), RED)
    assert is_near(colour_at(picture.image, 0.8), BLUE)


@pytest.mark.parametrize(
    ("format_", "mode", "within"),
    [
        ("PNG", "P", 12),
        ("PNG", "RGBA", 12),
        ("TIFF", "CMYK", 30),
        ("JPEG", "CMYK", 30),
        ("TIFF", "LAB", 40),
        ("TIFF", "YCbCr", 12),
    ],
)
def test_any_way_of_writing_colours_is_taken(format_: str, mode: str, within: int) -> None:
    """Palettes and the colours of printers become red, green and blue."""
    image = halves(mode=mode) if mode != "LAB" else _in_lab(halves())

    picture = take_in(saved(image, format_))

    assert is_near(colour_at(picture.image, 0.2), RED, within)
    assert is_near(colour_at(picture.image, 0.8), BLUE, within)


def _in_lab(image: Image.Image) -> Image.Image:
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    changed = ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
    assert changed is not None
    return changed


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_grey_is_a_colour_too(mode: str) -> None:
    """A picture without colours has three equal ones."""
    image = Image.new("L", (40, 40), 255).convert(mode)

    picture = take_in(saved(image, "PNG"))

    assert is_near(colour_at(picture.image, 0.5), (255, 255, 255))


@pytest.mark.parametrize(("value", "want"), [(0, 0), (0x8000, 128), (0xFFFF, 255)])
def test_sixteen_bits_of_grey_become_eight(value: int, want: int) -> None:
    """The darkest stays dark and the middle the middle: nothing is cut off."""
    rows = (b"\x00" + value.to_bytes(2, "big") * 20) * 20

    picture = take_in(png(20, 20, rows=rows, bits=16, kind=0))

    assert is_near(colour_at(picture.image, 0.5), (want, want, want), 2)


def test_sixteen_bits_of_colour_become_eight() -> None:
    """A PNG of 48 bits per pixel is taken as it looks."""
    pixel = b"".join((each * 257).to_bytes(2, "big") for each in RED)

    picture = take_in(png(20, 20, rows=(b"\x00" + pixel * 20) * 20, bits=16, kind=2))

    assert is_near(colour_at(picture.image, 0.5), RED, 3)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_other_depths_are_refused(mode: str) -> None:
    """What measuring instruments write cannot be shown as it is."""
    with pytest.raises(PictureError, match="8 or 16 bits"):
        take_in(saved(Image.new(mode, (40, 40), 7), "TIFF"))


@pytest.mark.parametrize(("format_", "mode"), [("PNG", "RGBA"), ("WEBP", "RGBA"), ("PNG", "P")])
def test_what_is_transparent_becomes_white(format_: str, mode: str) -> None:
    """No black ground comes out behind a logo."""
    image = Image.new("RGBA", (40, 40), (*RED, 255))
    image.paste((0, 0, 0, 0), (20, 0, 40, 40))

    picture = take_in(saved(image.quantize() if mode == "P" else image, format_))

    assert is_near(colour_at(picture.image, 0.2), RED)
    assert is_near(colour_at(picture.image, 0.8), (255, 255, 255))


@pytest.mark.parametrize(
    ("orientation", "red_is_at"),
    [
        (1, (0.2, 0.5)),
        (2, (0.8, 0.5)),
        (3, (0.8, 0.5)),
        (4, (0.2, 0.5)),
        (5, (0.5, 0.2)),
        (6, (0.5, 0.2)),
        (7, (0.5, 0.8)),
        (8, (0.5, 0.8)),
    ],
)
def test_a_photo_is_turned_as_its_camera_says(
    orientation: int, red_is_at: tuple[float, float]
) -> None:
    """A phone held upright does not make a person lie."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation

    picture = take_in(saved(halves(), "JPEG", exif=exif))

    assert (picture.width > picture.height) == (orientation < 5)
    assert is_near(colour_at(picture.image, *red_is_at), RED, 20)


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_picture_counts(format_: str) -> None:
    """An animated file is taken, and stands still."""
    first, second = Image.new("RGB", (40, 40), RED), Image.new("RGB", (40, 40), BLUE)

    picture = take_in(saved(first, format_, save_all=True, append_images=[second], duration=100))

    assert is_near(colour_at(picture.image, 0.5), RED)


def test_nothing_of_the_file_but_its_pixels_is_kept() -> None:
    """Neither the place nor the camera, a comment, a profile or a thumbnail comes along."""
    exif = Image.Exif()
    exif[0x010F] = "Camera of Karin Holm"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    raw = saved(halves(), "JPEG", exif=exif, comment=b"Karin Holm", icc_profile=profile)

    picture = opened(take_in(raw).image)

    assert b"Holm" in raw
    assert b"Holm" not in take_in(raw).image
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert dict(picture.getexif()) == {}


@pytest.mark.parametrize(
    ("size", "want"),
    [
        ((3000, 1500), (1024, 512)),
        ((1500, 3000), (512, 1024)),
        ((1024, 1024), (1024, 1024)),
        ((MIN_SIDE, MIN_SIDE), (MIN_SIDE, MIN_SIDE)),
        ((2000, 40), (1024, 20)),
    ],
)
@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_a_large_picture_is_made_smaller(
    size: tuple[int, int], want: tuple[int, int], format_: str
) -> None:
    """Its form stays, and so does a picture that is small enough."""
    picture = take_in(saved(halves(*size), format_))

    assert (picture.width, picture.height) == want


def test_the_database_takes_the_worst_picture() -> None:
    """Noise of the largest size, which no JPEG makes smaller, is within the limit of its column."""
    picture = take_in(saved(noise(MAX_SIDE), "PNG"))

    assert len(picture.image) <= MAX_STORED_BYTES


@pytest.mark.parametrize("size", [(MIN_SIDE - 1, 100), (100, MIN_SIDE - 1), (1, 1), (4000, 20)])
def test_a_picture_that_is_too_small_is_refused(size: tuple[int, int]) -> None:
    """Nothing could be made of it, either as it is or once its long side fits."""
    with pytest.raises(PictureError, match="each side needs 16 pixels"):
        take_in(saved(halves(*size), "PNG"))


@pytest.mark.parametrize(
    "size", [(7072, 7072), (30_000, 30_000), (2**31 - 1, 2**31 - 1), (50_000_001, 1)]
)
def test_a_bomb_is_refused_before_it_goes_off(size: tuple[int, int]) -> None:
    """A small file that would need gigabytes is judged by its header."""
    bomb = png(*size, rows=bytes(1_000_000))
    tracemalloc.start()

    try:
        with pytest.raises(PictureError, match="at most 50 million pixels"):
            take_in(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(bomb) < 10_000
    assert peak < 5_000_000


def test_a_file_that_is_too_large_is_refused() -> None:
    """It is not even looked at."""
    with pytest.raises(PictureError, match="at most 20 MB"):
        take_in(saved(halves(), "PNG") + bytes(MAX_FILE_BYTES))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_picture_that_is_cut_short_is_refused(format_: str, share: float) -> None:
    """Half a picture is none."""
    raw = saved(noise(64), format_)

    with pytest.raises(PictureError):
        take_in(raw[: int(len(raw) * share)])


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xd8\xff", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\0"]
)
def test_what_is_no_picture_is_refused(raw: bytes) -> None:
    """The message names the formats that are known."""
    with pytest.raises(PictureError, match="known format: JPEG, PNG"):
        take_in(raw)


def test_other_formats_of_the_library_are_not_tried() -> None:
    """Rare formats have rare decoders."""
    with pytest.raises(PictureError, match="known format"):
        take_in(saved(halves(), "PCX"))


START: Final = {
    format_: saved(halves(24, 20, mode), format_)
    for format_, mode in (
        ("JPEG", "CMYK"),
        ("PNG", "P"),
        ("WEBP", "RGBA"),
        ("GIF", "P"),
        ("TIFF", "RGB"),
        ("BMP", "RGB"),
        ("AVIF", "RGB"),
    )
    if format_ != "AVIF" or features.check("avif")
}


@given(st.binary(), st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a"]))
def test_any_bytes_are_refused_or_fine(raw: bytes, start: bytes) -> None:
    """There is no other error than the one on purpose."""
    _refused_or_fine(start + raw)


@given(st.sampled_from(sorted(START)), st.data())
def test_a_damaged_picture_is_refused_or_fine(format_: str, data: st.DataObject) -> None:
    """Wherever bytes of a real file change, it is refused or still a picture."""
    raw = bytearray(START[format_])
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))

    _refused_or_fine(bytes(raw))


def _refused_or_fine(raw: bytes) -> None:
    try:
        picture = take_in(raw)
    except PictureError:
        return
    header = find_picture(picture.image)
    assert header is not None
    assert (header.width, header.height, header.components) == (picture.width, picture.height, 3)
    assert min(header.width, header.height) >= MIN_SIDE
    assert max(header.width, header.height) <= MAX_SIDE
