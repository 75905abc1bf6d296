"""Pictures by their id: the Pictures protocol and its PostgreSQL form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from policy.directory.queries.calls import FIND_PICTURE

if TYPE_CHECKING:
    from uuid import UUID

    from policy.directory.pool import Pool


class Pictures(Protocol):
    """Whoever keeps pictures; one never changes under its id."""

    async def find(self, picture_id: UUID) -> bytes | None:
        """Give a JPEG, None for one that is gone; raises DirectoryError."""
        ...


class PostgresPictures:
    """Asks PostgreSQL for every picture; what is drawn from them is kept elsewhere."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, picture_id: UUID) -> bytes | None:
        """Ask the database; raises DirectoryError when it is late or away."""
        rows = await self._pool.fetch(FIND_PICTURE, picture_id)
        return rows[0]["image"] if rows else None
