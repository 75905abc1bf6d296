"""The Phonebook protocol and its PostgreSQL form: whom somebody may find, best hits first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from policy.directory.queries.calls import SEARCH_PHONEBOOK
from policy.directory.records import PhonebookEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from policy.directory.pool import Pool
    from policy.directory.records import PhonebookSearch


class Phonebook(Protocol):
    """Whoever can say what a device may find."""

    async def search(self, search: PhonebookSearch) -> Sequence[PhonebookEntry]:
        """Give what the asker may see and call, in order; raises DirectoryError.

        Every word that was typed must be found. A hit is as good as the worst of its words: found
        at the start of a word, inside of one, or nearly. Then the Danish alphabet decides, then
        the alias. An asker that is no enabled device of an active organisation finds nothing.
        """
        ...


class PostgresPhonebook:
    """Asks PostgreSQL for every search: what is typed next is typed once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def search(self, search: PhonebookSearch) -> Sequence[PhonebookEntry]:
        """Ask the database; raises DirectoryError when it is late or away."""
        asker = search.asker
        rows = await self._pool.fetch(
            SEARCH_PHONEBOOK, asker.local, asker.domain, search.typed, search.limit
        )
        return [PhonebookEntry(row["alias"], row["description"]) for row in rows]
