"""Pictures in memory, made from a directory file; each has an id that only its name decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.directory.memory import picture_id_of
from policy.directory.uploads import read_pictures
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from uuid import UUID

    from policy.directory.document import DirectoryFile
    from policy.documents import Parsed


class FakePictures:
    """Answers at once from memory, counts what it was asked, and can be away."""

    def __init__(self, file: Parsed[DirectoryFile] | None = None) -> None:
        self.asked: list[UUID] = []
        self.is_away = False
        self.images: dict[UUID | None, bytes] = {}
        if file is not None:
            read = read_pictures(file)
            self.images = {picture_id_of(name): each.image for name, each in read.items()}

    async def find(self, picture_id: UUID) -> bytes | None:
        """Give what was put under an id; raises DirectoryError while it is away."""
        self.asked.append(picture_id)
        if self.is_away:
            raise DirectoryError("database: is away")
        return self.images.get(picture_id)
