"""An explanation explains the decision that is made without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from hypothesis import given
from hypothesis import strategies as st

from policy.decide.decision import Decision
from policy.decide.grounds import Plan
from policy.decide.rehearsal import Stage, rehearse
from policy.directory.document import DirectoryFile
from policy.directory.memory import MemoryDirectory
from policy.documents import parse
from policy.rules.known import Dialling
from policy.rules.question import Moment
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.wire.answers import ForwardedAnswer
from policy.wire.asked import Asked
from policy.wire.vocabulary import Action, RequestType
from tests.explaining.offline import explain_on
from tests.running import NOON

if TYPE_CHECKING:
    from policy.rules.model import Forward

DIRECTORY: Final = """
organisations: [{code: north, name: North}, {code: gone, name: Gone, state: closed}]
domains: [{domain: example.org, organisation: north}]
rooms:
  - organisation: north
    aliases: [ward@example.org]
    service_name: r-ward
    pin: "48213"
    guest_pin: "90377"
    tags: [ward]
  - {organisation: gone, aliases: [gone@example.org], service_name: r-gone}
bookings:
  - organisation: north
    aliases: ["721834"]
    service_name: r-721834
    starts_at: 2026-05-04T10:00:00Z
    ends_at: 2026-05-04T11:00:00Z
devices:
  - {organisation: north, alias: cart@example.org, username: cart, password: invented-7}
"""
FIND: Final = MemoryDirectory(parse(DIRECTORY, "directory", DirectoryFile).value).find_now
PINS: Final = ("48213", "90377", "invented-7")

WHENS: Final = (
    "",
    "when: {alias: {exact: ward@example.org}}, ",
    "when: {alias: {domain: example.org}, tag: ward}, ",
    "when: {alias: {regex: '(7.*|ward)(@.*)?'}}, ",
    "when: {organisation: north}, ",
    "when: {subnet: 192.0.2.0/24}, ",
    "when: {fact: {site: north}}, ",
    "when: {not: {protocol: sip}}, ",
    "when: {expr: 'call_info.protocol == \"sip\"'}, ",
    "when: {expr: '1 // 0 == 1'}, ",
    "when: {device_owner: north}, ",
)
THENS: Final = (
    "continue",
    "not_found",
    "{reject: no}",
    "{room: ward@example.org}",
    "{redirect: '${idp.none}'}",
    "{redirect: '${user}@example.org'}",
    "{set: {site: north}}",
    "{rewrite: ward@example.org}",
    "{override: {participant_limit: 7}}",
    "{forward: {to: old}}",
    "{forward: {to: gone, on_failure: reject}}",
    '{expr: \'{{ pex_debug_log(service_config.pin) }}{"action": "reject"}\'}',
    (
        "{service: {service_type: gateway, name: G, service_tag: '', local_alias: a@b.example, "
        "remote_alias: c@d.example, outgoing_protocol: sip, dtmf_sequence: '48213#'}}"
    ),
)
QUERIES: Final = st.builds(
    "&".join,
    st.tuples(
        st.sampled_from(
            [
                "local_alias=" + each
                for each in ("ward", "ward@example.org", "721834", "x@y.example")
            ]
            + ["local_alias=gone@example.org", "local_alias=", "local_alias=cart@example.org"]
        ),
        st.sampled_from(["protocol=sip", "protocol=h323"]),
        st.sampled_from(["remote_address=192.0.2.7", "registered=True&remote_alias=cart"]),
        st.sampled_from(["call_direction=dial_in", "call_direction=non_dial", ""]),
    ),
)


def _ask(forward: Forward) -> ForwardedAnswer | None:
    return ForwardedAnswer(Action.REJECT) if forward.to == "old" else None


@st.composite
def stages(draw: st.DrawFn) -> Stage:
    """Draw rules of every kind, and whether domains are completed."""
    lines = ["rules:"]
    for number in range(draw(st.integers(0, 8))):
        mode = draw(st.sampled_from(["", "", "mode: shadow, "]))
        when, then = draw(st.sampled_from(WHENS)), draw(st.sampled_from(THENS))
        lines.append(f"  - {{name: r{number}, {mode}{when}then: {then}}}")
    rules = parse_rules("\n".join(lines) if len(lines) > 1 else "rules: []", "a.yaml")
    domain = draw(st.sampled_from(["", "example.org"]))
    plan = Plan(Dialling(domain), own_devices_are_hosts=True)
    return Stage(RuleTable([each.rule for each in rules]), plan, FIND, _ask)


@given(stages(), QUERIES)
def test_what_is_explained_is_what_is_decided(stage: Stage, query: str) -> None:
    """Action, reason, rule, text, shadows, faults and what is sent: with a trace and without."""
    asked, moment = Asked(RequestType.SERVICE, "", query), Moment(NOON, "token")

    said = explain_on(asked, stage, moment)
    decision = rehearse(asked, stage, moment)

    assert isinstance(decision, Decision)
    assert said.decided is not None
    assert said.decided.action == decision.action
    assert said.decided.reason == decision.reason
    assert said.decided.rule == decision.rule
    assert said.decided.shadows == decision.shadows
    assert said.decided.faults == decision.faults
    assert said.missing == ""


@given(stages(), QUERIES, st.integers(20, 200))
def test_no_pin_is_ever_told(stage: Stage, query: str, width: int) -> None:
    """Neither as a document nor as text, whatever rules do with it."""
    said = explain_on(Asked(RequestType.SERVICE, "", query), stage, Moment(NOON, "token"))

    shown = orjson.dumps(said.as_json()).decode() + said.as_text(width, all_rules=True)

    assert [pin for pin in PINS if pin in shown] == []
