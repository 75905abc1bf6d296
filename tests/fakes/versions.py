"""Which node versions there are, and the order in which each sends its parameters."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Version(StrEnum):
    """Node versions whose requests differ in keys and order."""

    V16 = "16"
    V21 = "21.1"
    V35 = "35"


BUILDS: Mapping[Version, str] = {
    Version.V16: "36402.0.0",
    Version.V21: "48372.0.0",
    Version.V35: "77683.0.0",
}

HASHED = (
    "P-Asserted-Identity",
    "protocol",
    "node_ip",
    "service_name",
    "registered",
    "remote_address",
    "version_id",
    "service_tag",
    "proxy_node_address",
    "bandwidth",
    "ms-subnet",
    "pseudo_version_id",
    "vendor",
    "height",
    "unique_service_name",
    "local_alias",
    "proxy_node_location",
    "remote_port",
    "call_direction",
    "encryption",
    "remote_alias",
    "remote_display_name",
    "width",
    "trigger",
    "role",
    "location",
)
"""Old nodes send their parameters in hash order; this is the order of their log lines."""

FIXED = (
    "call_direction",
    "protocol",
    "bandwidth",
    "vendor",
    "encryption",
    "registered",
    "trigger",
    "remote_display_name",
    "remote_alias",
    "remote_address",
    "remote_port",
    "call_tag",
    "idp_uuid",
    "has_authenticated_display_name",
    "supports_direct_media",
    "teams_tenant_id",
    "location",
    "node_ip",
    "version_id",
    "pseudo_version_id",
    "local_alias",
    "p_Asserted-Identity",
    "ms-subnet",
    "previous_service_name",
    "third_party_passcode",
    "display_count",
    "preauthenticated_role",
    "bypass_lock",
    "receive_from_audio_mix",
    "participant_type",
    "participant_uuid",
    "call_uuid",
    "breakout_uuid",
    "send_to_audio_mixes_mix_name",
    "send_to_audio_mixes_prominent",
    "proxy_node_address",
    "proxy_node_location",
    "role",
    "height",
    "width",
    "unique_service_name",
    "service_name",
    "service_tag",
    "request_id",
)

NEWER_THAN_16 = frozenset({"proxy_node_address", "proxy_node_location"})

ORDER: Mapping[Version, tuple[str, ...]] = {
    Version.V16: tuple(key for key in HASHED if key not in NEWER_THAN_16),
    Version.V21: HASHED,
    Version.V35: FIXED,
}
