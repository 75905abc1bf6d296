"""A directory in memory, made from a directory file: for tests of rules, explain and replay. Pure.

It says what PostgreSQL would say of the same file; one contract is tested with both. The file must
be one in which `checking` finds nothing.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, UUID, uuid5

from policy.directory.document import BookingRow, RoomRow, key_of
from policy.directory.records import (
    AddressKey,
    Booking,
    Device,
    Entry,
    PermanentRoom,
    Quarantined,
    Reserved,
    Target,
    service_tag,
)
from policy.wire.fields import MAX_TEXT
from policy.wire.results import ServiceResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policy.directory.document import DeviceRow, DirectoryFile


def picture_id_of(written: str | None) -> UUID | None:
    """Give the id of a picture that a file names: the database draws one, here the name decides."""
    return uuid5(NAMESPACE_URL, written) if written is not None else None


def subtrees_of(file: DirectoryFile) -> Mapping[str, tuple[str, ...]]:
    """Give the codes from each organisation up to its root; a parent stands above its children."""
    subtrees: dict[str, tuple[str, ...]] = {}
    for row in file.organisations:
        above = subtrees[row.parent] if row.parent is not None else ()
        subtrees[row.code] = (row.code, *above)
    return subtrees


class MemoryDirectory:
    """Answers at once from the rows of a file; passwords of devices are as the file has them."""

    def __init__(self, file: DirectoryFile) -> None:
        self._states = {each.code: each.state for each in file.organisations}
        self._subtrees = subtrees_of(file)
        self._domains = {each.domain: each for each in file.domains}
        self._templates = {(each.organisation, each.name): each.service for each in file.templates}
        self._targets: Mapping[AddressKey, Target] = dict(self._addresses(file))

    async def find(self, key: AddressKey) -> Entry:
        """Give what the rows say of a key, without waiting."""
        return self.find_now(key)

    def find_now(self, key: AddressKey) -> Entry:
        """Give what the rows say of a key."""
        if key.domain:
            domain = self._domains.get(key.domain)
            if domain is None or domain.history_only:
                return Entry(own_domain=False, target=None)
        bare = AddressKey(key.local, "")
        return Entry(own_domain=True, target=self._targets.get(key) or self._targets.get(bare))

    def _addresses(self, file: DirectoryFile) -> Iterator[tuple[AddressKey, Target]]:
        for room in (*file.rooms, *file.bookings):
            target = self._booking(room) if isinstance(room, BookingRow) else self._room(room)
            for alias in room.aliases:
                yield key_of(alias), target
        for device in file.devices:
            yield key_of(device.alias), self._device(device)
        for held in file.addresses:
            yield key_of(held.alias), Quarantined() if held.state == "quarantined" else Reserved()

    def _room(self, row: RoomRow) -> PermanentRoom:
        return PermanentRoom(
            organisation=self._states[row.organisation],
            state=row.state,
            service=self._service(row, "permanent"),
            owner=row.organisation,
            picture_id=picture_id_of(row.picture),
            subtree=self._subtrees[row.organisation],
            tags=row.tags,
        )

    def _booking(self, row: BookingRow) -> Booking:
        return Booking(
            organisation=self._states[row.organisation],
            opens_at=row.opens_at().astimezone(UTC),  # as the database gives them
            ends_at=row.ends_at.astimezone(UTC),
            closes_at=row.ends_at.astimezone(UTC),  # no file knows what runs
            cancelled=row.cancelled,
            service=self._service(row, "booking"),
            owner=row.organisation,
            picture_id=picture_id_of(row.picture),
            subtree=self._subtrees[row.organisation],
            tags=row.tags,
        )

    def _device(self, row: DeviceRow) -> Device:
        return Device(
            organisation=self._states[row.organisation],
            enabled=row.enabled,
            single_sign_on=row.single_sign_on,
            without_proof=row.without_proof,
            in_own_domain=self._serves(key_of(row.alias).domain, row.organisation),
            username=row.username or "",
            password=row.password or "",
            owner=row.organisation,
            picture_id=picture_id_of(row.picture),
            subtree=self._subtrees[row.organisation],
            tags=row.tags,
        )

    def _serves(self, domain: str, organisation: str) -> bool:
        """Say whether a domain is the organisation's own or inherited from above."""
        if not domain:
            return True
        row = self._domains[domain]
        if row.organisation == organisation:
            return True
        return row.inherit and row.organisation in self._subtrees[organisation]

    def _service(self, row: RoomRow, kind: str) -> ServiceResult:
        """Give the result document: template, then row, then what the room is called."""
        tag = service_tag(row.organisation, kind) if row.service_tag is None else row.service_tag
        own: dict[str, object] = {
            "service_type": row.type,
            "name": row.service_name or _made_up_name(row),
            "service_tag": tag,
        }
        template = self._templates[row.organisation, row.template] if row.template else {}
        return ServiceResult.of(own | dict(template) | row.said())


def _made_up_name(row: RoomRow) -> str:
    """Name a room after its first alias: the same file gives the same answers each time."""
    key = key_of(row.aliases[0])
    return f"r-{key.local}@{key.domain}".removesuffix("@")[:MAX_TEXT]
