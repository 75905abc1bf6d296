"""What scripts of rules answer."""

from __future__ import annotations

from typing import Final

import pytest

from policy.decide.decision import Decision, Reason
from policy.decide.location import decide_location
from policy.decide.participant import decide_participant
from policy.decide.service import decide_service
from policy.directory.records import (
    AddressKey,
    Entry,
    Found,
    OrganisationState,
    PermanentRoom,
    RoomState,
)
from policy.wire.requests import LocationRequest, ParticipantRequest, ServiceRequest
from policy.wire.results import ServiceResult
from policy.wire.vocabulary import Action
from tests.decide.deciding import grounds, ruled

QUERY: Final = "local_alias=ward7%40example.org&remote_display_name=Ana&bandwidth=512"
SERVICE: Final = {"service_type": "conference", "name": "r-7", "service_tag": ""}
ROOM: Final = PermanentRoom(OrganisationState.ACTIVE, RoomState.ACTIVE, ServiceResult.of(SERVICE))
KNOWN: Final = {AddressKey("ward7", "example.org"): Found(Entry(own_domain=True, target=ROOM))}
OWN: Final = Decision(Action.CONTINUE, Reason.OK, SERVICE)


def _rule(script: str, request: str = "service") -> str:
    return f"{{name: script, for: {request}, then: {{expr: '{script}'}}}}"


def _service(script: str) -> Decision:
    request = ServiceRequest.parse(QUERY, frozenset())
    return decide_service(request, grounds(KNOWN, ruled(_rule(script))))


@pytest.mark.parametrize(
    ("script", "want"),
    [
        ('{"action": "reject"}', Decision(Action.REJECT, Reason.BY_RULE, None, "script")),
        (
            '{"action": "redirect", "result": {"new_alias": "sip:new@example.org"}}',
            Decision(
                Action.REDIRECT, Reason.BY_RULE, {"new_alias": "sip:new@example.org"}, "script"
            ),
        ),
        (
            '{"result": {{service_config|pex_update({"participant_limit": 3})|pex_to_json}}}',
            Decision(Action.CONTINUE, Reason.BY_RULE, SERVICE | {"participant_limit": 3}, "script"),
        ),
        ('{"action": "continue"}', OWN),
        ('{"action": "continue", "result": {}}', OWN),
    ],
)
def test_a_script_answers_as_on_a_node(script: str, want: Decision) -> None:
    """A refusal, a redirection, a service, or no opinion."""
    assert _service(script) == want


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("not json", "JSON"),
        ('{"action": "redirect"}', "the script redirects and names no new_alias"),
        ('{"result": {"service_type": "conference"}}', "name: field required"),
        ('{"result": {{1 // 0}}}', "line 1"),
    ],
)
def test_what_a_node_would_discard_is_passed_over(script: str, fault: str) -> None:
    """The directory decides, as on a node, and the decision says what was wrong."""
    decision = _service(script)

    assert (decision.reason, decision.result) == (Reason.OK, SERVICE)
    ((rule, said),) = decision.faults
    assert rule == "script"
    assert fault in said


def test_a_script_changes_a_participant() -> None:
    """Properties, or a refusal with its text."""
    request = ParticipantRequest.parse(QUERY, frozenset())
    rename = '{"result": {"remote_display_name": "{{call_info.remote_display_name}} (guest)"}}'
    refuse = '{"action": "reject", "result": {"reject_reason": "full"}}'

    renamed = decide_participant(request, grounds(table=ruled(_rule(rename, "participant"))))
    refused = decide_participant(request, grounds(table=ruled(_rule(refuse, "participant"))))

    assert renamed.result == {"remote_display_name": "Ana (guest)"}
    assert (refused.action, refused.result) == (Action.REJECT, {"reject_reason": "full"})


@pytest.mark.parametrize(
    ("result", "want"),
    [
        ('{"location": "Oslo"}', {"location": "Oslo"}),
        (
            '{"location": "Oslo", "overflow_locations": ["Bergen"]}',
            {"location": "Oslo", "overflow_locations": ["Bergen"]},
        ),
        (
            '{"location": "Oslo", "primary_overflow_location": "Bergen"}',
            {"location": "Oslo", "overflow_locations": ["Bergen"]},
        ),
        ("{}", None),
    ],
)
def test_a_script_chooses_a_location_in_either_form(
    result: str, want: dict[str, object] | None
) -> None:
    """The list, or the older pair; an empty result is no opinion."""
    request = LocationRequest.parse(QUERY, frozenset())
    script = f'{{"result": {result}}}'

    decision = decide_location(request, grounds(table=ruled(_rule(script, "location"))))

    assert decision.result == want
