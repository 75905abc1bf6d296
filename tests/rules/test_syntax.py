"""How what stands in a rule file becomes a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.directory.records import AddressKey
from policy.documents import Place
from policy.rules.model import (
    AliasTest,
    Condition,
    Continue,
    Credentials,
    NotFound,
    Outcome,
    Override,
    Redirect,
    Reject,
    UseRoom,
    UseService,
)
from policy.rules.syntax import parse_rules
from policy.wire.vocabulary import CallDirection, CallProtocol, RequestType

if TYPE_CHECKING:
    from policy.rules.model import Rule


def _rule(text: str) -> Rule:
    (placed,) = parse_rules(f"rules:\n  - {{name: one, {text}}}\n", "one.yaml")
    return placed.rule


@pytest.mark.parametrize(
    ("then", "requests", "want"),
    [
        ("{reject: closed today}", "service", Reject("closed today")),
        ("{reject: on}", "service", Reject("on")),
        ("{continue: true}", "service", Continue()),
        ("continue", "service", Continue()),
        ("{not_found: true}", "service", NotFound()),
        ("not_found", "service", NotFound()),
        ("{redirect: 'sip:new@example.org'}", "service", Redirect("sip:new@example.org")),
        ("{room: 'sip:Ward7@Example.org'}", "service", UseRoom(AddressKey("ward7", "example.org"))),
        ("{room: 721 834}", "service", UseRoom(AddressKey("721834", ""))),
        (
            "{service: {service_type: test_call, name: Test, service_tag: ''}}",
            "service",
            UseService({"service_type": "test_call", "name": "Test", "service_tag": ""}, False),  # noqa: FBT003
        ),
        ("{participant: {}}", "participant", Override({})),
        (
            "{participant: {spotlight: 0, preauthenticated_role: null}}",
            "participant",
            Override({"spotlight": 0, "preauthenticated_role": None}),
        ),
        ("{registration: {}}", "registration", Credentials({})),
        (
            "{registration: {username: '', password: ''}}",
            "registration",
            Credentials({"username": "", "password": ""}),
        ),
        (
            "{registration: {username: ana, password: 0123}}",
            "registration",
            Credentials({"username": "ana", "password": "0123"}),
        ),
    ],
)
def test_an_outcome_is_what_its_author_wrote(then: str, requests: str, want: Outcome) -> None:
    """Every outcome has its form, and holds nothing but what was written."""
    rule = _rule(f"for: {requests}, then: {then}")

    assert rule.then == want


def test_a_gateway_is_known_as_one() -> None:
    """Only of a gateway is the name made unique for each call."""
    fields = "service_type: gateway, name: Partner, service_tag: ''"
    ends = "local_alias: a@example.org, remote_alias: b@example.org, outgoing_protocol: sip"

    rule = _rule(f"then: {{service: {{{fields}, {ends}}}}}")

    assert isinstance(rule.then, UseService)
    assert rule.then.is_gateway


@pytest.mark.parametrize(
    ("when", "want"),
    [
        ("{}", Condition()),
        ("{alias: {exact: 'SIP:Ward7@Example.org'}}", (AliasTest.EXACT, "ward7@example.org")),
        ("{alias: {exact: 0045 12}}", (AliasTest.EXACT, "+4512")),
        ("{alias: {exact: 721834}}", (AliasTest.EXACT, "721834")),
        ("{alias: {domain: Example.ORG}}", (AliasTest.DOMAIN, "example.org")),
        ("{alias: {domain: example.org.}}", (AliasTest.DOMAIN, "example.org")),
        ("{alias: {domain: møde.example.org}}", (AliasTest.DOMAIN, "xn--mde-0na.example.org")),
        (r"{alias: {regex: '\d+@.*'}}", (AliasTest.REGEX, r"\d+@.*")),
        ("{alias: {kind: reception}}", (AliasTest.KIND, "reception")),
        ("{protocol: sip}", Condition(None, frozenset({CallProtocol.SIP}))),
        (
            "{protocol: [sip, h323], direction: dial_in}",
            Condition(
                None,
                frozenset({CallProtocol.SIP, CallProtocol.H323}),
                frozenset({CallDirection.DIAL_IN}),
            ),
        ),
    ],
)
def test_a_condition_is_spelled_like_the_alias(
    when: str, want: Condition | tuple[AliasTest, str]
) -> None:
    """Aliases and domains are brought to their one spelling; one word will do for a list."""
    rule = _rule(f"when: {when}, then: continue")

    assert rule.when == (want if isinstance(want, Condition) else Condition(want))


@pytest.mark.parametrize(
    ("requests", "want"),
    [
        ("", {RequestType.SERVICE}),
        ("for: service,", {RequestType.SERVICE}),
        ("for: participant,", {RequestType.PARTICIPANT}),
        ("for: [registration, service],", {RequestType.SERVICE, RequestType.REGISTRATION}),
    ],
)
def test_a_rule_is_for_calls_unless_it_says_otherwise(
    requests: str, want: set[RequestType]
) -> None:
    """Without `for` a rule is for service requests."""
    rule = _rule(f"{requests} then: continue")

    assert rule.requests == want


@pytest.mark.parametrize(
    ("enabled", "want"),
    [("true", 1), ("yes", 1), ("on", 1), ("false", 0), ("no", 0), ("off", 0)],
)
def test_a_rule_can_be_switched_off(enabled: str, want: int) -> None:
    """A rule that is off is checked like any other, and then left out."""
    rules = parse_rules(
        f"rules:\n  - {{name: one, enabled: {enabled}, then: continue}}\n", "one.yaml"
    )

    assert len(rules) == want


def test_rules_keep_their_order_and_place() -> None:
    """A rule knows where its name stands; a note changes nothing."""
    text = (
        "rules:\n"
        "  - name: one\n"
        "    note: for the test\n"
        "    then: continue\n"
        "  - {then: continue, name: two}\n"
    )

    placed = parse_rules(text, "some.yaml")

    assert [each.rule.name for each in placed] == ["one", "two"]
    places = [Place("some.yaml", 2, 11), Place("some.yaml", 5, 28)]
    assert [each.place for each in placed] == places


def test_a_rule_does_not_show_secrets() -> None:
    """PINs and passwords of rules are not printed with them."""
    room = _rule(
        "then: {service: {service_type: conference, name: A, service_tag: '', pin: 48213}}"
    )
    desk = _rule("for: registration, then: {registration: {username: ana, password: invented-7}}")

    assert "48213" not in repr(room)
    assert "invented-7" not in repr(desk)
