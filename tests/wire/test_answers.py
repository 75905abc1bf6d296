"""Answers of another policy server: what a node takes is passed on, all else is an error."""

from __future__ import annotations

import json
import pickle
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.errors import AnswerError
from policy.wire.answers import ForwardedAnswer, parse_answer
from policy.wire.participants import ParticipantOverrides
from policy.wire.services import Gateway, MediaPlayback
from policy.wire.vocabulary import Action, RequestType
from tests.fakes.judge import judge_document
from tests.fakes.verdict import Kind
from tests.wire.samples import SERVICES, company_of, fields_of, smallest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOM: Final[Mapping[str, object]] = {
    "service_type": "conference",
    "name": "r-ward7",
    "service_tag": "",
}
DESK: Final = {"alias": "desk@example.org", "description": "Desk", "username": ""}
PIN: Final = "94x713"


def _read(request_type: RequestType, **body: object) -> ForwardedAnswer:
    document = json.dumps({"status": "success", **body}).encode()
    return parse_answer(request_type, 200, "application/json; charset=utf-8", document)


def _said(request_type: RequestType, **body: object) -> str:
    with pytest.raises(AnswerError) as caught:
        _read(request_type, **body)
    return str(caught.value)


@pytest.mark.parametrize("request_type", RequestType)
def test_404_is_no_opinion(request_type: RequestType) -> None:
    """A 404 is a whole answer, whatever page comes with it."""
    got = parse_answer(request_type, 404, "text/html", b"<h1>Not found</h1>")

    assert got == ForwardedAnswer(Action.NOT_FOUND)


@pytest.mark.parametrize(
    ("body", "want"),
    [
        ({"action": "reject"}, ForwardedAnswer(Action.REJECT)),
        ({"action": "reject", "result": {}}, ForwardedAnswer(Action.REJECT)),
        ({"action": "reject", "result": {"why": "barred"}}, ForwardedAnswer(Action.REJECT)),
        ({"action": "reject", "result": []}, ForwardedAnswer(Action.REJECT)),
        ({"action": "continue"}, ForwardedAnswer(Action.CONTINUE)),
        ({"action": "continue", "result": {}}, ForwardedAnswer(Action.CONTINUE)),
        ({"action": "continue", "result": None}, ForwardedAnswer(Action.CONTINUE)),
        ({}, ForwardedAnswer(Action.CONTINUE)),
        ({"action": "dance"}, ForwardedAnswer(Action.CONTINUE)),
        (
            {"action": "redirect", "result": {"new_alias": "sip:desk@example.org", "code": 302}},
            ForwardedAnswer(Action.REDIRECT, {"new_alias": "sip:desk@example.org"}),
        ),
        ({"action": "reject", "result": dict(ROOM)}, ForwardedAnswer(Action.CONTINUE, ROOM)),
        ({"action": "redirect", "result": dict(ROOM)}, ForwardedAnswer(Action.CONTINUE, ROOM)),
    ],
)
def test_a_service_wins_over_the_action(body: dict[str, object], want: ForwardedAnswer) -> None:
    """A service lets in, as it does at a node; without one the action counts."""
    assert _read(RequestType.SERVICE, **body) == want


@pytest.mark.parametrize(
    ("request_type", "body", "want"),
    [
        (RequestType.PARTICIPANT, {"action": "continue"}, ForwardedAnswer(Action.CONTINUE, {})),
        (
            RequestType.PARTICIPANT,
            {"result": {"preauthenticated_role": None, "role": "host", "call_tag": ""}},
            ForwardedAnswer(Action.CONTINUE, {"preauthenticated_role": None, "call_tag": ""}),
        ),
        (
            RequestType.PARTICIPANT,
            {"action": "reject", "result": {"reject_reason": "Closed", "spotlight": 1}},
            ForwardedAnswer(Action.REJECT, {"reject_reason": "Closed"}),
        ),
        (RequestType.PARTICIPANT, {"action": "reject"}, ForwardedAnswer(Action.REJECT, {})),
        (
            RequestType.LOCATION,
            {"result": {"location": "Oslo", "overflow_locations": ["Bergen", "Roma"]}},
            ForwardedAnswer(
                Action.CONTINUE, {"location": "Oslo", "overflow_locations": ["Bergen", "Roma"]}
            ),
        ),
        (
            RequestType.LOCATION,
            {"result": {"location": "Oslo", "primary_overflow_location": "Bergen"}},
            ForwardedAnswer(
                Action.CONTINUE, {"location": "Oslo", "primary_overflow_location": "Bergen"}
            ),
        ),
        (
            RequestType.LOCATION,
            {
                "result": {
                    "location": "Oslo",
                    "overflow_locations": ["Roma"],
                    "primary_overflow_location": "Roma",
                    "secondary_overflow_location": "",
                }
            },
            ForwardedAnswer(Action.CONTINUE, {"location": "Oslo", "overflow_locations": ["Roma"]}),
        ),
        (RequestType.LOCATION, {"action": "continue"}, ForwardedAnswer(Action.NOT_FOUND)),
        (
            RequestType.REGISTRATION,
            {"result": {"username": "ward7", "password": "bo-77"}},
            ForwardedAnswer(Action.CONTINUE, {"username": "ward7", "password": "bo-77"}),
        ),
        (
            RequestType.REGISTRATION,
            {"result": {"username": "", "password": ""}},
            ForwardedAnswer(Action.CONTINUE, {"username": "", "password": ""}),
        ),
        (
            RequestType.REGISTRATION,
            {"action": "reject", "result": {"reason": "unknown"}},
            ForwardedAnswer(Action.REJECT, {}),
        ),
        (RequestType.REGISTRATION, {"result": {}}, ForwardedAnswer(Action.CONTINUE, {})),
        (
            RequestType.PHONEBOOK,
            {"result": [{**DESK, "id": 7}], "ignore_local": True, "took_ms": 3},
            ForwardedAnswer(Action.CONTINUE, [DESK], ignore_local=True),
        ),
        (RequestType.PHONEBOOK, {"result": []}, ForwardedAnswer(Action.CONTINUE, [])),
    ],
)
def test_each_request_has_its_answers(
    request_type: RequestType, body: dict[str, object], want: ForwardedAnswer
) -> None:
    """What the other server says is passed on without what a node has no use for."""
    assert _read(request_type, **body) == want


def test_a_picture_is_passed_on() -> None:
    """The bytes of an avatar are whoever's business who knows the size that was asked for."""
    got = parse_answer(RequestType.AVATAR, 200, "image/jpeg", b"\xff\xd8")

    assert got == ForwardedAnswer(Action.CONTINUE, image=b"\xff\xd8")


def test_what_says_nothing_is_left_out() -> None:
    """Unknown keys and empty texts go, however deep; a node need not show what it makes of them."""
    somebody = {
        "local_alias": "ward7@example.org",
        "remote_alias": "sip:desk@example.org",
        "protocol": "sip",
        "role": "guest",
    }
    wordy = {**somebody, "remote_display_name": "", "tag": {"deep": [1]}}
    extra = {"guest_pin": "", "ivr_theme_name": "", "local_alias": "x", "host_view": 1}

    got = _read(RequestType.SERVICE, result={**ROOM, **extra, "automatic_participants": [wordy]})

    assert got.result == {**ROOM, "automatic_participants": [somebody]}


def test_the_platforms_own_form_of_a_completion_is_read() -> None:
    """`on_completion` may come as JSON in a text, where a host is a `host`."""
    text = json.dumps({"transfer": {"conference": "ward7@example.org", "role": "host"}})

    got = _read(RequestType.SERVICE, result={**smallest(MediaPlayback), "on_completion": text})

    want = {"transfer": {"conference": "ward7@example.org", "role": "chair"}}
    assert got.result == {**smallest(MediaPlayback), "on_completion": want}


def test_the_name_of_a_gateway_may_be_long() -> None:
    """The other server has made it unique already, so it needs no room for a token of ours."""
    name = "g" * 250

    got = _read(RequestType.SERVICE, result={**smallest(Gateway), "name": name})

    assert got.result == {**smallest(Gateway), "name": name}


@pytest.mark.parametrize(
    ("status", "content_type", "body", "want"),
    [
        (500, "application/json", b"{}", "status 500, a node takes 200 and 404 only"),
        (302, "application/json", b"{}", "status 302, a node takes 200 and 404 only"),
        (200, "", b"{}", "the Content-Type is not application/json"),
        (200, "text/html", b"{}", "the Content-Type is not application/json"),
        (200, "Application/JSON", b"{", "the body is no JSON"),
        (200, "application/json", b"\xff", "the body is no JSON"),
        (200, "application/json", b"[]", "the body is no JSON object"),
        (200, "application/json", b"{}", "status: must be 'success'"),
        (200, "application/json", b'{"status": "fail"}', "status: must be 'success'"),
    ],
)
def test_an_answer_that_is_none_is_an_error(
    status: int, content_type: str, body: bytes, want: str
) -> None:
    """Nothing is taken from an answer that a node would drop unread."""
    with pytest.raises(AnswerError) as caught:
        parse_answer(RequestType.SERVICE, status, content_type, body)

    assert str(caught.value) == want


def test_an_avatar_is_a_jpeg() -> None:
    """A node takes no other type of picture, and no JSON in place of one."""
    with pytest.raises(AnswerError, match="the Content-Type is not image/jpeg"):
        parse_answer(RequestType.AVATAR, 200, "image/png", b"")


@pytest.mark.parametrize(
    ("request_type", "body", "want"),
    [
        (RequestType.SERVICE, {"action": 7}, "action: must be text"),
        (RequestType.SERVICE, {"result": []}, "result: must be an object"),
        (RequestType.SERVICE, {"result": {"name": "x"}}, "result.service_type: is missing"),
        (
            RequestType.SERVICE,
            {"result": {**ROOM, "service_type": PIN}},
            (
                "result.service_type: must be one of conference, lecture, gateway, "
                "two_stage_dialing, media_playback, test_call"
            ),
        ),
        (
            RequestType.SERVICE,
            {"result": {**ROOM, "pin": PIN}},
            "result.pin: a PIN is 4 to 20 digits, of which the last may be '#'",
        ),
        (
            RequestType.SERVICE,
            {"result": {**ROOM, "pin": 4821}},
            "result.pin: input should be a valid string",
        ),
        (
            RequestType.SERVICE,
            {"result": {**ROOM, "guest_pin": "4821"}},
            "result: guest_pin needs a pin",
        ),
        (
            RequestType.SERVICE,
            {"result": {**ROOM, "name": "", "locked": "no"}},
            "result.locked: input should be a valid boolean",
        ),
        (RequestType.SERVICE, {"result": {**ROOM, "name": ""}}, "result.name: field required"),
        (RequestType.SERVICE, {"action": "redirect"}, "result.new_alias: field required"),
        (
            RequestType.SERVICE,
            {"result": {**smallest(MediaPlayback), "on_completion": "{"}},
            "result.on_completion: is no JSON",
        ),
        (
            RequestType.PARTICIPANT,
            {"result": {"preauthenticated_role": "host"}},
            "result.preauthenticated_role: input should be 'chair' or 'guest'",
        ),
        (
            RequestType.REGISTRATION,
            {"result": {"username": "ward7", "password": ""}},
            "result: username and password are both given or both empty",
        ),
        (
            RequestType.LOCATION,
            {"result": {"location": "Oslo", "overflow_locations": ["Roma", ""]}},
            "result.overflow_locations.1: string should have at least 1 character",
        ),
        (RequestType.PHONEBOOK, {}, "result: field required"),
        (
            RequestType.PHONEBOOK,
            {"result": [DESK, {"alias": "x", "description": "X"}]},
            "result.1.username: field required",
        ),
        (
            RequestType.PHONEBOOK,
            {"result": [], "ignore_local": "no"},
            "ignore_local: input should be a valid boolean",
        ),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(
    request_type: RequestType, body: dict[str, object], want: str
) -> None:
    """Field and rule stand in the error; the value, which may be a secret, does not."""
    assert _said(request_type, **body) == want


def test_many_wrong_values_make_one_short_line() -> None:
    """Five are told; who mends the other server need not guess after each."""
    wrong = dict.fromkeys(
        ["locked", "enable_overlay_text", "bypass_proxy", "breakout", "allow_guests", "pin"], 7
    )

    assert _said(RequestType.SERVICE, result={**ROOM, **wrong}).count(";") == 4


@pytest.mark.parametrize("depth", [190, 300, 2000])
def test_a_deep_body_is_an_error_at_most(depth: int) -> None:
    """What is nested without end neither fails nor reaches a node."""
    deep = '{"x": ' * depth + "1" + "}" * depth
    body = f'{{"status": "success", "result": {{"service_type": "test_call", "x": {deep}}}}}'

    with pytest.raises(AnswerError):
        parse_answer(RequestType.SERVICE, 200, "application/json", body.encode())


def test_secrets_have_no_repr() -> None:
    """An answer that ends up in a log says what it does and nothing more; it can be pickled."""
    got = _read(RequestType.SERVICE, result={**ROOM, "pin": "94713"})

    assert "94713" not in repr(got)
    assert pickle.loads(pickle.dumps(got)) == got  # noqa: S301  our own


def _samples(*, good: bool) -> Iterator[object]:
    for model in SERVICES:
        for name, samples in fields_of(model).items():
            for value in samples.good if good else samples.bad:
                document = {**smallest(model), **company_of(name, value), name: value}
                yield pytest.param(document, name, id=f"{model.__name__}-{name}-{str(value)[:20]}")


@pytest.mark.parametrize(("document", "name"), list(_samples(good=True)))
def test_a_good_field_is_passed_on(document: dict[str, object], name: str) -> None:
    """What a node takes reaches it as the other server wrote it."""
    got = _read(RequestType.SERVICE, result=document).result

    assert isinstance(got, dict)
    assert got[name] == json.loads(json.dumps(document))[name]


@pytest.mark.parametrize(("document", "name"), list(_samples(good=False)))
def test_a_bad_field_never_reaches_a_node(document: dict[str, object], name: str) -> None:
    """It is an error, or, where it says nothing, left out; what remains a node takes."""
    try:
        got = _read(RequestType.SERVICE, result=document)
    except AnswerError:
        return
    assert document[name] == "" or name == "name"  # a gateway's may be longer than ours
    verdict = judge_document(Kind.SERVICE, {"status": "success", "result": got.result})
    assert (verdict.faults, verdict.warnings) == ((), ())


_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=8,
)
_KEYS: Final = st.sampled_from(
    [
        *fields_of(ParticipantOverrides),
        *ROOM,
        "location",
        "overflow_locations",
        "new_alias",
        "username",
        "password",
        "reject_reason",
        "on_completion",
    ]
)


@given(
    st.sampled_from([each for each in RequestType if each is not RequestType.AVATAR]),
    st.sampled_from(["continue", "reject", "redirect", "", None, 1]),
    _JSON | st.dictionaries(_KEYS, st.sampled_from(["", "x", "conference", "chair"]) | _JSON),
)
def test_whatever_passes_a_node_takes(
    request_type: RequestType, action: object, result: object
) -> None:
    """Reading raises AnswerError alone, and what it lets through a node takes."""
    try:
        got = _read(request_type, action=action, result=result)
    except AnswerError:
        return
    if got.action is not Action.NOT_FOUND:
        body = {"status": "success", "action": got.action.value}
        sent = body if got.result is None else {**body, "result": got.result}
        verdict = judge_document(Kind(request_type.value), sent)
        assert (verdict.faults, verdict.warnings) == ((), ())


@given(st.sampled_from(RequestType), st.binary(max_size=200) | st.text().map(str.encode))
def test_any_bytes_are_an_answer_or_an_error(request_type: RequestType, body: bytes) -> None:
    """No body makes reading fail in another way."""
    with suppress(AnswerError):
        parse_answer(request_type, 200, "application/json", body)
