"""Which rule speaks first, whatever index finds it."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.rules.model import AliasTest, Condition, Continue, Rule
from policy.rules.table import Question, RuleTable
from policy.wire.alias import AliasKind, parse_alias
from policy.wire.vocabulary import CallDirection, CallProtocol, RequestType

SERVICE: Final = RequestType.SERVICE
FOCUS: Final = "sip:ana@example.org;gruu;opaque=app:conf:focus:id:QX1"
DIALLED: Final = ["ward7", "ward7@example.org", "desk@example.org", "7@a.example.org", FOCUS]
TESTS: Final = [
    None,
    (AliasTest.EXACT, "ward7"),
    (AliasTest.EXACT, "ward7@example.org"),
    (AliasTest.EXACT, parse_alias(FOCUS).text),
    (AliasTest.DOMAIN, "example.org"),
    (AliasTest.DOMAIN, "a.example.org"),
    (AliasTest.REGEX, "ward.*"),
    (AliasTest.REGEX, ".*@example.org"),
    (AliasTest.REGEX, "[0-9]+@.*|ward7"),
    (AliasTest.REGEX, "war"),
    (AliasTest.KIND, "address"),
    (AliasTest.KIND, "microsoft_conference"),
]
PROTOCOLS: Final = st.sampled_from([CallProtocol.SIP, CallProtocol.H323, CallProtocol.API])
DIRECTIONS: Final = st.sampled_from(CallDirection)
CONDITIONS: Final = st.builds(
    Condition, st.sampled_from(TESTS), st.frozensets(PROTOCOLS), st.frozensets(DIRECTIONS)
)
REQUESTS: Final = st.frozensets(
    st.sampled_from([SERVICE, RequestType.PARTICIPANT, RequestType.REGISTRATION]), min_size=1
)
QUESTIONS: Final = st.builds(
    Question,
    st.sampled_from(DIALLED).map(parse_alias),
    PROTOCOLS | st.none(),
    DIRECTIONS | st.none(),
)


def _rule(name: str, when: Condition | None = None) -> Rule:
    return Rule(name, frozenset({SERVICE}), when or Condition(), Continue())


def _asked(
    dialled: str,
    direction: CallDirection | None = CallDirection.DIAL_IN,
    protocol: CallProtocol | None = CallProtocol.SIP,
) -> Question:
    return Question(parse_alias(dialled), protocol, direction)


def _name(rule: Rule | None) -> str | None:
    return rule.name if rule is not None else None


def _speaks(rule: Rule, request: RequestType, asked: Question) -> bool:
    """Say by the documentation alone whether a rule speaks to a request."""
    when = rule.when
    if request not in rule.requests:
        return False
    if when.protocols and asked.protocol not in when.protocols:
        return False
    if when.directions and asked.direction not in when.directions:
        return False
    if not when.directions and asked.direction is CallDirection.NON_DIAL:
        return False
    if when.alias is None:
        return True
    test, text = when.alias
    found = {
        AliasTest.EXACT: asked.alias.text == text,
        AliasTest.DOMAIN: asked.alias.host == text,
        AliasTest.KIND: asked.alias.kind == text,
        AliasTest.REGEX: test is AliasTest.REGEX and bool(re.fullmatch(text, asked.alias.text)),
    }
    return found[test]


@given(st.lists(st.tuples(REQUESTS, CONDITIONS), max_size=12), REQUESTS, QUESTIONS)
def test_the_first_rule_that_speaks_wins(
    written: list[tuple[frozenset[RequestType], Condition]],
    requests: frozenset[RequestType],
    asked: Question,
) -> None:
    """The table finds the very rule that reading all of them in order would find."""
    rules = [
        Rule(str(number), each, when, Continue()) for number, (each, when) in enumerate(written)
    ]
    request = min(requests)
    want = next((rule for rule in rules if _speaks(rule, request, asked)), None)

    got = RuleTable(rules).first_match(request, asked)

    assert got is want


def test_the_order_counts_and_not_the_kind_of_test() -> None:
    """A regular expression before an exact alias wins, and the other way round."""
    regex = _rule("regex", Condition((AliasTest.REGEX, "ward.*")))
    exact = _rule("exact", Condition((AliasTest.EXACT, "ward7")))
    always = _rule("always")

    got = [
        _name(RuleTable(rules).first_match(SERVICE, _asked("ward7")))
        for rules in ([regex, exact, always], [exact, regex, always], [always, exact, regex])
    ]

    assert got == ["regex", "exact", "always"]


def test_an_empty_table_has_nothing_to_say() -> None:
    """Without rules there is no match, for whatever request."""
    table = RuleTable()

    assert table.size == 0
    assert [table.first_match(request, _asked("ward7")) for request in RequestType] == [None] * 6


@pytest.mark.parametrize(
    ("direction", "want"),
    [
        (CallDirection.DIAL_IN, "any"),
        (CallDirection.DIAL_OUT, "any"),
        (None, "any"),
        (CallDirection.NON_DIAL, None),
    ],
)
def test_without_a_direction_a_rule_speaks_to_calls_only(
    direction: CallDirection | None, want: str | None
) -> None:
    """What sets up no call is never matched by a rule that does not name it."""
    table = RuleTable([_rule("any")])

    got = table.first_match(SERVICE, _asked("ward7", direction))

    assert _name(got) == want


def test_a_rule_with_a_direction_does_not_speak_to_registrations() -> None:
    """A registration has no direction, so that none is the right one."""
    every = Condition(directions=frozenset(CallDirection))
    table = RuleTable([Rule("any", frozenset({RequestType.REGISTRATION}), every, Continue())])

    got = table.first_match(RequestType.REGISTRATION, _asked("ward7", None))

    assert got is None


def test_an_unknown_protocol_is_none_that_a_rule_names() -> None:
    """A rule for some protocols does not speak to a call whose protocol nobody knows."""
    table = RuleTable([_rule("any", Condition(protocols=frozenset(CallProtocol)))])

    got = table.first_match(SERVICE, _asked("ward7", protocol=None))

    assert got is None


@pytest.mark.parametrize(
    ("pattern", "dialled", "want"),
    [
        ("ward", "ward7", False),
        ("ard7", "ward7", False),
        ("ward.*", "ward7", True),
        ("ward7|desk", "ward7", True),
        ("ward|ward7x", "ward7", False),
        ("ward7", "WARD7", True),
        ("ward7@example.org", "sip:ward7@example.org:5061;transport=tls", True),
        (r"\d{6}@.*", "721834@example.org", True),
        (r"\d{6}", "721 834", True),
        ("møde.*", "MØDE7", True),
        ("^ward7$", "ward7", True),
    ],
)
def test_a_regular_expression_matches_the_whole_alias(
    pattern: str,
    dialled: str,
    want: bool,  # noqa: FBT001  a table
) -> None:
    """A pattern is held against the one spelling of the alias, from its start to its end."""
    table = RuleTable([_rule("any", Condition((AliasTest.REGEX, pattern)))])

    got = table.first_match(SERVICE, _asked(dialled))

    assert (got is not None) is want


def test_rules_of_one_pattern_are_all_found() -> None:
    """Two rules may have the same pattern and differ in the rest."""
    pattern = (AliasTest.REGEX, "ward.*")
    table = RuleTable(
        [
            _rule("h323", Condition(pattern, frozenset({CallProtocol.H323}))),
            _rule("sip", Condition(pattern, frozenset({CallProtocol.SIP}))),
        ]
    )

    got = table.first_match(SERVICE, _asked("ward7"))

    assert _name(got) == "sip"


def test_a_pattern_that_explodes_elsewhere_returns() -> None:
    """The time for a pattern grows with the alias and not beyond it."""
    table = RuleTable([_rule("any", Condition((AliasTest.REGEX, "(a+)+$")))])

    got = table.first_match(SERVICE, _asked("a" * 249 + "!"))

    assert got is None


def test_thousands_of_patterns_are_one_set() -> None:
    """A large rule set finds the last of its patterns too."""
    table = RuleTable(
        [
            _rule(str(number), Condition((AliasTest.REGEX, f"room-{number}-[a-z]+@.*")))
            for number in range(3_000)
        ]
    )

    got = table.first_match(SERVICE, _asked("room-2999-east@example.org"))

    assert _name(got) == "2999"


def test_a_reception_is_found_by_its_kind() -> None:
    """Only the address of a node is no address of anybody, so that rules find it by its kind."""
    alias = parse_alias("203.0.113.10", {"203.0.113.10"})
    table = RuleTable([_rule("desk", Condition((AliasTest.KIND, AliasKind.RECEPTION.value)))])

    got = table.first_match(SERVICE, Question(alias, None, CallDirection.DIAL_IN))

    assert _name(got) == "desk"


def test_the_version_names_the_text() -> None:
    """Tables of the same rules have the same version, others another; a given one is kept."""
    rules = [_rule("one")]

    assert RuleTable(rules).version == RuleTable(list(rules)).version
    assert RuleTable(rules).version != RuleTable([_rule("two")]).version
    assert RuleTable(rules, version="0a1b").version == "0a1b"
