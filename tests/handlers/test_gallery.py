"""Each picture is drawn once for each size, and a limit of bytes is kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import pytest

from policy.decide.avatar import Drawing
from policy.decide.decision import Reason
from policy.errors import DirectoryError
from policy.handlers.gallery import ENTRY_BYTES, MAX_FLIGHTS, Gallery
from policy.pictures.initials import COLOURS, Initials
from policy.pictures.intake import take_in
from tests.fakes.jpeg import Picture, find_picture
from tests.fakes.pictures import FakePictures
from tests.pictures.drawing import halves, saved

if TYPE_CHECKING:
    from collections.abc import Iterator

STORED: Final = take_in(saved(halves(), "PNG")).image
ID: Final = UUID("4ce6aa27-e550-4e02-be1f-90b3b15a2eaf")
PLENTY: Final = 1_000_000


@pytest.fixture
def pictures() -> FakePictures:
    """Hold one picture."""
    pictures = FakePictures()
    pictures.images[ID] = STORED
    return pictures


class _Blocked:
    """Says that it was asked, and answers once it is let go."""

    def __init__(self) -> None:
        self.asked: list[UUID] = []
        self.was_asked = asyncio.Event()
        self.let_go = asyncio.Event()

    async def find(self, picture_id: UUID) -> bytes:
        self.asked.append(picture_id)
        self.was_asked.set()
        await self.let_go.wait()
        return STORED


def _drawing(of: UUID | Initials = ID, width: int = 40, height: int = 40) -> Drawing:
    return Drawing(of, width, height, Reason.OK)


async def test_a_size_is_drawn_once(pictures: FakePictures) -> None:
    """The second time costs no database and no drawing; another size is another picture."""
    gallery = Gallery(pictures, cache_bytes=PLENTY)

    first, second = [await gallery.draw(_drawing()) for _ in range(2)]
    other = await gallery.draw(_drawing(width=50))

    assert first is second
    assert other is not None
    assert find_picture(other) == Picture(50, 40, 3)
    assert pictures.asked == [ID, ID]


async def test_initials_need_no_database(pictures: FakePictures) -> None:
    """They are drawn from two letters and a colour, and kept under these."""
    pictures.is_away = True
    gallery = Gallery(pictures, cache_bytes=PLENTY)

    drawn = [await gallery.draw(_drawing(Initials("KH", COLOURS[0]))) for _ in range(2)]

    assert drawn[0] is drawn[1]
    assert pictures.asked == []


async def test_a_picture_that_is_gone_is_none() -> None:
    """And it is asked for again: nothing is kept of what is not there."""
    pictures = FakePictures()
    gallery = Gallery(pictures, cache_bytes=PLENTY)

    assert [await gallery.draw(_drawing()) for _ in range(2)] == [None, None]
    assert len(pictures.asked) == 2


async def test_what_was_drawn_outlives_the_database(pictures: FakePictures) -> None:
    """While the database is away the sizes that are kept are still shown."""
    gallery = Gallery(pictures, cache_bytes=PLENTY)
    kept = await gallery.draw(_drawing())
    pictures.is_away = True

    assert await gallery.draw(_drawing()) is kept
    with pytest.raises(DirectoryError):
        await gallery.draw(_drawing(width=50))


async def test_a_broken_picture_is_the_databases_fault(pictures: FakePictures) -> None:
    """Its id is told, so that somebody can replace it."""
    pictures.images[ID] = STORED[:100]

    with pytest.raises(DirectoryError, match=f"picture {ID}: a stored picture is broken"):
        await Gallery(pictures, cache_bytes=PLENTY).draw(_drawing())


async def test_those_who_wait_for_one_picture_share_it() -> None:
    """Ten nodes that ask at once cost one query and one drawing, even when one of them leaves."""
    pictures = _Blocked()
    gallery = Gallery(pictures, cache_bytes=PLENTY)
    waiting = [asyncio.create_task(gallery.draw(_drawing())) for _ in range(10)]
    await pictures.was_asked.wait()

    waiting[0].cancel()
    pictures.let_go.set()
    drawn = await asyncio.gather(*waiting, return_exceptions=True)

    assert isinstance(drawn[0], asyncio.CancelledError)
    assert len(set(map(id, drawn[1:]))) == 1
    assert pictures.asked == [ID]


async def test_the_limit_of_bytes_is_kept(pictures: FakePictures) -> None:
    """The least used go; a picture larger than the whole limit is drawn and not kept."""
    sizes = list(range(40, 60))
    one = await Gallery(pictures, cache_bytes=PLENTY).draw(_drawing())
    assert one is not None
    gallery = Gallery(pictures, cache_bytes=4 * (len(one) + ENTRY_BYTES))
    for size in sizes:
        await gallery.draw(_drawing(width=size))
    pictures.asked.clear()

    for size in (*sizes[-3:], sizes[0]):
        await gallery.draw(_drawing(width=size))
    huge = await gallery.draw(_drawing(width=2048, height=2048))

    assert huge is not None
    assert len(pictures.asked) == 2


async def test_who_cannot_be_served_in_time_is_told_at_once() -> None:
    """A flood of sizes does not pile up; whoever waits for what is under way still gets it."""
    pictures = _Blocked()
    gallery = Gallery(pictures, cache_bytes=PLENTY)
    sizes: Iterator[int] = iter(range(1, MAX_FLIGHTS + 1))
    waiting = [asyncio.create_task(gallery.draw(_drawing(width=size))) for size in sizes]
    await pictures.was_asked.wait()

    with pytest.raises(TimeoutError):
        await gallery.draw(_drawing(uuid4()))
    joined = asyncio.create_task(gallery.draw(_drawing(width=1)))
    await asyncio.sleep(0)

    assert not joined.done()
    await gallery.close()
    ended = await asyncio.gather(joined, *waiting, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in ended)
