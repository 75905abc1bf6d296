"""Every parameter that the reference documents can be read."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlencode

import pytest

from policy.wire.requests import ParticipantRequest
from policy.wire.vocabulary import (
    CallDirection,
    CallProtocol,
    Encryption,
    ParticipantType,
    Role,
    Trigger,
)

UUID: Final = "4ce6aa27-e550-4e02-be1f-90b3b15a2eaf"
# Parameter as written, the property that reads it, and what it gives.
CALL: Final = (
    ("bandwidth", "2048", "bandwidth", 2048),
    ("breakout_uuid", UUID.upper(), "breakout_uuid", UUID),
    ("breakout_uuid", "7", "breakout_uuid", ""),
    ("call_direction", "non_dial", "direction", CallDirection.NON_DIAL),
    ("call_tag", "kiosk", "call_tag", "kiosk"),
    ("display_count", "2", "display_count", 2),
    ("encryption", "Unknown", "encryption", Encryption.UNKNOWN),
    ("has_authenticated_display_name", "True", "has_authenticated_display_name", True),
    ("idp_uuid", UUID, "idp_uuid", UUID),
    ("location", "Aarhus", "location", "Aarhus"),
    ("ms-subnet", "172.23.0.0", "ms_subnet", ("172.23.0.0",)),
    ("node_ip", "192.0.2.7", "node_ip", ip_address("192.0.2.7")),
    ("p_Asserted-Identity", "<sip:a@b>", "p_asserted_identity", ("<sip:a@b>",)),
    ("previous_service_name", "Reception", "previous_service_name", "Reception"),
    ("protocol", "mssip", "protocol", CallProtocol.MSSIP),
    ("proxy_node_address", "192.0.2.8", "proxy_node_address", ip_address("192.0.2.8")),
    ("proxy_node_location", "DMZ", "proxy_node_location", "DMZ"),
    ("pseudo_version_id", "77683.0.0", "pseudo_version_id", "77683.0.0"),
    ("registered", "true", "registered", True),
    ("remote_address", "2001:db8::7", "remote_address", ip_address("2001:db8::7")),
    ("remote_alias", "sip:ana@example.org", "remote_alias", "sip:ana@example.org"),
    ("remote_display_name", "Ana", "remote_display_name", "Ana"),
    ("remote_port", "58435", "remote_port", 58435),
    ("request_id", "644d4edc", "request_id", "644d4edc"),
    ("service_name", "Ward 7", "service_name", "Ward 7"),
    ("service_tag", "ward", "service_tag", "ward"),
    ("supports_direct_media", "False", "supports_direct_media", False),
    ("teams_tenant_id", UUID, "teams_tenant_id", UUID),
    ("telehealth_request_id", UUID, "telehealth_request_id", UUID),
    ("third_party_passcode", "123456", "third_party_passcode", "123456"),
    ("trigger", "two_stage_dialing", "trigger", Trigger.TWO_STAGE_DIALING),
    ("trigger", "unheard_of", "trigger", None),
    ("unique_service_name", "Ward 7", "unique_service_name", "Ward 7"),
    ("vendor", "TANDBERG/529", "vendor", "TANDBERG/529"),
    ("version_id", "21.1", "version_id", (21, 1)),
    ("version_id", "x", "version_id", ()),
)
PARTICIPANT: Final = (
    ("bypass_lock", "True", "bypass_lock", True),
    ("call_uuid", UUID, "call_uuid", UUID),
    ("can_receive_personal_mix", "True", "can_receive_personal_mix", True),
    ("disable_overlay_text", "True", "disable_overlay_text", True),
    ("layout_group", "a", "layout_group", "a"),
    ("participant_type", "api_host", "participant_type", ParticipantType.API_HOST),
    ("participant_uuid", UUID, "participant_uuid", UUID),
    ("preauthenticated_role", "None", "role", None),
    ("preauthenticated_role", "chair", "role", Role.CHAIR),
    ("prefers_multiscreen_mix", "True", "prefers_multiscreen_mix", True),
    ("receive_from_audio_mix", "main", "receive_from_audio_mix", "main"),
    ("receive_from_video_mix~mix_name", "main", "receive_from_video_mix", "main"),
    ("rx_presentation_policy", "DENY", "may_receive_presentations", False),
    ("rx_presentation_policy", "", "may_receive_presentations", True),
    ("send_to_audio_mixes_mix_name", "main", "send_to_audio_mixes", ("main", False)),
    ("spotlight", "0", "spotlight", 0),
    ("wants_presentation_in_mix", "True", "wants_presentation_in_mix", True),
)


def _request(parameter: str, written: str) -> ParticipantRequest:
    return ParticipantRequest.parse(urlencode({parameter: written}), frozenset())


@pytest.mark.parametrize(("parameter", "written", "name", "want"), CALL)
def test_a_parameter_of_a_call(parameter: str, written: str, name: str, want: object) -> None:
    """It has its type, and what cannot be read is absent."""
    assert getattr(_request(parameter, written).call, name) == want


@pytest.mark.parametrize(("parameter", "written", "name", "want"), PARTICIPANT)
def test_a_parameter_of_a_participant(
    parameter: str, written: str, name: str, want: object
) -> None:
    """It has its type, and what cannot be read is absent."""
    assert getattr(_request(parameter, written), name) == want
