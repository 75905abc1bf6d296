"""What rules answer, in scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.rules.local.answers import Answer, answer_of, leg_answer, unchanged
from policy.rules.local.rooms import Rooms
from policy.rules.local.sheet import Sheet
from policy.rules.local.writing import UnfitError
from policy.wire.vocabulary import RequestType
from tests.rules.local.running import rules_of, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Sent = Mapping[str, str | Sequence[str]]

SERVICE, PARTICIPANT = RequestType.SERVICE, RequestType.PARTICIPANT
GATEWAY = {
    "service_type": "gateway",
    "name": "Teams",
    "service_tag": "",
    "local_alias": "${alias}",
    "remote_alias": "${remote_user}",
    "outgoing_protocol": "teams",
}


def _answer(then: object, sheet: Sheet) -> Answer:
    rule = rules_of({"for": sheet.request.value, "then": then})[0]
    rooms = Rooms({"9@example.org": {"service_type": "lecture"}}, frozenset({"example.org"}))
    return answer_of(rule, sheet, rooms)


@pytest.mark.parametrize(
    ("request_type", "then", "wanted"),
    [
        (SERVICE, {"reject": "no {{"}, {"action": "reject", "result": {}}),
        (
            PARTICIPANT,
            {"reject": "no {{"},
            {"action": "reject", "result": {"reject_reason": "no {{"}},
        ),
        (SERVICE, "continue", {"action": "continue", "result": {}}),
        (PARTICIPANT, "not_found", {"action": "continue", "result": {}}),
        (SERVICE, {"redirect": "a@b"}, {"action": "redirect", "result": {"new_alias": "a@b"}}),
        (SERVICE, {"room": "9@example.org"}, {"service_type": "lecture"}),
        (
            PARTICIPANT,
            {"participant": {"remote_display_name": "${user}", "spotlight": 2}},
            {"action": "continue", "result": {"remote_display_name": "ward7", "spotlight": 2}},
        ),
    ],
)
def test_an_outcome_is_written(request_type: RequestType, then: object, wanted: object) -> None:
    """As the server would answer."""
    sheet = Sheet(request_type)
    answer = _answer(then, sheet)

    assert value_of(sheet.text(), answer.text, request_type) == wanted


def _gateway_name(sent: Sent | None = None) -> str:
    sheet = Sheet(SERVICE)
    answer = _answer({"service": GATEWAY}, sheet)
    value = value_of(sheet.text(), answer.text, sent=sent)
    assert isinstance(value, dict)
    return str(value["name"])


def test_gateway_calls_have_names_of_their_own() -> None:
    """Two calls never share one, and the outgoing leg keeps its call's."""
    own = "Teams:5a5a5a5a-0000-4000-8000-000000000000"
    one, other = _gateway_name(), _gateway_name()

    assert one.startswith("Teams:")
    assert one != other
    assert _gateway_name({"service_name": own, "call_direction": "dial_out"}) == own


def test_an_outgoing_leg_is_told_its_service() -> None:
    """What placeholders stood for comes from the leg itself."""
    sheet = Sheet(SERVICE)
    answer = leg_answer(GATEWAY, sheet)
    sent: Sent = {"service_name": "Teams:x", "local_alias": "a", "remote_alias": "b"}

    assert value_of(sheet.text(), answer.text, sent=sent) == {
        "service_type": "gateway",
        "name": "Teams:x",
        "service_tag": "",
        "outgoing_protocol": "teams",
        "local_alias": "a",
        "remote_alias": "b",
    }
    with pytest.raises(UnfitError, match="outgoing_protocol"):
        leg_answer({**GATEWAY, "outgoing_protocol": "${protocol}"}, sheet)


def test_texts_that_a_node_would_drop_stop_the_rule() -> None:
    """As on the server, the rules behind are looked at then."""
    sheet = Sheet(SERVICE)
    answer = _answer({"redirect": "sip:${user}@example.net"}, sheet)

    needs = " and ".join(answer.needs)
    assert value_of(sheet.text(), f"true if {needs} else false") is True
    assert value_of(sheet.text(), f"true if {needs} else false", local_alias="x" * 240) is False


@pytest.mark.parametrize(
    ("request_type", "then", "why"),
    [
        (SERVICE, {"forward": {"to": "old"}}, "forward is for the server alone"),
        (SERVICE, {"service": {**GATEWAY, "outgoing_protocol": "${user}"}}, "outgoing_protocol"),
        (PARTICIPANT, {"participant": {"remote_display_name": None}}, "null"),
        (
            PARTICIPANT,
            {"participant": {"send_to_audio_mixes": [{"mix_name": "${user}"}]}},
            "placeholders within send_to_audio_mixes",
        ),
        (PARTICIPANT, {"participant": {"receive_from_audio_mix": "${user}"}}, "receive_from_audio"),
    ],
)
def test_what_needs_the_server_is_refused(
    request_type: RequestType, then: Mapping[str, object], why: str
) -> None:
    """The rule is left out."""
    with pytest.raises(UnfitError, match=why):
        _answer(then, Sheet(request_type))


def test_unchanged_is_what_the_node_has() -> None:
    """For location requests, where media would run otherwise."""
    assert value_of("", unchanged(RequestType.LOCATION), RequestType.LOCATION) == {
        "result": {"location": "London"}
    }
