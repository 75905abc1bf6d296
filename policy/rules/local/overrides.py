"""What rules override, as expressions of a script. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from policy.rules.local.writing import UnfitError, literal
from policy.rules.templates import placeholders
from policy.wire.schema import SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Whether these are valid depends on other fields, so that one alone could spoil a service.
_DEPENDING: Final = frozenset(
    {
        "allow_guests",
        "breakout",
        "breakout_description",
        "breakout_guests_allowed_to_leave",
        "breakout_name",
        "breakout_rooms",
        "breakout_uuid",
        "breakout_uuids",
        "direct_media",
        "end_action",
        "end_time",
        "guest_pin",
        "host_identity_provider_group",
        "outgoing_protocol",
        "pin",
    }
)


def override_text(override: Mapping[str, object]) -> str:
    """Write what is overridden, by service type: each takes the fields that it has.

    Raises UnfitError for fields that some service could not take, as the server would then leave
    the whole service as it is.
    """
    if any(placeholders(override)):
        raise UnfitError("override: placeholders are for the server alone")
    depending = sorted(_DEPENDING & override.keys())
    if depending:
        raise UnfitError(
            f"override: {depending[0]} depends on other fields, which only the server sees"
        )
    by_type = {
        service_type: {key: value for key, value in override.items() if key in model.model_fields}
        for service_type, model in SERVICES.items()
    }
    for service_type, fields in by_type.items():
        for key, value in fields.items():
            _check(service_type, key, value)
    return literal({each: fields for each, fields in by_type.items() if fields})


def _check(service_type: str, key: str, value: object) -> None:
    field = SERVICES[service_type].model_fields[key]
    try:
        TypeAdapter(field.rebuild_annotation()).validate_python(value)
    except ValidationError as exc:
        raise UnfitError(f"override: {key} is not valid for {service_type}") from exc


def overridden_text(service: str, overrides: Sequence[str], service_type: str) -> str:
    """Lay overrides on a service; `service_type` is an expression."""
    laid = "".join(f"|pex_update({each}.get({service_type}, {{}}))" for each in overrides)
    return f"{service}{laid}"
