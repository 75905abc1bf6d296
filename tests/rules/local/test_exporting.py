"""Whole scripts: order, rules that are left out, and when a script keeps silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from policy.rules.local.exporting import Site, export_rules
from policy.rules.local.rooms import Rooms
from policy.scripts.script import MAX_SCRIPT, compile_script
from policy.wire.vocabulary import RequestType
from tests.fakes.local_policy import run_locally
from tests.fakes.local_scripts import ROOM
from tests.rules.local.running import CALL, exported, rules_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    Answer = dict[str, object] | None

REJECTED: Final = {"action": "reject", "result": {}}
UNKNOWN: Final = {"action": "continue", "result": {}}
PASSED: Final = {"action": "continue", "result": ROOM}


def _told(*rules: Mapping[str, object], **sent: str) -> Answer:
    return run_locally(exported(*rules).text, {**CALL, **sent}, ROOM)


def test_without_rules_everything_passes() -> None:
    """A service that the platform has stays as it is, an unknown alias is left to it."""
    script = exported().text

    assert run_locally(script, CALL, ROOM) == PASSED
    assert run_locally(script, CALL, None) == UNKNOWN


def test_the_first_rule_that_matches_decides() -> None:
    """Shadow rules do nothing, and rules of other requests are not there."""
    rules = (
        {"then": {"reject": "x"}, "mode": "shadow"},
        {"for": "location", "then": "not_found"},
        {"when": {"protocol": "h323"}, "then": {"reject": "x"}},
        {"when": {"location": "London"}, "then": {"redirect": "a@b"}},
        {"then": {"reject": "x"}},
    )

    assert _told(*rules) == {"action": "redirect", "result": {"new_alias": "a@b"}}
    assert _told(*rules, location="Oslo") == REJECTED
    assert _told(*rules, location="Oslo", call_direction="non_dial") == PASSED


@pytest.mark.parametrize("said", ["CONTINUE", "REJECT", "REDIRECT"])
def test_the_server_has_the_last_word_when_it_answers(said: str) -> None:
    """What a policy server has decided stays as it is: the script is not applied."""
    assert _told({"then": {"reject": "x"}}, external_policy_disposition=said) is None


def test_a_rule_that_does_not_fit_keeps_its_calls() -> None:
    """They are left to the platform, and never handed to a rule behind."""
    forward = {"when": {"protocol": "sip"}, "then": {"forward": {"to": "old"}}}
    export = exported(forward, {"then": {"reject": "x"}})

    assert run_locally(export.text, CALL, ROOM) == PASSED
    assert run_locally(export.text, {**CALL, "protocol": "h323"}, ROOM) == REJECTED
    assert export.written == 1
    assert [(each.name, each.why) for each in export.left_out] == [
        ("rule 0", "forward is for the server alone")
    ]


def test_behind_a_rule_that_may_catch_any_call_nothing_is_written() -> None:
    """Where a script cannot tell at all which calls a rule catches, it stops."""
    export = exported({"when": {"tag": "x"}, "then": {"reject": "x"}}, {"then": {"reject": "x"}})

    assert run_locally(export.text, CALL, ROOM) == PASSED
    # What sets up no call is nothing to a rule that says nothing of the direction.
    assert export.left_out[0].why == "tag is for the server alone"

    always = {"direction": ["dial_in", "dial_out", "non_dial"]}
    closed = exported(
        {"when": {"any": [{**always, "tag": "x"}, {"tag": "y"}]}, "then": {"reject": "x"}},
        {"then": {"reject": "x"}},
    )
    assert closed.written == 0
    assert closed.left_out[1].why == "stands behind a rule that may catch any call"


def test_overrides_lie_on_what_is_answered() -> None:
    """On the platform's own service too, and only those of rules in front."""
    locked = {"when": {"location": "London"}, "then": {"override": {"locked": True}}}
    service = {"service_type": "conference", "name": "Nine", "service_tag": ""}
    nine = {"when": {"registered": True}, "then": {"service": service}}
    rules = (locked, nine, {"then": {"override": {"description": "late"}}})

    assert _told(*rules, registered="True") == {
        "action": "continue",
        "result": {**service, "locked": True},
    }
    assert _told(*rules) == {
        "action": "continue",
        "result": {**ROOM, "locked": True, "description": "late"},
    }
    assert run_locally(exported(*rules).text, CALL, None) == UNKNOWN


def test_rules_that_only_set_facts_do_nothing() -> None:
    """Whoever reads the fact is left out, so that nothing is missing."""
    export = exported({"then": {"set": {"seen": "${user}"}}}, {"then": {"reject": "x"}})

    assert export.left_out == ()
    assert run_locally(export.text, CALL, ROOM) == REJECTED


def test_rewriting_ends_it_for_its_calls() -> None:
    """A script has one alias."""
    rewrite = {"when": {"location": "London"}, "then": {"rewrite": "x@example.org"}}

    assert _told(rewrite, {"then": {"reject": "x"}}) == PASSED


def test_a_script_is_written_where_it_comes_last() -> None:
    """In front of other rules it could pass a call on, which no script can."""
    own = {"then": {"expr": '{"action": "reject", "result": {"a": {{ 1 + 1 }} } }'}}
    refuse = {"when": {"protocol": "h323"}, "then": {"reject": "x"}}

    assert _told(refuse, own) == {"action": "reject", "result": {"a": 2}}
    assert _told(own, refuse) == PASSED


def test_what_cannot_be_read_is_left_alone() -> None:
    """Odd aliases, odd callers where a rule looks at them, and breakout rooms."""
    by_caller = {"when": {"not": {"remote_alias": {"domain": "x.org"}}}, "then": {"reject": "x"}}

    assert _told({"then": {"reject": "x"}}, local_alias="a@b@c") == PASSED
    assert _told({"then": {"reject": "x"}}, remote_alias="a@b@c") == REJECTED
    assert _told(by_caller, remote_alias="a@b@c") == PASSED
    assert _told(by_caller, remote_alias="") == REJECTED
    assert _told({"then": {"reject": "x"}}, breakout_uuid="5a5a5a5a") == PASSED


def test_rooms_answer_behind_all_rules() -> None:
    """With overrides, and only for calls."""
    ward = {"service_type": "conference", "name": "Ward", "service_tag": ""}
    site = Site(rooms=Rooms({"ward7@example.org": ward}, frozenset({"example.org"})))
    script = exported({"then": {"override": {"locked": True}}}, site=site).text

    assert run_locally(script, CALL, None) == {
        "action": "continue",
        "result": {**ward, "locked": True},
    }
    assert run_locally(script, {**CALL, "call_direction": "non_dial"}, None) == UNKNOWN
    assert run_locally(script, {**CALL, "local_alias": "other@example.org"}, None) == UNKNOWN


def test_a_rule_may_want_the_directory() -> None:
    """No rule behind it speaks, those in front still override."""
    rules = (
        {"then": {"override": {"locked": True}}},
        {"when": {"location": "London"}, "then": "directory"},
        {"then": {"reject": "x"}},
    )

    assert _told(*rules) == {"action": "continue", "result": {**ROOM, "locked": True}}
    assert _told(*rules, location="Oslo") == REJECTED


def test_the_leg_of_a_gateway_call_is_told_before_all_rules() -> None:
    """What others say of its caller would break it; overrides are for those who are answered."""
    gateway = {
        "service_type": "gateway",
        "name": "Teams",
        "service_tag": "",
        "local_alias": "${alias}",
        "remote_alias": "${user}",
        "outgoing_protocol": "teams",
    }
    rules = (
        {"then": {"override": {"description": "x"}}},
        {"then": {"reject": "x"}},
        {"then": {"service": gateway}},
    )
    name = "Teams:5a5a5a5a-0000-4000-8000-000000000000"
    leg = {"call_direction": "dial_out", "service_name": name, "local_alias": "a"}

    assert _told(*rules, **leg, remote_alias="b") == {
        "action": "continue",
        "result": {**gateway, "name": name, "local_alias": "a", "remote_alias": "b"},
    }
    assert _told(*rules, **leg, remote_alias="") == PASSED
    assert _told(*rules, **{**leg, "call_direction": "dial_in"}) == REJECTED


def test_the_head_of_a_script_tells_what_it_is() -> None:
    """Which rules it has, of which version, and which it has not; names break nothing."""
    site = Site(version="0123456789ab")
    export = exported({"name": "a #} {{ b", "then": {"forward": {"to": "old"}}}, site=site)

    assert "version 0123456789ab" in export.text
    assert "a # } { { b" in export.text.replace("{{", "{ {")
    assert "forward is for the server alone" in export.text.partition("#}")[0]
    assert run_locally(export.text, CALL, ROOM) == PASSED


def test_a_script_that_is_too_long_says_which_rules_are() -> None:
    """The largest are named first."""
    long = [f"room-{number:04}@example.org" for number in range(400)]
    rules = [{"when": {"alias": {"exact": long}}, "then": {"reject": "x"}} for _ in range(5)]
    export = exported({"then": {"override": {"locked": True}}}, *rules)

    assert export.too_long_by == len(export.text) - MAX_SCRIPT > 0
    assert export.largest().startswith("rule 1 (10")
    assert exported().too_long_by == 0


def test_a_long_chain_is_still_a_script() -> None:
    """Python nests what Jinja writes flat; some hundred rules are no trouble."""
    export = exported(
        *({"when": {"alias": {"domain": f"d{n}.org"}}, "then": "not_found"} for n in range(200))
    )

    assert export.too_long_by == 0
    compile_script(export.text)
    assert run_locally(export.text, CALL, ROOM) == PASSED


def test_locations_and_participants_have_scripts_of_their_own() -> None:
    """Each with its own form of changing nothing."""
    rules = rules_of(
        {"for": "location", "when": {"location": "Oslo"}, "then": {"location": {"location": "A"}}},
        {"for": "participant", "when": {"location": "Oslo"}, "then": {"reject": "x"}},
    )
    location = export_rules(rules, RequestType.LOCATION, Site()).text

    assert run_locally(location, CALL, request="location") == {"result": {"location": "London"}}
    assert run_locally(location, {**CALL, "location": "Oslo"}, request="location") == {
        "result": {"location": "A"}
    }
    assert "reject" not in location
