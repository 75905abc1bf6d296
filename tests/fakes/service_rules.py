"""What a node demands of a service as a whole, beyond its single fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes import tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.checks import Check
    from tests.fakes.verdict import Findings


def check_service(findings: Findings, result: Mapping[str, object]) -> None:
    """Note everything wrong with a service result; every field is looked at, not only the first."""
    service_type = result.get("service_type")
    if not isinstance(service_type, str) or service_type not in tables.SERVICES:
        known = ", ".join(tables.SERVICES)
        findings.fault("result.service_type", f"must be one of {known}, not {service_type!r}")
        return
    required = tables.REQUIRED_ALWAYS | tables.REQUIRED.get(service_type, frozenset())
    for key in sorted(required - result.keys()):
        findings.fault(f"result.{key}", f"is required in a {service_type}")
    for key, value in result.items():
        _check_field(findings, service_type, key, value)
    _check_pins(findings, result)
    _check_breakouts(findings, result)
    _check_layout(findings, result)


def _check_field(findings: Findings, service_type: str, key: str, value: object) -> None:
    path = f"result.{key}"
    own = tables.SERVICES[service_type].get(key)
    if own is not None:
        own(findings, path, value)
        return
    owners = [kind for kind, fields in tables.SERVICES.items() if key in fields]
    if not owners:
        findings.warn(path, "is not a field of any service")
    elif service_type in tables.ROOM_KINDS and _is_layout(key):
        findings.fault(path, f"belongs to {owners[0]}, not to {service_type}")
    else:
        # A node knows the name and reads the value even where it has no use for it.
        foreign: Check = tables.SERVICES[owners[0]][key]
        foreign(findings, path, value)
        findings.warn(path, f"is not a field of {service_type}")


def _is_layout(key: str) -> bool:
    """Tell whether the field arranges the picture or the Guests of exactly one kind of room."""
    lecture, conference = tables.SERVICES["lecture"], tables.SERVICES["conference"]
    return key == "view" or (key in lecture and key not in conference)


def _check_pins(findings: Findings, result: Mapping[str, object]) -> None:
    """Hold the PINs against each other; what is no text has been noted as a field already."""
    pin, guest_pin = _pin(result, "pin"), _pin(result, "guest_pin")
    allow_guests = result.get("allow_guests") is True
    if allow_guests and not pin and not result.get("host_identity_provider_group"):
        findings.fault("result.allow_guests", "needs a pin or a host_identity_provider_group")
    if not guest_pin:
        return
    if not allow_guests:
        findings.fault("result.guest_pin", "needs allow_guests")
    if not pin:
        findings.fault("result.guest_pin", "needs a pin")
    elif pin == guest_pin:
        findings.fault("result.guest_pin", "must differ from pin")
    elif len(pin) != len(guest_pin) and not (pin.endswith("#") and guest_pin.endswith("#")):
        findings.fault("result.guest_pin", "must be as long as pin, or both must end in #")


def _pin(result: Mapping[str, object], key: str) -> str:
    value = result.get(key)
    return value if isinstance(value, str) else ""


def _check_breakouts(findings: Findings, result: Mapping[str, object]) -> None:
    direct = result.get("direct_media", "never")
    if result.get("breakout_rooms") is True and direct != "never":
        findings.fault("result.direct_media", "must be never beside breakout_rooms")
    if result.get("service_type") != "conference" or not tables.BREAKOUT.keys() & result.keys():
        return
    if result.get("breakout") is not True:
        if result.keys() & (tables.BREAKOUT.keys() - {"breakout"}):
            findings.fault("result.breakout", "must be true beside the fields of a breakout")
        return
    for key in sorted(tables.REQUIRED_OF_BREAKOUT - result.keys()):
        findings.fault(f"result.{key}", "is required in a breakout")
    if result.get("breakout_rooms") is True:
        findings.fault("result.breakout_rooms", "must be false in a breakout")
    if "breakout_uuids" in result:
        findings.fault("result.breakout_uuids", "belongs to the main room, not to a breakout")


def _check_layout(findings: Findings, result: Mapping[str, object]) -> None:
    if result.get("service_type") != "gateway" or result.get("outgoing_protocol") == "teams":
        return
    if result.get("view") in tables.TEAMS_LAYOUTS:
        findings.fault("result.view", "is a layout of Teams calls only")
