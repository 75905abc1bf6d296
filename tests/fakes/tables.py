"""The fields of every answer as a node knows them, written down apart from our server's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.checks import (
    KEYPAD,
    MIX,
    UUID,
    display_name,
    expression,
    flag,
    list_of,
    matching,
    name_of,
    on_completion,
    one_of,
    or_null,
    pin,
    record,
    text,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.checks import Check

LECTURE_LAYOUTS = (
    "one_main_zero_pips",
    "one_main_seven_pips",
    "one_main_twentyone_pips",
    "two_mains_twentyone_pips",
    "one_main_thirtythree_pips",
    "four_mains_zero_pips",
    "nine_mains_zero_pips",
    "sixteen_mains_zero_pips",
    "twentyfive_mains_zero_pips",
    "one_main_one_pip",
    "one_main_nine_around",
    "one_main_twelve_around",
    "two_mains_eight_around",
)
LAYOUTS = (*LECTURE_LAYOUTS, "five_mains_seven_pips")
"""The adaptive layout is not offered to auditoriums."""

TEAMS_LAYOUTS = ("teams", "teams_focus")

CALL_TYPE = one_of("video", "video-only", "audio")
THREE_WAY = one_of("default", "yes", "no")
CRYPTO = or_null(one_of("besteffort", "on", "off"))
PIXELS = or_null(one_of("sd", "hd", "fullhd"))
BANDWIDTH = whole(128_000, 8_192_000)
ALIAS = text(empty=False)
UUID_TEXT = matching(UUID, "a UUID of 8-4-4-4-12 digits")
MIX_NAME = matching(MIX, "a mix name of one to three levels with dots between")

AUTOMATIC_PARTICIPANT = record(
    {
        "local_alias": ALIAS,
        "remote_alias": ALIAS,
        "protocol": one_of("h323", "sip", "mssip", "rtmp"),
        "role": one_of("chair", "guest"),
        "call_type": CALL_TYPE,
        "description": text(),
        "dtmf_sequence": matching(KEYPAD, "digits, *, # and commas"),
        "keep_conference_alive": one_of(
            "keep_conference_alive",
            "keep_conference_alive_if_multiple",
            "keep_conference_alive_never",
        ),
        "local_display_name": text(),
        "presentation_url": text(),
        "remote_display_name": text(),
        "routing": one_of("manual", "routing_rule"),
        "streaming": flag,
        "system_location_name": name_of("locations"),
    },
    required=frozenset({"local_alias", "remote_alias", "protocol", "role"}),
)

ANY_SERVICE: Mapping[str, Check] = {
    "name": text(empty=False),
    "service_tag": text(),
    "service_type": text(),
    "description": text(),
    "ivr_theme_name": name_of("themes"),
    "max_callrate_in": BANDWIDTH,
    "max_pixels_per_second": PIXELS,
}

ENTRY: Mapping[str, Check] = {
    "allow_guests": flag,
    "pin": pin,
    "guest_pin": pin,
    "guest_identity_provider_group": name_of("identity_provider_groups", empty=True),
    "host_identity_provider_group": name_of("identity_provider_groups", empty=True),
    "non_idp_participants": one_of("disallow_all", "allow_if_trusted"),
}

ROOM: Mapping[str, Check] = {
    **ANY_SERVICE,
    **ENTRY,
    "automatic_participants": list_of(AUTOMATIC_PARTICIPANT),
    "breakout_rooms": flag,
    "bypass_proxy": flag,
    "call_type": CALL_TYPE,
    "crypto_mode": CRYPTO,
    "denoise_enabled": flag,
    "direct_media": one_of("never", "best_effort", "always"),
    "direct_media_notification_duration": whole(0, 30),
    "enable_active_speaker_indication": flag,
    "enable_chat": THREE_WAY,
    "enable_overlay_text": flag,
    "guests_can_present": flag,
    "live_captions_enabled": THREE_WAY,
    "live_captions_language": text(),
    "local_display_name": text(),
    "locked": flag,
    "max_callrate_out": BANDWIDTH,
    "mute_all_guests": flag,
    "participant_limit": whole(0, 1_000_000),
    "pinning_config": name_of("pinning_configs"),
    "prefer_ipv6": THREE_WAY,
    "primary_owner_email_address": text(100),
    "softmute_enabled": flag,
    "source_language": text(),
}

BREAKOUT: Mapping[str, Check] = {
    "breakout": flag,
    "breakout_uuid": UUID_TEXT,
    "breakout_name": text(empty=False),
    "breakout_description": text(),
    "breakout_guests_allowed_to_leave": flag,
    "end_action": one_of("transfer", "disconnect"),
    "end_time": whole(0),
}

SERVICES: Mapping[str, Mapping[str, Check]] = {
    "conference": {
        **ROOM,
        **BREAKOUT,
        "breakout_uuids": list_of(UUID_TEXT),
        "view": one_of(*LAYOUTS),
    },
    "lecture": {
        **ROOM,
        "force_presenter_into_main": flag,
        "guest_view": one_of(*LECTURE_LAYOUTS),
        "guests_can_see_guests": one_of("no_hosts", "always", "never"),
        "host_view": one_of(*LECTURE_LAYOUTS),
    },
    "gateway": {
        **ANY_SERVICE,
        "local_alias": ALIAS,
        "remote_alias": ALIAS,
        "outgoing_protocol": one_of("h323", "sip", "mssip", "rtmp", "gms", "teams"),
        "bypass_proxy": flag,
        "call_type": one_of("video", "video-only", "audio", "auto"),
        "called_device_type": one_of(
            "external",
            "registration",
            "mssip_conference_id",
            "mssip_server",
            "gms_conference",
            "teams_conference",
            "teams_user",
            "telehealth_profile",
        ),
        "crypto_mode": CRYPTO,
        "denoise_audio": flag,
        "dtmf_sequence": text(),
        "enable_active_speaker_indication": flag,
        "enable_overlay_text": flag,
        "external_participant_avatar_lookup": THREE_WAY,
        "gms_access_token_name": name_of("gms_access_tokens"),
        "h323_gatekeeper_name": name_of("h323_gatekeepers"),
        "live_captions_enabled": THREE_WAY,
        "live_captions_language": text(),
        "local_display_name": text(),
        "max_callrate_out": BANDWIDTH,
        "mssip_proxy_name": name_of("mssip_proxies"),
        "outgoing_location_name": name_of("locations"),
        "prefer_ipv6": THREE_WAY,
        "sip_proxy_name": name_of("sip_proxies"),
        "source_language": text(),
        "stun_server_name": name_of("stun_servers"),
        "teams_fit_to_frame": one_of("yes", "no"),
        "teams_proxy_name": name_of("teams_proxies"),
        "transcoding_enabled": flag,
        "treat_as_trusted": flag,
        "turn_server_name": name_of("turn_servers"),
        "view": one_of(*LAYOUTS, *TEAMS_LAYOUTS),
    },
    "two_stage_dialing": {
        **ANY_SERVICE,
        "bypass_proxy": flag,
        "call_type": CALL_TYPE,
        "crypto_mode": CRYPTO,
        "gms_access_token_name": name_of("gms_access_tokens"),
        "local_display_name": text(),
        "match_string": expression,
        "max_callrate_out": BANDWIDTH,
        "mssip_proxy_name": name_of("mssip_proxies"),
        "post_match_string": expression,
        "post_replace_string": text(),
        "replace_string": text(),
        "system_location_name": name_of("locations"),
        "teams_proxy_name": name_of("teams_proxies"),
        "two_stage_dial_type": one_of("regular", "mssip", "gms", "teams"),
    },
    "media_playback": {
        **ANY_SERVICE,
        **ENTRY,
        "max_callrate_out": BANDWIDTH,
        "media_playlist_name": name_of("playlists"),
        "on_completion": on_completion,
    },
    "test_call": {
        **ANY_SERVICE,
        "bypass_proxy": flag,
        "call_type": CALL_TYPE,
        "crypto_mode": CRYPTO,
        "local_display_name": text(),
    },
}

REQUIRED_ALWAYS = frozenset({"service_type", "name", "service_tag"})
REQUIRED: Mapping[str, frozenset[str]] = {
    "gateway": frozenset({"local_alias", "remote_alias", "outgoing_protocol"}),
    "media_playback": frozenset({"media_playlist_name"}),
}
REQUIRED_OF_BREAKOUT = frozenset({"breakout", "breakout_uuid", "breakout_name"})

ROOM_KINDS = frozenset({"conference", "lecture"})
"""The two whose private layout fields the node does not take for each other."""

REDIRECT = record({"new_alias": ALIAS}, required=frozenset({"new_alias"}))

PARTICIPANT = record(
    {
        "bypass_lock": flag,
        "call_tag": text(),
        "can_receive_personal_mix": flag,
        "disable_overlay_text": flag,
        "display_count": whole(0),
        "layout_group": text(),
        "preauthenticated_role": or_null(one_of("chair", "guest")),
        "prefers_multiscreen_mix": flag,
        "receive_from_audio_mix": MIX_NAME,
        "remote_alias": text(),
        "remote_display_name": display_name,
        "rx_presentation_policy": one_of("ALLOW", "DENY"),
        "send_to_audio_mixes": list_of(
            record({"mix_name": MIX_NAME, "prominent": flag}, required=frozenset({"mix_name"}))
        ),
        "spotlight": whole(0),
        "wants_presentation_in_mix": flag,
    }
)
REFUSED_PARTICIPANT = record({"reject_reason": text()})

LOCATION = record(
    {
        "location": name_of("locations"),
        "overflow_locations": list_of(name_of("locations")),
        "primary_overflow_location": name_of("locations"),
        "secondary_overflow_location": name_of("locations"),
    },
    required=frozenset({"location"}),
)

CREDENTIALS = record(
    {"username": text(), "password": text()}, required=frozenset({"username", "password"})
)

PHONEBOOK = list_of(
    record(
        {"alias": ALIAS, "description": text(), "username": text()},
        required=frozenset({"alias", "description", "username"}),
    )
)
