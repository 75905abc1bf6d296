"""Draws each picture once for each size, in threads, and keeps what was drawn by its bytes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from cachetools import LRUCache

from policy.directory.flights import Flights
from policy.errors import DirectoryError, PictureError
from policy.pictures.initials import Initials

if TYPE_CHECKING:
    from uuid import UUID

    from policy.decide.avatar import Drawing
    from policy.directory.pictures import Pictures

# Drawing costs milliseconds of a core; the others are for the calls.
THREADS: Final = 2
# Far more than can be drawn within the time limit: whoever comes later is told at once.
MAX_FLIGHTS: Final = 200
# What the key and the cache's own entry take beside the bytes of a picture.
ENTRY_BYTES: Final = 500

_Key = tuple["UUID | Initials", int, int]


class Gallery:
    """Gives what a drawing describes; `close()` ends what is still being drawn."""

    def __init__(self, pictures: Pictures, *, cache_bytes: int) -> None:
        self._pictures = pictures
        self._drawn: LRUCache[_Key, bytes] = LRUCache(
            cache_bytes, getsizeof=lambda image: len(image) + ENTRY_BYTES
        )
        self._flights: Flights[_Key, bytes | None] = Flights()
        self._threads = asyncio.Semaphore(THREADS)

    async def draw(self, drawing: Drawing) -> bytes | None:
        """Give a JPEG, None when the picture is gone.

        Raises DirectoryError, and TimeoutError when there is no hope of it in time.
        """
        key = (drawing.of, drawing.width, drawing.height)
        drawn = self._drawn.get(key)
        if drawn is not None:
            return drawn
        if len(self._flights) >= MAX_FLIGHTS and key not in self._flights:
            raise TimeoutError
        return await self._flights.join(key, partial(self._draw, key))

    async def close(self) -> None:
        """End what is under way; a thread that draws does so to the end of its picture."""
        await self._flights.close()

    async def _draw(self, key: _Key) -> bytes | None:
        of, width, height = key
        async with self._threads:
            if isinstance(of, Initials):
                drawn = await asyncio.to_thread(_initials, of, width, height)
            else:
                picture = await self._pictures.find(of)
                if picture is None:
                    return None
                try:
                    drawn = await asyncio.to_thread(_picture, picture, width, height)
                except PictureError as exc:
                    raise DirectoryError(f"picture {of}: {exc}") from exc
        with suppress(ValueError):  # larger than the whole cache
            self._drawn[key] = drawn
        return drawn


# Pillow is loaded in the thread that draws first: 4 MiB and 20 ms that most services never need.


def _initials(initials: Initials, width: int, height: int) -> bytes:
    from policy.pictures.render import render_initials  # noqa: PLC0415

    return render_initials(initials, width, height)


def _picture(image: bytes, width: int, height: int) -> bytes:
    from policy.pictures.render import render_picture  # noqa: PLC0415

    return render_picture(image, width, height)
