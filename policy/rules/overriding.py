"""Fields that a rule lays on top of whatever service is answered. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field, create_model, model_validator

from policy.documents import Document
from policy.rules.unfinished import checked_service
from policy.wire.schema import SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping

# Which service it is stays: a node wants one name for all who dial a room.
_KEPT: Final = frozenset({"name", "service_type"})
_OF_MAIN_ROOM: Final = frozenset({"breakout_rooms", "breakout_uuids"})
# Of a field that several types have, the last knows the most values.
_ORDER: Final = (
    "test_call",
    "media_playback",
    "two_stage_dialing",
    "lecture",
    "conference",
    "gateway",
)


class _Override(Document):
    """Fields of any service type; those that the answered type lacks are left out of it."""

    @model_validator(mode="after")
    def _says_something(self) -> _Override:
        if not self.model_fields_set:
            raise ValueError("override needs at least one field")
        return self

    def fields(self) -> dict[str, object]:
        """Give what was written, as it goes onto the wire."""
        return self.model_dump(mode="json", exclude_unset=True)


def _fields() -> dict[str, tuple[object, object]]:
    found: dict[str, tuple[object, object]] = {}
    for service_type in _ORDER:
        for name, field in SERVICES[service_type].model_fields.items():
            if name not in _KEPT:
                annotated = field.rebuild_annotation()
                found[name] = (annotated, Field(None, validate_default=False))
    return found


if TYPE_CHECKING:
    OverrideForm = _Override
else:
    OverrideForm = create_model(
        "OverrideForm", __base__=_Override, __doc__=_Override.__doc__, **_fields()
    )


def overridden(
    service: Mapping[str, object], override: Mapping[str, object]
) -> Mapping[str, object]:
    """Lay fields on a service; raises OutcomeError for what a node would drop.

    A breakout room has none of its own: what is said of them is for the main room.
    """
    known = SERVICES[str(service["service_type"])].model_fields
    left_out = _OF_MAIN_ROOM if service.get("breakout") else frozenset()
    laid = {key: value for key, value in override.items() if key in known and key not in left_out}
    if not laid:
        return service
    # The name is as it has to be: that of a gateway call is longer than a rule may write it.
    whole = checked_service({**service, **laid, "name": "any"})
    return {**whole, "name": service["name"]}
