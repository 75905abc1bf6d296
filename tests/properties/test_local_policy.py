"""Exported scripts answer as the server does, and so does the server with imported ones.

Scripts are run by the evaluator of the tests, which shares nothing with the server but Jinja.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.decide.decision import Decision
from policy.decide.grounds import Plan
from policy.decide.rehearsal import Stage, rehearse
from policy.directory.records import Entry, OrganisationState, PermanentRoom, RoomState
from policy.rules.local.exporting import Export, Site, export_rules
from policy.rules.local.importing import as_jinja_reads, import_script
from policy.rules.question import Moment
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.scripts.script import compile_script
from policy.wire.asked import Asked
from policy.wire.results import ServiceResult
from policy.wire.vocabulary import Action, RequestType
from tests.fakes.judge import judge_document
from tests.fakes.local_policy import NOON, run_locally
from tests.fakes.local_scripts import (
    CALLS,
    GATEWAY,
    LOCATION_SCRIPTS,
    PARTICIPANT_SCRIPTS,
    PARTICIPANTS,
    ROOM,
    SERVICE_SCRIPTS,
)
from tests.fakes.verdict import Kind
from tests.properties.local_rules import (
    LOCATION_THENS,
    PARTICIPANT_THENS,
    SERVICE_THENS,
    UNFIT,
    block_scripts,
    calls,
    rule_files,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    Sent = Mapping[str, str | Sequence[str]]
    Service = Mapping[str, object] | None

NODES: Final = frozenset({"203.0.113.10"})
TOKEN: Final = "5a5a5a5a-0000-4000-8000-000000000000"
# A script takes 40 ms to compile, and each example has another.
looking = settings(max_examples=settings().max_examples // 5)
SAME: Final = ("same",)
SERVICE, PARTICIPANT, LOCATION = (
    RequestType.SERVICE,
    RequestType.PARTICIPANT,
    RequestType.LOCATION,
)


def _table(text: str) -> RuleTable:
    return RuleTable([placed.rule for placed in parse_rules(text, "rules.yaml")])


def _decided(
    table: RuleTable, request: RequestType, sent: Sent, service: Service, now: datetime
) -> Decision:
    """Let the server decide with a directory that has the service under every alias, or nothing."""
    target = None
    if service is not None:
        organisation = OrganisationState.ACTIVE
        target = PermanentRoom(organisation, RoomState.ACTIVE, ServiceResult.of(service))
    entry = Entry(own_domain=target is not None, target=target)
    stage = Stage(table, Plan(own_nodes=NODES), lambda _key: entry, lambda _forward: None)
    asked = Asked(request, "", urlencode(sent, doseq=True))
    decision = rehearse(asked, stage, Moment(now, TOKEN))
    assert isinstance(decision, Decision)
    return decision


def _of_server(decision: Decision, service: Service) -> tuple[object, ...]:
    """Say what becomes of a call; what no rule decides is the platform's or the directory's."""
    is_left = decision.action in {Action.CONTINUE, Action.NOT_FOUND} and not decision.result
    if is_left or (not decision.rule and service is None):
        return SAME
    return _told(decision.action, decision.result, service)


def _of_node(answer: dict[str, object] | None, service: Service) -> tuple[object, ...]:
    """Say what a node does with what a script wrote; None keeps what it had."""
    if answer is None:
        return SAME
    result = answer.get("result")
    assert result is None or isinstance(result, dict)
    return _told(str(answer.get("action", "continue")), result, service)


def _told(action: str, result: object, service: Service) -> tuple[object, ...]:
    if action == "continue":
        return SAME if not result or result == service else ("result", _named(result))
    return (str(action), result or None)


def _named(result: object) -> object:
    """Give a service with the name of its gateway, without what makes the name unique."""
    if isinstance(result, dict) and result.get("service_type") == "gateway":
        name, _, token = str(result["name"]).rpartition(":")
        return {**result, "name": name if len(token) == 36 else str(result["name"])}
    return result


def _export(text: str, request: RequestType) -> Export:
    rules = [placed.rule for placed in parse_rules(text, "rules.yaml")]
    return export_rules(rules, request, Site(NODES))


moments = st.integers(0, 4 * 7 * 24 * 60).map(lambda each: NOON + timedelta(minutes=each))
services = st.sampled_from([None, ROOM])


@looking
@given(rule_files("service", SERVICE_THENS), calls(), services, moments)
def test_an_exported_service_script_answers_as_the_server(
    text: str, sent: Sent, service: Service, now: datetime
) -> None:
    """Where all rules fit, a node alone says what the server would say, room or no room."""
    export = _export(text, SERVICE)

    got = _of_node(run_locally(export.text, sent, service, now=now), service)

    assert export.left_out == ()
    decision = _decided(_table(text), SERVICE, sent, service, now)
    assert got == _of_server(decision, service), decision


@looking
@given(rule_files("service", SERVICE_THENS, UNFIT), calls(odd=True), services, moments)
def test_what_is_left_out_hands_no_call_to_other_rules(
    text: str, sent: Sent, service: Service, now: datetime
) -> None:
    """With rules that do not fit, a node says what the server would say, or changes nothing."""
    export = _export(text, SERVICE)

    got = _of_node(run_locally(export.text, sent, service, now=now), service)

    decision = _decided(_table(text), SERVICE, sent, service, now)
    assert got == SAME or got == _of_server(decision, service), decision


@looking
@given(rule_files("participant", PARTICIPANT_THENS), calls(joining=True), moments)
def test_an_exported_participant_script_answers_as_the_server(
    text: str, sent: Sent, now: datetime
) -> None:
    """Roles, names and refusals come out the same."""
    export = _export(text, PARTICIPANT)

    answer = run_locally(export.text, sent, ROOM, request="participant", now=now)

    assert export.left_out == ()
    decision = _decided(_table(text), PARTICIPANT, sent, None, now)
    assert _of_node(answer, None) == _of_server(decision, {}), decision


@looking
@given(rule_files("location", LOCATION_THENS), calls(), moments)
def test_an_exported_location_script_answers_as_the_server(
    text: str, sent: Sent, now: datetime
) -> None:
    """Media runs in the same place, and where no rule says so, where the platform suggests."""
    export = _export(text, LOCATION)

    answer = run_locally(export.text, sent, None, request="location", now=now)

    assert export.left_out == ()
    decision = _decided(_table(text), LOCATION, sent, None, now)
    suggested = {"location": sent["location"]}
    assert answer == {"result": decision.result or suggested}, decision


def _imported(script: str, request: RequestType) -> RuleTable:
    return _table(import_script(script, "script.j2", "imported", request).text)


def _usable(kind: Kind, answer: dict[str, object] | None, sent: Sent) -> dict[str, object] | None:
    """Give what a script wrote, None for what a node would drop.

    Of fields that are not the service's a node says nothing; the server takes them for mistakes.
    """
    if answer is None:
        return None
    query = {key: each if isinstance(each, str) else list(each) for key, each in sent.items()}
    verdict = judge_document(kind, {"status": "success", **answer}, query)
    return None if verdict.faults or verdict.warnings else answer


@pytest.mark.parametrize("name", SERVICE_SCRIPTS)
def test_an_imported_service_script_answers_as_on_a_node(name: str) -> None:
    """The rules made of a script give its service, its refusal, or leave the call as it was."""
    script = SERVICE_SCRIPTS[name]
    table = _imported(script, SERVICE)

    for service in (ROOM, GATEWAY):
        for sent in CALLS:
            answer = _usable(Kind.SERVICE, run_locally(script, sent, service), sent)
            decision = _decided(table, SERVICE, sent, service, NOON)
            wanted = _of_node(answer, service)
            got = _of_server(decision, service)
            if wanted == SAME and got != SAME:
                got = SAME if _named(decision.result) == _named(service) else got
            assert got == wanted, decision


@given(block_scripts(), calls())
def test_what_a_script_only_refuses_is_refused_by_rules(script: str, sent: Sent) -> None:
    """Chains of tests that refuse or redirect become rules, which do so for the same calls."""
    text = import_script(script, "script.j2", "imported", SERVICE).text

    got = _of_server(_decided(_table(text), SERVICE, sent, ROOM, NOON), ROOM)

    assert "pex_to_json" not in text  # it has been recognised
    assert got == _of_node(run_locally(script, sent, ROOM), ROOM)


@pytest.mark.parametrize("name", PARTICIPANT_SCRIPTS)
def test_an_imported_participant_script_answers_as_on_a_node(name: str) -> None:
    """Properties and refusals come out the same."""
    script = PARTICIPANT_SCRIPTS[name]
    table = _imported(script, PARTICIPANT)

    for sent in PARTICIPANTS:
        written = run_locally(script, sent, ROOM, request="participant")
        answer = _usable(Kind.PARTICIPANT, written, sent)
        decision = _decided(table, PARTICIPANT, sent, ROOM, NOON)
        assert _of_server(decision, {}) == _of_node(answer, None), decision


@pytest.mark.parametrize("name", LOCATION_SCRIPTS)
def test_an_imported_location_script_answers_as_on_a_node(name: str) -> None:
    """Media runs in the same place."""
    script = LOCATION_SCRIPTS[name]
    table = _imported(script, LOCATION)

    for sent in CALLS:
        answer = run_locally(script, sent, ROOM, request="location")
        decision = _decided(table, LOCATION, sent, ROOM, NOON)
        assert answer == {"result": decision.result}


_LINES: Final = st.text(st.sampled_from(" \tab{}%#'\":-|>\\&*å\u2028\x85\ufeff\x07\U0001f600"))
_SCRIPTS: Final = st.lists(_LINES, min_size=1).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: end.join(lines))
)


@given(_SCRIPTS, st.integers(0, 300))
def test_a_rule_file_holds_exactly_the_script(middle: str, width: int) -> None:
    """Tabs, blanks at both ends, comments, long lines and odd characters all come back."""
    script = f"{middle}{{# {'x' * width} #}}{middle}"
    try:
        compile_script(as_jinja_reads(script))
    except ValueError:
        return  # not a script

    text = import_script(script, "script.j2", "imported", RequestType.PARTICIPANT).text

    then = parse_rules(text, "rules.yaml")[0].rule.then
    assert then is not None
    assert getattr(then, "script").source == as_jinja_reads(script)  # noqa: B009  of RunScript


@looking
@given(rule_files("service", SERVICE_THENS), calls(), services)
def test_what_is_exported_can_be_imported(text: str, sent: Sent, service: Service) -> None:
    """A script that this program wrote answers the same as one rule of its own."""
    export = _export(text, SERVICE)

    table = _imported(export.text, SERVICE)

    wanted = _of_node(run_locally(export.text, sent, service), service)
    got = _of_server(_decided(table, SERVICE, sent, service, NOON), service)
    assert got == wanted
