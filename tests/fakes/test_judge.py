"""The judge refuses what a node drops and names the field; what a node takes, it takes."""

from __future__ import annotations

import pytest

from tests.fakes.judge import judge, judge_document
from tests.fakes.verdict import Answer, Kind, Outcome, Platform, Verdict

JSON = "application/json"
CONTINUE = b'{"status": "success", "action": "continue"}'
ROOM = {"service_type": "conference", "name": "ward-7", "service_tag": "w7"}

Fields = dict[str, object]


def named(verdict: Verdict) -> list[str]:
    """Return the places that the faults name, without their texts."""
    return [fault.partition(":")[0] for fault in verdict.faults]


def warned(verdict: Verdict) -> list[str]:
    """Return the places that the warnings name, without their texts."""
    return [warning.partition(":")[0] for warning in verdict.warnings]


def jpeg(width: int, height: int, components: int = 3) -> bytes:
    """Build the shortest file that has everything the judge reads: a table, a frame, an end."""
    frame = b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes([components])
    table = b"\xff\xdb\x00\x04\x00\x00"
    return b"\xff\xd8" + table + b"\xff\xc0\x00\x0b" + frame + b"\x00" * 3 + b"\xff\xd9"


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8"])
def test_json_with_the_right_type_is_read(content_type: str) -> None:
    """A charset behind the media type does no harm."""
    verdict = judge(Kind.SERVICE, Answer(200, content_type, CONTINUE))

    assert verdict == Verdict(
        Outcome.OWN_CONFIGURATION,
        status=200,
        content_type=content_type,
        body={"status": "success", "action": "continue"},
    )


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        (Answer(500, JSON, CONTINUE), "status"),
        (Answer(302, JSON, CONTINUE), "status"),
        (Answer(401, JSON, CONTINUE), "status"),
        (Answer(204, JSON, CONTINUE), "status"),
        (Answer(200, None, CONTINUE), "content-type"),
        (Answer(200, "text/html", CONTINUE), "content-type"),
        (Answer(200, "json", CONTINUE), "content-type"),
        (Answer(200, JSON, b""), "body"),
        (Answer(200, JSON, b"<html>"), "body"),
        (Answer(200, JSON, b'{"status": "success", "x": NaN}'), "body"),
        (Answer(200, JSON, b'{"status": "success", "x": "\xff"}'), "body"),
        (Answer(200, JSON, b"[]"), "body"),
        (Answer(200, JSON, b"null"), "body"),
    ],
)
def test_an_answer_that_is_no_good_http_fails(answer: Answer, place: str) -> None:
    """A wrong status, a wrong type and a body that is no JSON object all fail alike."""
    verdict = judge(Kind.SERVICE, answer)

    assert (verdict.outcome, named(verdict)) == (Outcome.FAILED, [place])
    assert not verdict.accepted


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (Kind.SERVICE, Outcome.OWN_CONFIGURATION),
        (Kind.PARTICIPANT, Outcome.NO_CHANGE),
        (Kind.REGISTRATION, Outcome.OWN_CONFIGURATION),
        (Kind.LOCATION, Outcome.OWN_CONFIGURATION),
        (Kind.AVATAR, Outcome.NO_PICTURE),
        (Kind.PHONEBOOK, Outcome.OWN_CONFIGURATION),
    ],
)
def test_a_404_is_no_opinion(kind: Kind, outcome: Outcome) -> None:
    """A 404 is accepted by every request and leaves things as they are."""
    verdict = judge(kind, Answer(404, None))

    assert verdict == Verdict(outcome, status=404)
    assert verdict.accepted


@pytest.mark.parametrize(
    ("kind", "answer", "places"),
    [
        (Kind.SERVICE, Answer(404, "text/html", b"<html>"), ["body"]),
        (Kind.SERVICE, Answer(404, JSON, b'{"status": "fail"}'), []),
        (Kind.AVATAR, Answer(404, JSON, b'{"status": "fail"}'), ["body"]),
    ],
)
def test_an_error_page_is_warned_about(kind: Kind, answer: Answer, places: list[str]) -> None:
    """A 404 that carries a page instead of JSON or nothing is accepted with a warning."""
    verdict = judge(kind, answer)

    assert (verdict.accepted, warned(verdict)) == (True, places)


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ({"action": "continue"}, ["status"]),
        ({"status": "fail", "action": "continue"}, ["status"]),
        ({"status": True}, ["status"]),
        ({"status": "success", "action": None}, ["action"]),
        ({"status": "success", "action": 1}, ["action"]),
        ({"status": "success", "result": None}, ["result"]),
        ({"status": "success", "result": []}, ["result"]),
    ],
)
@pytest.mark.parametrize("kind", [Kind.SERVICE, Kind.PARTICIPANT, Kind.REGISTRATION])
def test_a_bad_envelope_fails(kind: Kind, document: Fields, places: list[str]) -> None:
    """Status, action and result must each have the right type and the right word."""
    verdict = judge_document(kind, document)

    assert (verdict.outcome, named(verdict)) == (Outcome.FAILED, places)


@pytest.mark.parametrize("kind", [Kind.SERVICE, Kind.PARTICIPANT, Kind.REGISTRATION])
def test_an_unknown_action_acts_as_continue(kind: Kind) -> None:
    """A node takes an unknown action for `continue`; the judge warns of it."""
    verdict = judge_document(kind, {"status": "success", "action": "accept", "result": {}})

    assert (verdict.accepted, warned(verdict)) == (True, ["action"])


def test_further_top_level_keys_are_free() -> None:
    """A reason beside the result is neither fault nor warning."""
    verdict = judge_document(Kind.SERVICE, {"status": "success", "reason": "x", "rule": 7})

    assert (verdict.outcome, verdict.warnings) == (Outcome.OWN_CONFIGURATION, ())


def test_a_doubled_key_is_warned_about() -> None:
    """A key written twice keeps its last value and earns a warning."""
    verdict = judge(Kind.SERVICE, Answer(200, JSON, b'{"status": "fail", "status": "success"}'))

    assert (verdict.accepted, warned(verdict)) == (True, ["body"])


@pytest.mark.parametrize(
    ("document", "outcome"),
    [
        ({}, Outcome.OWN_CONFIGURATION),
        ({"action": "continue", "result": {}}, Outcome.OWN_CONFIGURATION),
        ({"action": "reject"}, Outcome.REJECT),
        ({"action": "reject", "result": {}}, Outcome.REJECT),
        ({"action": "redirect", "result": {"new_alias": "sip:a@example.org"}}, Outcome.REDIRECT),
        ({"action": "continue", "result": ROOM}, Outcome.SERVICE),
        ({"result": ROOM}, Outcome.SERVICE),
    ],
)
def test_the_action_decides_where_there_is_no_service(document: Fields, outcome: Outcome) -> None:
    """Without a service in the result the action says what becomes of the call."""
    verdict = judge_document(Kind.SERVICE, {"status": "success", **document})

    assert (verdict.outcome, verdict.warnings) == (outcome, ())


def test_a_refusal_beside_a_service_does_not_refuse() -> None:
    """A service in the result is used whatever the action says, so the caller gets in."""
    document = {"status": "success", "action": "reject", "result": ROOM}

    verdict = judge_document(Kind.SERVICE, document)

    assert (verdict.outcome, warned(verdict)) == (Outcome.SERVICE, ["action"])


@pytest.mark.parametrize(
    "document",
    [
        {"action": "redirect"},
        {"action": "redirect", "result": {}},
        {"action": "redirect", "result": {"destination": "sip:a@example.org"}},
        {"action": "redirect", "result": {"new_alias": ""}},
        {"action": "redirect", "result": {"new_alias": 7}},
    ],
)
def test_a_redirect_needs_its_new_alias(document: Fields) -> None:
    """A redirect to nowhere fails."""
    verdict = judge_document(Kind.SERVICE, {"status": "success", **document})

    assert named(verdict) == ["result.new_alias"]


@pytest.mark.parametrize(
    "result",
    [
        {"bypass_lock": True, "disable_overlay_text": False},
        {"preauthenticated_role": "chair"},
        {"preauthenticated_role": None},
        {"remote_display_name": "Witness A", "remote_alias": "0000", "call_tag": ""},
        {"rx_presentation_policy": "DENY", "layout_group": "audience", "spotlight": 1},
        {"receive_from_audio_mix": "main.french", "display_count": 1},
        {"send_to_audio_mixes": [{"mix_name": "main.french", "prominent": True}]},
        {"prefers_multiscreen_mix": False, "wants_presentation_in_mix": True},
        {"can_receive_personal_mix": False, "send_to_audio_mixes": []},
    ],
)
def test_good_overrides_are_applied(result: Fields) -> None:
    """Every property may be overridden by a value of its own type."""
    verdict = judge_document(Kind.PARTICIPANT, {"status": "success", "result": result})

    assert (verdict.outcome, verdict.faults, verdict.warnings) == (Outcome.OVERRIDES, (), ())


@pytest.mark.parametrize(
    ("result", "place"),
    [
        ({"bypass_lock": "true"}, "result.bypass_lock"),
        ({"bypass_lock": None}, "result.bypass_lock"),
        ({"can_receive_personal_mix": 1}, "result.can_receive_personal_mix"),
        ({"preauthenticated_role": "host"}, "result.preauthenticated_role"),
        ({"preauthenticated_role": ""}, "result.preauthenticated_role"),
        ({"remote_alias": None}, "result.remote_alias"),
        ({"call_tag": "x" * 251}, "result.call_tag"),
        ({"rx_presentation_policy": "deny"}, "result.rx_presentation_policy"),
        ({"display_count": True}, "result.display_count"),
        ({"spotlight": "1"}, "result.spotlight"),
        ({"receive_from_audio_mix": "main.a.b.c"}, "result.receive_from_audio_mix"),
        ({"send_to_audio_mixes": "main"}, "result.send_to_audio_mixes"),
        ({"send_to_audio_mixes": ["main"]}, "result.send_to_audio_mixes[0]"),
        ({"send_to_audio_mixes": [{"prominent": True}]}, "result.send_to_audio_mixes[0].mix_name"),
    ],
)
def test_one_bad_override_fails_them_all(result: Fields, place: str) -> None:
    """A good value beside a bad one does not save the answer."""
    document = {"status": "success", "result": {"layout_group": "a", **result}}

    verdict = judge_document(Kind.PARTICIPANT, document)

    assert (verdict.outcome, named(verdict)) == (Outcome.FAILED, [place])


@pytest.mark.parametrize(("had", "places"), [("", []), ("Alice", ["result.remote_display_name"])])
def test_a_null_name_is_for_the_nameless(had: str, places: list[str]) -> None:
    """A display name may become null only where there was none."""
    document = {"status": "success", "result": {"remote_display_name": None}}

    verdict = judge_document(Kind.PARTICIPANT, document, {"remote_display_name": had})

    assert named(verdict) == places


@pytest.mark.parametrize(
    ("document", "outcome", "places"),
    [
        ({}, Outcome.NO_CHANGE, []),
        ({"action": "continue", "result": {}}, Outcome.NO_CHANGE, []),
        ({"action": "reject"}, Outcome.REJECT, []),
        ({"action": "reject", "result": {"reject_reason": "full"}}, Outcome.REJECT, []),
        ({"action": "reject", "result": {"spotlight": 1}}, Outcome.REJECT, ["result.spotlight"]),
        ({"result": {"reject_reason": "x"}}, Outcome.OVERRIDES, ["result.reject_reason"]),
        ({"result": {"role": "chair"}}, Outcome.OVERRIDES, ["result.role"]),
    ],
)
def test_a_participant_is_let_in_or_refused(
    document: Fields, outcome: Outcome, places: list[str]
) -> None:
    """A refusal carries its reason and nothing else; unknown keys change nothing."""
    verdict = judge_document(Kind.PARTICIPANT, {"status": "success", **document})

    assert (verdict.outcome, warned(verdict)) == (outcome, places)


def test_a_refusal_is_given_in_words() -> None:
    """A reason that is no text fails the refusal, and the participant gets in."""
    document = {"status": "success", "action": "reject", "result": {"reject_reason": 7}}

    assert named(judge_document(Kind.PARTICIPANT, document)) == ["result.reject_reason"]


@pytest.mark.parametrize(
    ("auth_type", "document", "outcome"),
    [
        ("credentials", {"result": {"username": "a", "password": "b"}}, Outcome.CREDENTIALS),
        ("credentials", {"result": {"username": "", "password": ""}}, Outcome.NO_AUTHENTICATION),
        ("credentials", {"action": "continue"}, Outcome.OWN_CONFIGURATION),
        ("sso", {"action": "continue", "result": {}}, Outcome.SINGLE_SIGN_ON),
        ('"sso"', {"action": "continue", "result": {}}, Outcome.SINGLE_SIGN_ON),
        ("credentials", {"action": "reject", "result": {}}, Outcome.REJECT),
    ],
)
def test_a_registration_is_decided(auth_type: str, document: Fields, outcome: Outcome) -> None:
    """Credentials, none at all, single sign-on, refusal and silence are told apart."""
    query: dict[str, str | list[str]] = {"auth_type": auth_type}

    verdict = judge_document(Kind.REGISTRATION, {"status": "success", **document}, query)

    assert (verdict.outcome, verdict.warnings) == (outcome, ())


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"action": "reject"}, "result"),
        ({"action": "reject", "result": {"reject_reason": "x"}}, "result"),
        ({"result": {"username": "a"}}, "result.password"),
        ({"result": {"password": "a"}}, "result.username"),
        ({"result": {"username": "a", "password": None}}, "result.password"),
    ],
)
def test_half_a_registration_answer_fails(document: Fields, place: str) -> None:
    """Both credentials are there as text, and a refusal has an empty result."""
    verdict = judge_document(Kind.REGISTRATION, {"status": "success", **document})

    assert (verdict.outcome, named(verdict)) == (Outcome.FAILED, [place])


@pytest.mark.parametrize(
    ("result", "places"),
    [
        ({"location": "Oslo"}, []),
        ({"location": "Oslo", "overflow_locations": ["London"]}, []),
        ({"location": "Oslo", "primary_overflow_location": "London"}, []),
        ({}, ["result.location"]),
        ({"overflow_locations": ["Oslo"]}, ["result.location"]),
        ({"location": ""}, ["result.location"]),
        ({"location": None}, ["result.location"]),
        ({"location": "Oslo", "overflow_locations": "London"}, ["result.overflow_locations"]),
        ({"location": "Oslo", "overflow_locations": [1]}, ["result.overflow_locations[0]"]),
        ({"location": "Oslo", "overflow_locations": ["Moon"]}, ["result.overflow_locations[0]"]),
        ({"location": "oslo"}, ["result.location"]),
    ],
)
def test_a_media_location_exists(result: Fields, places: list[str]) -> None:
    """The location is required, and every name is one that the platform has."""
    platform = Platform(locations=frozenset({"Oslo", "London"}))

    verdict = judge_document(Kind.LOCATION, {"status": "success", "result": result}, {}, platform)

    assert named(verdict) == places


@pytest.mark.parametrize(
    ("document", "places"),
    [
        ({"result": []}, []),
        ({"result": [], "ignore_local": True}, []),
        ({"result": [{"alias": "a", "description": "", "username": ""}]}, []),
        ({}, ["result"]),
        ({"result": {}}, ["result"]),
        ({"result": [], "ignore_local": "false"}, ["ignore_local"]),
        ({"result": [{"alias": "a", "description": "A"}]}, ["result[0].username"]),
        ({"result": [{"alias": "", "description": "", "username": ""}]}, ["result[0].alias"]),
        ({"result": [{"alias": "a", "description": "A", "username": ""}] * 3}, ["result"]),
    ],
)
def test_a_phone_book_is_a_list(document: Fields, places: list[str]) -> None:
    """Every entry has its three texts, and there are no more than were asked for."""
    verdict = judge_document(Kind.PHONEBOOK, {"status": "success", **document}, {"limit": "2"})

    assert named(verdict) == places


@pytest.mark.parametrize(
    ("answer", "places"),
    [
        (Answer(200, "image/jpeg", jpeg(48, 64)), []),
        (Answer(200, "image/png", jpeg(48, 64)), ["content-type"]),
        (Answer(200, "image/jpeg", b"\x89PNG"), ["body"]),
        (Answer(200, "image/jpeg", jpeg(48, 64)[:-2]), ["body"]),
        (Answer(200, "image/jpeg", jpeg(64, 64)), ["body.width"]),
        (Answer(200, "image/jpeg", jpeg(48, 48)), ["body.height"]),
        (Answer(200, "image/jpeg", jpeg(48, 64, components=4)), ["body.colours"]),
    ],
)
def test_a_picture_is_a_jpeg_of_the_size_asked_for(answer: Answer, places: list[str]) -> None:
    """Another format, another size or other colours are not shown."""
    verdict = judge(Kind.AVATAR, answer, {"width": "48", "height": "64"})

    assert (verdict.accepted, named(verdict)) == (not places, places)
