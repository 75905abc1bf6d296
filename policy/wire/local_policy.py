"""What scripts of Pexip's local policy see of a request, in the types that nodes give it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.wire.parameters import Parameters

_SERVICE: Final = frozenset({RequestType.SERVICE})
_PARTICIPANT: Final = frozenset({RequestType.PARTICIPANT})
_LOCATION: Final = frozenset({RequestType.LOCATION})
_ALL: Final = _SERVICE | _PARTICIPANT | _LOCATION

_TEXTS: Final[Mapping[str, frozenset[RequestType]]] = {
    "breakout_uuid": _SERVICE,
    "call_direction": _ALL,
    "call_tag": _ALL,
    "idp_uuid": _ALL,
    "local_alias": _ALL,
    "location": _ALL,
    "node_ip": _ALL,
    "previous_service_name": _ALL,
    "protocol": _ALL,
    "proxy_node_address": _LOCATION,
    "proxy_node_location": _LOCATION,
    "pseudo_version_id": _ALL,
    "remote_address": _ALL,
    "remote_alias": _ALL,
    "remote_display_name": _ALL,
    "service_name": _ALL,
    "service_tag": _ALL,
    "teams_tenant_id": _ALL,
    "telehealth_request_id": _ALL,
    "third_party_passcode": _SERVICE,
    "trigger": _ALL,
    "unique_service_name": _ALL,
    "vendor": _ALL,
    "version_id": _ALL,
}
# A service request has these when it is about a call to somewhere or a breakout room; scripts ask
# whether they are defined.
_ONLY_WHEN_SENT: Final = frozenset({"service_name", "service_tag", "unique_service_name"})
_FLAGS: Final = ("has_authenticated_display_name", "registered", "supports_direct_media")
_NUMBERS: Final = ("bandwidth", "remote_port")
_HEADERS: Final = ("ms_subnet", "p_asserted_identity")
_DISPOSITION: Final = "external_policy_disposition"  # a node's own; this server is its external

CALL_INFO_KEYS: Final = (*_TEXTS, *_FLAGS, *_NUMBERS, *_HEADERS, "display_count", _DISPOSITION)
_PARTICIPANT_TEXTS: Final = (
    "auth_type",
    "call_uuid",
    "participant_type",
    "participant_uuid",
    "receive_from_audio_mix",
    "remote_alias",
    "remote_display_name",
)
PARTICIPANT_KEYS: Final = (
    *_PARTICIPANT_TEXTS,
    "display_count",
    "idp_attributes",
    "preauthenticated_role",
    "send_to_audio_mixes",
)
_ATTRIBUTE: Final = "idp_attribute_"


def script_variables(
    request: RequestType,
    parameters: Parameters,
    *,
    service_config: Mapping[str, object] | None,
    suggested: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Give the variables of a script for a service, participant or location request.

    `suggested` is where media would run otherwise; without it, where the asking node is.
    """
    variables: dict[str, object] = {
        "call_info": call_info(request, parameters),
        "service_config": service_config,
    }
    if request is RequestType.PARTICIPANT:
        variables["participant"] = participant(parameters)
    elif request is RequestType.LOCATION:
        place = suggested or {"location": parameters.text("location")}
        variables["suggested_media_overflow_locations"] = place
    return variables


def call_info(request: RequestType, parameters: Parameters) -> dict[str, object]:
    """Give the facts of a request by the names that scripts have for them."""
    facts: dict[str, object] = {
        name: parameters.text(name)
        for name, requests in _TEXTS.items()
        if request in requests and _is_there(request, name, parameters)
    }
    facts |= {name: parameters.flag(name) for name in _FLAGS}
    facts |= {name: parameters.number(name) or 0 for name in _NUMBERS}
    facts |= {name: list(parameters.header(name)) for name in _HEADERS}
    if request is not RequestType.LOCATION:
        facts["display_count"] = parameters.number("display_count")
    return facts


def _is_there(request: RequestType, name: str, parameters: Parameters) -> bool:
    is_optional = request is RequestType.SERVICE and name in _ONLY_WHEN_SENT
    return not is_optional or name in parameters.values()


def participant(parameters: Parameters) -> dict[str, object]:
    """Give the facts about somebody who joins; a role is None while it is undecided."""
    facts: dict[str, object] = {name: parameters.text(name) for name in _PARTICIPANT_TEXTS}
    facts["display_count"] = parameters.number("display_count")
    facts["idp_attributes"] = _idp_attributes(parameters)
    facts["preauthenticated_role"] = parameters.text("preauthenticated_role") or None
    mix = parameters.text("send_to_audio_mixes_mix_name")
    prominent = parameters.flag("send_to_audio_mixes_prominent")
    facts["send_to_audio_mixes"] = [{"mix_name": mix, "prominent": prominent}] if mix else []
    return facts


def _idp_attributes(parameters: Parameters) -> dict[str, object]:
    """Give attributes by their names as sent: one value as a text, several as a list."""
    found: dict[str, list[str]] = {}
    for name, value in parameters.pairs():
        if name.startswith(_ATTRIBUTE):
            found.setdefault(name.removeprefix(_ATTRIBUTE), []).append(value)
    return {name: values[0] if len(values) == 1 else list(values) for name, values in found.items()}
