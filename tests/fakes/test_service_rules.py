"""Services: each field alone, then PINs, breakouts and layouts together."""

from __future__ import annotations

import pytest

from tests.fakes.judge import judge_document
from tests.fakes.verdict import Kind, Outcome, Platform, Verdict

Fields = dict[str, object]

ROOM: Fields = {"service_type": "conference", "name": "ward-7", "service_tag": "w7"}
LECTURE: Fields = {**ROOM, "service_type": "lecture"}
GATEWAY: Fields = {
    "service_type": "gateway",
    "name": "out:1",
    "service_tag": "",
    "local_alias": "sip:a@example.org",
    "remote_alias": "sip:b@example.org",
    "outgoing_protocol": "sip",
}
TEAMS: Fields = {**GATEWAY, "outgoing_protocol": "teams"}
RECEPTION: Fields = {**ROOM, "service_type": "two_stage_dialing"}
PLAYBACK: Fields = {**ROOM, "service_type": "media_playback", "media_playlist_name": "Welcome"}
TEST_CALL: Fields = {**ROOM, "service_type": "test_call"}

UUID = "4ce6aa27-e550-4e02-be1f-90b3b15a2eaf"
BREAKOUT: Fields = {**ROOM, "breakout": True, "breakout_uuid": UUID, "breakout_name": "Group A"}
DIAL_OUT: Fields = {
    "local_alias": "ward-7",
    "remote_alias": "sip:b@example.org",
    "protocol": "sip",
    "role": "guest",
}


def judge_service(result: Fields, platform: Platform | None = None) -> Verdict:
    """Judge a service in an answer that is good otherwise."""
    document = {"status": "success", "action": "continue", "result": result}
    return judge_document(Kind.SERVICE, document, {}, platform)


def named(verdict: Verdict) -> list[str]:
    """Return the places that the faults name, without their texts."""
    return [fault.partition(":")[0] for fault in verdict.faults]


GOOD: list[tuple[Fields, Fields]] = [
    (ROOM, {}),
    (LECTURE, {}),
    (GATEWAY, {}),
    (RECEPTION, {}),
    (PLAYBACK, {}),
    (TEST_CALL, {}),
    (ROOM, {"service_tag": "", "name": "x" * 250, "description": ""}),
    (ROOM, {"crypto_mode": None, "max_pixels_per_second": None}),
    (ROOM, {"crypto_mode": "besteffort", "max_pixels_per_second": "sd"}),
    (ROOM, {"max_callrate_in": 128_000, "max_callrate_out": 8_192_000}),
    (ROOM, {"participant_limit": 0, "direct_media_notification_duration": 30}),
    (ROOM, {"view": "five_mains_seven_pips", "call_type": "video-only"}),
    (ROOM, {"enable_chat": "no", "live_captions_enabled": "yes", "prefer_ipv6": "default"}),
    (ROOM, {"direct_media": "always", "breakout_rooms": False}),
    (ROOM, {"primary_owner_email_address": "x" * 100, "locked": True}),
    (ROOM, {"guest_identity_provider_group": "", "non_idp_participants": "allow_if_trusted"}),
    (ROOM, {"automatic_participants": [DIAL_OUT, {**DIAL_OUT, "dtmf_sequence": ",,12#*"}]}),
    (ROOM, {"breakout_rooms": True, "breakout_uuids": [UUID]}),
    (BREAKOUT, {"breakout_rooms": False, "end_action": "disconnect", "end_time": 0}),
    (BREAKOUT, {"breakout_guests_allowed_to_leave": True, "breakout_description": ""}),
    (LECTURE, {"host_view": "one_main_one_pip", "guest_view": "one_main_zero_pips"}),
    (LECTURE, {"force_presenter_into_main": True, "guests_can_see_guests": "never"}),
    (GATEWAY, {"call_type": "auto", "called_device_type": "registration"}),
    (TEAMS, {"view": "teams_focus", "teams_fit_to_frame": "yes"}),
    (RECEPTION, {"match_string": r"^(\d{6})$", "replace_string": r"\1@example.org"}),
    (RECEPTION, {"two_stage_dial_type": "teams", "teams_proxy_name": "Connector"}),
    (PLAYBACK, {"on_completion": {"disconnect": True}}),
    (PLAYBACK, {"on_completion": {"transfer": {"conference": "hall", "role": "guest"}}}),
    (PLAYBACK, {"on_completion": '{"transfer": {"conference": "hall", "role": "auto"}}'}),
    (TEST_CALL, {"call_type": "audio", "max_callrate_in": 2_048_000}),
]


@pytest.mark.parametrize(("service", "fields"), GOOD)
def test_a_good_service_is_used(service: Fields, fields: Fields) -> None:
    """Every kind of service takes its own fields at legal values."""
    verdict = judge_service(service | fields)

    assert (verdict.outcome, verdict.faults, verdict.warnings) == (Outcome.SERVICE, (), ())


BAD: list[tuple[Fields, str, object]] = [
    (ROOM, "service_type", "vmr"),
    (ROOM, "service_type", None),
    (ROOM, "service_type", ["conference"]),
    (ROOM, "name", ""),
    (ROOM, "name", "x" * 251),
    (ROOM, "name", 7),
    (ROOM, "service_tag", None),
    (ROOM, "description", None),
    (ROOM, "enable_overlay_text", "true"),
    (ROOM, "locked", 1),
    (ROOM, "locked", None),
    (ROOM, "participant_limit", True),
    (ROOM, "participant_limit", "50"),
    (ROOM, "participant_limit", 50.0),
    (ROOM, "participant_limit", -1),
    (ROOM, "participant_limit", 1_000_001),
    (ROOM, "direct_media_notification_duration", 31),
    (ROOM, "max_callrate_in", 2048),
    (ROOM, "max_callrate_out", 8_192_001),
    (ROOM, "max_callrate_out", None),
    (ROOM, "crypto_mode", ""),
    (ROOM, "crypto_mode", "ON"),
    (ROOM, "max_pixels_per_second", "720p"),
    (ROOM, "call_type", "auto"),
    (ROOM, "call_type", None),
    (ROOM, "enable_chat", True),
    (ROOM, "view", "speaker_only"),
    (ROOM, "view", "teams"),
    (ROOM, "view", ""),
    (ROOM, "non_idp_participants", "allow"),
    (ROOM, "primary_owner_email_address", "x" * 101),
    (ROOM, "ivr_theme_name", ""),
    (ROOM, "host_view", "one_main_zero_pips"),
    (ROOM, "guest_view", "one_main_zero_pips"),
    (ROOM, "force_presenter_into_main", True),
    (ROOM, "guests_can_see_guests", "always"),
    (LECTURE, "view", "one_main_zero_pips"),
    (LECTURE, "host_view", "five_mains_seven_pips"),
    (LECTURE, "guests_can_see_guests", "yes"),
    (ROOM, "automatic_participants", {}),
    (ROOM, "breakout_uuids", UUID),
    (GATEWAY, "local_alias", ""),
    (GATEWAY, "outgoing_protocol", "webrtc"),
    (GATEWAY, "called_device_type", "phone"),
    (GATEWAY, "view", "teams"),
    (GATEWAY, "treat_as_trusted", "yes"),
    (RECEPTION, "match_string", "("),
    (RECEPTION, "two_stage_dial_type", "zoom"),
    (PLAYBACK, "media_playlist_name", ""),
    (PLAYBACK, "on_completion", "hang up"),
    (PLAYBACK, "on_completion", {}),
    (PLAYBACK, "on_completion", {"disconnect": True, "transfer": {"conference": "hall"}}),
    (PLAYBACK, "on_completion", None),
    # A node knows these names from other services, so a bad value breaks the answer here too.
    (TEST_CALL, "max_callrate_out", 64),
    (GATEWAY, "pin", 1234),
]


@pytest.mark.parametrize(("service", "field", "value"), BAD)
def test_one_bad_field_fails_the_service(service: Fields, field: str, value: object) -> None:
    """The fault names the field, and nothing of the answer is used."""
    verdict = judge_service({**service, field: value})

    assert (verdict.outcome, set(named(verdict))) == (Outcome.FAILED, {f"result.{field}"})


@pytest.mark.parametrize(
    ("service", "field"),
    [
        *((ROOM, field) for field in ("service_type", "name", "service_tag")),
        *((GATEWAY, field) for field in ("local_alias", "remote_alias", "outgoing_protocol")),
        (PLAYBACK, "media_playlist_name"),
        *((BREAKOUT, field) for field in ("breakout", "breakout_uuid", "breakout_name")),
    ],
)
def test_a_required_field_is_missed(service: Fields, field: str) -> None:
    """A service without one of its required fields fails."""
    verdict = judge_service({key: value for key, value in service.items() if key != field})

    assert named(verdict) == [f"result.{field}"]


@pytest.mark.parametrize(
    ("service", "field", "value"),
    [
        (ROOM, "aliases", ["a"]),
        (ROOM, "local_alias", "sip:a@example.org"),
        (GATEWAY, "pin", "1234"),
        (TEST_CALL, "max_callrate_out", 2_048_000),
    ],
)
def test_a_key_out_of_place_is_warned_about(service: Fields, field: str, value: object) -> None:
    """Unknown keys, and good values of other services, change nothing but are told."""
    verdict = judge_service({**service, field: value})

    assert verdict.accepted
    assert [warning.partition(":")[0] for warning in verdict.warnings] == [f"result.{field}"]


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({"pin": "1234"}, []),
        ({"pin": ""}, []),
        ({"pin": "123#"}, []),
        ({"pin": "1" * 20}, []),
        ({"pin": "", "guest_pin": ""}, []),
        ({"pin": "1234", "allow_guests": True}, []),
        ({"pin": "1234", "guest_pin": "5678", "allow_guests": True}, []),
        ({"pin": "1234#", "guest_pin": "567890#", "allow_guests": True}, []),
        ({"host_identity_provider_group": "Staff", "allow_guests": True}, []),
        ({"pin": 1234}, ["pin"]),
        ({"pin": None}, ["pin"]),
        ({"pin": "123"}, ["pin"]),
        ({"pin": "1" * 21}, ["pin"]),
        ({"pin": "12#34"}, ["pin"]),
        ({"pin": "####"}, ["pin"]),
        ({"pin": "12a4"}, ["pin"]),
        ({"pin": "١٢٣٤"}, ["pin"]),  # careless code takes the digits of every script
        ({"pin": "1234", "guest_pin": "12", "allow_guests": True}, ["guest_pin", "guest_pin"]),
        ({"allow_guests": True}, ["allow_guests"]),
        ({"allow_guests": True, "pin": ""}, ["allow_guests"]),
        ({"allow_guests": True, "host_identity_provider_group": ""}, ["allow_guests"]),
        ({"pin": "1234", "guest_pin": "5678"}, ["guest_pin"]),
        ({"pin": "1234", "guest_pin": "1234", "allow_guests": True}, ["guest_pin"]),
        ({"pin": "1234", "guest_pin": "567890", "allow_guests": True}, ["guest_pin"]),
        ({"pin": "1234#", "guest_pin": "567890", "allow_guests": True}, ["guest_pin"]),
        (
            {
                "guest_pin": "1234",
                "allow_guests": True,
                "host_identity_provider_group": "Staff",
            },
            ["guest_pin"],
        ),
    ],
)
@pytest.mark.parametrize("service", [ROOM, LECTURE, PLAYBACK], ids=["room", "lecture", "playback"])
def test_pins_fit_together(service: Fields, fields: Fields, places: list[str]) -> None:
    """PINs are digits of equal length, differ, and come with the Guests they are for."""
    verdict = judge_service(service | fields)

    assert named(verdict) == [f"result.{place}" for place in places]


def test_a_platform_may_ask_for_longer_pins() -> None:
    """The shortest PIN is a setting of the platform."""
    verdict = judge_service(ROOM | {"pin": "1234"}, Platform(min_pin_length=6))

    assert named(verdict) == ["result.pin"]


@pytest.mark.parametrize(
    ("service", "fields", "place"),
    [
        (BREAKOUT, {"breakout_rooms": True}, "breakout_rooms"),
        (BREAKOUT, {"breakout": False}, "breakout"),
        (BREAKOUT, {"breakout_uuid": UUID.replace("-", "")}, "breakout_uuid"),
        (BREAKOUT, {"breakout_uuids": [UUID]}, "breakout_uuids"),
        (ROOM, {"breakout_uuids": [UUID, "4ce6aa27"]}, "breakout_uuids[1]"),
        (BREAKOUT, {"end_action": "stay"}, "end_action"),
        (BREAKOUT, {"end_time": -1}, "end_time"),
        (ROOM, {"breakout_rooms": True, "direct_media": "best_effort"}, "direct_media"),
    ],
)
def test_breakouts_keep_their_rules(service: Fields, fields: Fields, place: str) -> None:
    """A breakout has no breakouts of its own, and no room with breakouts has direct media."""
    verdict = judge_service(service | fields)

    assert named(verdict) == [f"result.{place}"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("local_alias", ""),
        ("remote_alias", None),
        ("protocol", "teams"),
        ("role", "host"),
        ("routing", "auto"),
        ("streaming", "true"),
        ("keep_conference_alive", "never"),
        ("dtmf_sequence", "1 2"),
        ("presentation_url", "x" * 251),
        ("system_location_name", ""),
    ],
)
def test_a_bad_dial_out_fails_the_room(field: str, value: object) -> None:
    """One bad automatic participant takes the whole room with it."""
    verdict = judge_service(
        ROOM | {"automatic_participants": [DIAL_OUT, DIAL_OUT | {field: value}]}
    )

    assert named(verdict) == [f"result.automatic_participants[1].{field}"]


@pytest.mark.parametrize("field", sorted(DIAL_OUT))
def test_a_dial_out_has_its_four_fields(field: str) -> None:
    """An automatic participant without one of them is not dialled, so the judge refuses it."""
    participant = {key: value for key, value in DIAL_OUT.items() if key != field}

    verdict = judge_service(ROOM | {"automatic_participants": [participant]})

    assert named(verdict) == [f"result.automatic_participants[0].{field}"]


@pytest.mark.parametrize(
    ("service", "field", "kind"),
    [
        (ROOM, "ivr_theme_name", "themes"),
        (ROOM, "pinning_config", "pinning_configs"),
        (ROOM, "host_identity_provider_group", "identity_provider_groups"),
        (ROOM, "guest_identity_provider_group", "identity_provider_groups"),
        (PLAYBACK, "media_playlist_name", "playlists"),
        (GATEWAY, "outgoing_location_name", "locations"),
        (GATEWAY, "sip_proxy_name", "sip_proxies"),
        (GATEWAY, "mssip_proxy_name", "mssip_proxies"),
        (GATEWAY, "teams_proxy_name", "teams_proxies"),
        (GATEWAY, "h323_gatekeeper_name", "h323_gatekeepers"),
        (GATEWAY, "stun_server_name", "stun_servers"),
        (GATEWAY, "turn_server_name", "turn_servers"),
        (GATEWAY, "gms_access_token_name", "gms_access_tokens"),
        (RECEPTION, "system_location_name", "locations"),
    ],
)
def test_named_objects_exist_on_the_platform(service: Fields, field: str, kind: str) -> None:
    """A name is matched letter by letter; a kind that the platform does not list is not checked."""
    platform = Platform(**{kind: frozenset({"Known"})})  # type: ignore[arg-type]  # kind is a name

    assert named(judge_service({**service, field: "Known"}, platform)) == []
    assert named(judge_service({**service, field: "known"}, platform)) == [f"result.{field}"]
    assert named(judge_service({**service, field: "known"})) == []
