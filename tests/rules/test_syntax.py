"""Rules as people write them; what is wrong with them is in tests/bad_rules."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.directory.records import AddressKey
from policy.errors import DocumentError
from policy.platform_names import PlatformNames
from policy.rules.job import Surroundings
from policy.rules.syntax import RuleFile, parse_rules, read_rules
from policy.wire.vocabulary import RequestType


def test_what_is_left_out_has_its_usual_value() -> None:
    """A rule without `for` is about services, and without `when` always speaks."""
    (placed,) = parse_rules("rules: [{name: open, then: continue}]", "r.yaml")

    assert placed.rule.requests == {RequestType.SERVICE}
    assert [each.key for each in placed.rule.clauses] == ["direction"]
    assert (placed.rule.is_shadow, placed.rule.place) == (False, "r.yaml:1")
    assert (placed.place.line, placed.place.column) == (1, 16)


def test_only_enabled_rules_count() -> None:
    """A rule that is switched off is checked, and then as if it were not there."""
    text = "rules: [{name: a, enabled: false, then: %s}, {name: b, then: continue}]"

    assert [each.rule.name for each in parse_rules(text % "continue", "r.yaml")] == ["b"]
    with pytest.raises(DocumentError, match="did you mean 'reject'"):
        parse_rules(text % "{rejct: x}", "r.yaml")


def test_rules_are_for_some_requests() -> None:
    """One word stands for a list of one."""
    both = "{name: a, for: [location, service], then: not_found}"
    text = f"rules: [{both}, {{name: b, for: avatar, then: not_found}}]"

    got = [each.rule.requests for each in parse_rules(text, "r.yaml")]

    assert got == [{RequestType.LOCATION, RequestType.SERVICE}, {RequestType.AVATAR}]


def test_a_wrong_rule_hides_nothing_of_the_others() -> None:
    """What can be read is read, and each problem is told once."""
    text = (
        "rules:\n"
        "  - {name: a, then: {rejct: x}}\n"
        "  - {name: b, then: continue}\n"
        "  - {name: c, for: participant, then: {room: x}}\n"
        "  - {name: d, then: {override: {ivr_theme_name: T}}}\n"
    )
    around = Surroundings(PlatformNames(themes=frozenset({"Corporate"})))

    parsed = read_rules(text, "r.yaml", around)

    assert [each.rule.name for each in parsed.placed] == ["b"]
    assert [each.line for each in parsed.problems] == [2, 4, 5]


@pytest.mark.parametrize(
    "text", ["rules: {}", "- a", "rules: [a]", "rules: a: b", "rules:", "ruls: []"]
)
def test_what_is_no_rule_file_is_refused(text: str) -> None:
    """Whatever stands in a file, it is a list of problems and nothing else."""
    with pytest.raises(DocumentError):
        parse_rules(text, "r.yaml")


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(-9, 9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["name", "when", "then", "alias", "any", "not", "set", "service", "expr", "x"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_stands_in_a_rule_it_is_read_or_refused(document: object) -> None:
    """No value makes a rule fail in any other way than with its problems."""
    text = orjson.dumps({"rules": [document]}).decode()  # which YAML is too

    parsed = read_rules(text, "r.yaml")

    assert parsed.problems or parsed.placed or isinstance(document, dict)


def test_rules_name_facts_and_rooms() -> None:
    """What lies outside the file is given with its place, for whoever can look it up."""
    text = """rules:
  - name: a
    when: {any: [{fact: {x: y}}, {not: {fact: {z: y}}}]}
    then: {set: {w: '${fact.v}'}, rewrite: 7@Example.org, room: ward7}
  - {name: b, then: {room: '${user}@example.org'}}
"""

    one, other = parse_rules(text, "r.yaml")

    assert one.facts_read == {"x", "z", "v"}
    assert [(each.key, each.by, each.place.line) for each in one.rooms] == [
        (AddressKey("ward7", ""), "room", 4),
        (AddressKey("7", "example.org"), "rewrite", 4),
    ]
    assert (other.facts_read, other.rooms) == (frozenset(), ())


def test_a_file_may_be_empty() -> None:
    """No rules are rules too."""
    assert parse_rules("", "r.yaml") == parse_rules("rules: []", "r.yaml") == []
    assert RuleFile().rules == ()
