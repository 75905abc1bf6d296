"""A shadow rule is explained as if it were in force."""

from __future__ import annotations

from policy.decide.asking import parse_request
from policy.decide.grounds import Grounds, Plan
from policy.explaining.shadows import in_force
from policy.rules.known import Known
from policy.rules.question import Moment
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.wire.recorded import read_call
from tests.running import NOON


def _said(*texts: str) -> tuple[str, ...]:
    """Give what the last of some rules would do behind the others."""
    text = f"rules: [{', '.join(texts)}]"
    rules = [each.rule for each in parse_rules(text, "a.yaml")]
    grounds = Grounds(RuleTable(rules), Plan(), Known(), Moment(NOON, "token"))
    request = parse_request(read_call("local_alias=1@example.org protocol=sip"), frozenset())
    return in_force(request, grounds, rules[:-1], rules[-1])[0]


def test_its_outcome_is_told() -> None:
    """Action and effect, as if it were the first to speak."""
    assert _said("{name: a, mode: shadow, then: {redirect: b@example.org}}") == (
        "in force it would decide redirect: A SIP caller is sent on to b@example.org (SIP 302).",
    )


def test_rules_in_front_have_had_their_effect() -> None:
    """It sees the facts and the alias that enforced rules have left."""
    front = "{name: a, then: {set: {site: north}}}"
    shadow = "{name: b, mode: shadow, then: {reject: '${fact.site}', set: {site: south}}}"

    assert _said(front, shadow) == (
        "in force it sets site: 'north' → 'south'",
        "in force it would decide reject: The caller hears 'conference not found'.",
    )


def test_what_it_could_not_do_is_told() -> None:
    """Better to see in the shadow that a rule does not work."""
    assert _said("{name: a, mode: shadow, then: {redirect: '${idp.x}'}}") == (
        "in force it cannot be carried out: ${idp.x} has no value in this call",
    )


def test_a_rule_without_an_opinion_says_so() -> None:
    """A script may leave a call to the rules behind."""
    assert _said("""{name: a, mode: shadow, then: {expr: '{"action": "continue"}'}}""") == (
        "in force it would have nothing to say for this call",
    )


def test_nobody_is_asked_for_it() -> None:
    """Neither the directory nor another server hears of what a shadow would do."""
    assert _said("{name: a, mode: shadow, then: {room: b@example.org}}") == (
        "in force it would look up b@example.org in the directory",
    )
    assert _said("{name: a, mode: shadow, then: {forward: {to: old}}}") == (
        "in force it would ask policy server old",
    )
