"""JSON Schemas of the result documents, made from their models; the database holds them too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policy.wire.services import (
    Conference,
    Gateway,
    Lecture,
    MediaPlayback,
    Reception,
    Service,
    TestCall,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICES: Final[Mapping[str, type[Service]]] = {
    "conference": Conference,
    "lecture": Lecture,
    "gateway": Gateway,
    "two_stage_dialing": Reception,
    "media_playback": MediaPlayback,
    "test_call": TestCall,
}
# What only readers need; the defaults are Pexip's and are never sent.
_PROSE: Final = frozenset({"title", "description", "default", "discriminator"})


def service_schemas() -> dict[str, object]:
    """Give the schema of each service type, without prose."""
    return {name: _bare(model.model_json_schema()) for name, model in SERVICES.items()}


def _bare(schema: Mapping[str, object]) -> dict[str, object]:
    bare: dict[str, object] = {}
    for key, value in schema.items():
        if key in _PROSE:
            continue
        if key in {"properties", "$defs"} and isinstance(value, dict):
            bare[key] = {name: _bare(each) for name, each in value.items()}
        elif isinstance(value, dict):
            bare[key] = _bare(value)
        elif isinstance(value, list) and key == "anyOf":
            bare[key] = [_bare(each) for each in value]
        else:
            bare[key] = value
    return bare
