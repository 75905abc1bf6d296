"""A directory in memory, made from a directory file; it keeps the contract of the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.directory.document import BookingRow, DirectoryFile, RoomRow, key_of
from policy.directory.records import (
    AddressKey,
    Booking,
    Device,
    Entry,
    OrganisationState,
    PermanentRoom,
    Quarantined,
    Reserved,
    Target,
    service_tag,
)
from policy.errors import DirectoryError
from tests.fakes.pictures import picture_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policy.directory.document import DeviceRow

    # By organisation and name.
    Templates = Mapping[tuple[str, str | None], Mapping[str, object]]


class FakeDirectory:
    """Answers at once from memory, counts what it was asked, and can be away."""

    def __init__(self, file: DirectoryFile | None = None) -> None:
        self.asked: list[AddressKey] = []
        self.is_away = False
        self.fill(file or DirectoryFile())

    def fill(self, file: DirectoryFile) -> None:
        """Hold these rows and no others."""
        self._file = file
        self._states = {each.code: each.state for each in file.organisations}
        self._templates: Templates = {
            (each.organisation, each.name): each.service for each in file.templates
        }
        self._domains = {each.domain for each in file.domains if not each.history_only}
        self._targets: Mapping[AddressKey, Target] = dict(self._addresses(file))

    async def find(self, key: AddressKey) -> Entry:
        """Give what the rows say of a key; raises DirectoryError while it is away."""
        self.asked.append(key)
        if self.is_away:
            raise DirectoryError("database: is away")
        if key.domain and key.domain not in self._domains:
            return Entry(own_domain=False, target=None)
        bare = AddressKey(key.local, "")
        return Entry(own_domain=True, target=self._targets.get(key) or self._targets.get(bare))

    def _addresses(self, file: DirectoryFile) -> Iterator[tuple[AddressKey, Target]]:
        for room in (*file.rooms, *file.bookings):
            target = self._room(room)
            for alias in room.aliases:
                yield key_of(alias), target
        for device in file.devices:
            yield key_of(device.alias), self._device(device)
        for held in file.addresses:
            yield key_of(held.alias), Quarantined() if held.state == "quarantined" else Reserved()

    def _room(self, row: RoomRow) -> Target:
        state = self._states[row.organisation]
        if isinstance(row, BookingRow):
            service = _service(row, "booking", self._templates)
            times = (row.opens_at(), row.ends_at)
            owner = (row.organisation, picture_id_of(row.picture))
            return Booking(state, *times, row.cancelled, service, *owner)
        return PermanentRoom(
            organisation=state,
            state=row.state,
            service=_service(row, "permanent", self._templates),
            owner=row.organisation,
            picture_id=picture_id_of(row.picture),
        )

    def _may_use(self, domain: str, organisation: str) -> bool:
        """Say whether a domain is the organisation's own or inherited from above."""
        row = next((each for each in self._file.domains if each.domain == domain), None)
        if row is None:
            return not domain
        parents = {each.code: each.parent for each in self._file.organisations}
        above: str | None = organisation
        while above is not None:
            if row.organisation == above and (row.inherit or above == organisation):
                return True
            above = parents[above]
        return False

    def _device(self, row: DeviceRow) -> Device:
        return Device(
            organisation=OrganisationState(self._states[row.organisation]),
            enabled=row.enabled,
            single_sign_on=row.single_sign_on,
            without_proof=row.without_proof,
            in_own_domain=self._may_use(key_of(row.alias).domain, row.organisation),
            username=row.username or "",
            password=row.password or "",
            owner=row.organisation,
            picture_id=picture_id_of(row.picture),
        )


def _service(row: RoomRow, kind: str, templates: Templates) -> Mapping[str, object]:
    tag = service_tag(row.organisation, kind) if row.service_tag is None else row.service_tag
    template = templates[row.organisation, row.template] if row.template else {}
    return {"name": row.service_name, "service_tag": tag} | dict(template) | row.said()
