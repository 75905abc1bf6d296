"""Says what a permanent room sends to a node, and where each value comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson
from pydantic_core import PydanticUndefined

from policy.directory.records import ROOM_FIELDS, service_tag
from policy.directory.sealing import PIN_COLUMNS
from policy.wire.schema import SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policy.directory.sealing import Seal
    from policy.directory.writing.rooms import Room

SOURCE_ROOM: Final = "room"
SOURCE_DEFAULT: Final = "default"
# Values of columns that say nothing: everyone is a host, and no limit.
_UNSAID: Final = frozenset({("allow_guests", False), ("participant_limit", 0)})
# What stands for a PIN where it is not shown.
HIDDEN: Final = "set"


@dataclass(frozen=True, slots=True)
class RoomValue:
    """A field of the service, in Pexip's words; a default is the platform's and is not sent."""

    field: str
    value: object
    source: str


def room_values(room: Room, pins_with: Seal | None = None) -> Sequence[RoomValue]:
    """List the fields of a room's service as models have them; PINs are shown with a seal only."""
    levels = _levels(room, pins_with)
    values: list[RoomValue] = []
    for name, field in SERVICES[room.row["service_type"]].model_fields.items():
        for source, said in levels.items():
            if name in said:
                values.append(RoomValue(name, said[name], source))
                break
        else:
            default = None if field.default is PydanticUndefined else field.default
            values.append(RoomValue(name, None if default == "" else default, SOURCE_DEFAULT))
    return values


def _levels(room: Room, pins_with: Seal | None) -> Mapping[str, Mapping[str, object]]:
    """Give what is said by whom, who wins first."""
    row = room.row
    said = {
        name: row[name]
        for name in ROOM_FIELDS
        if row[name] is not None and (name, row[name]) not in _UNSAID
    }
    for which in PIN_COLUMNS:
        if which in said:
            said[which] = (
                HIDDEN if pins_with is None else pins_with.unseal_pin(room.id, which, row[which])
            )
    levels = {SOURCE_ROOM: {"name": room.name} | said | orjson.loads(row["service"])}
    if row["service_tag"] is not None:
        levels[SOURCE_ROOM]["service_tag"] = row["service_tag"]
    if row["template"] is not None:
        levels[f"template {row['template']}"] = orjson.loads(row["template_service"])
    levels[SOURCE_DEFAULT] = {"service_tag": service_tag(room.organisation, row["kind"])}
    return levels
