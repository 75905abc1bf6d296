"""The way through the rules: what passes on the way, and where it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.errors import OutcomeError
from policy.rules.known import NeedsEntry
from policy.rules.trace import Trace
from tests.rules.asking import asked, decides, rows, table, walked, way

if TYPE_CHECKING:
    from policy.rules.table import RuleTable


def test_captures_come_from_the_rule_that_speaks() -> None:
    """Numbered and named groups fill templates, also once the rule has rewritten the alias."""
    rule = (
        "{name: a, when: {alias: {regex: '9(?P<floor>[0-9])(.*)@.*'}}, "
        "then: {set: {x: '${floor}-${2}'}, rewrite: 'ward${floor}@example.org', reject: 'f${1}'}}"
    )

    walk, _ = way(table(rule), asked("972@example.org"))

    assert walk.question.facts == {"x": "7-2"}
    assert walk.question.alias.text == "ward7@example.org"
    assert walk.question.captures == {"1": "7", "2": "2", "floor": "7"}


def test_rules_behind_are_found_by_the_new_alias() -> None:
    """After rewriting, the index is asked again, and what lies behind is not looked at twice."""
    rewriting = table(
        "{name: early, when: {alias: {exact: desk@example.org}}, then: continue}",
        "{name: old, when: {alias: {regex: 'never.*'}}, then: continue}",
        "{name: rewrite, when: {alias: {user: ward7}}, then: {rewrite: desk@example.org}}",
        "{name: gone, when: {alias: {exact: ward7@example.org}}, then: continue}",
        "{name: new, when: {alias: {exact: desk@example.org}}, then: continue}",
    )

    assert decides(rewriting, asked()) == "new"
    assert decides(rewriting, asked("desk@example.org")) == "early"


def test_what_the_directory_says_is_of_the_new_alias() -> None:
    """Rules behind a rewriting see who owns what is dialled then."""
    rewriting = table(
        "{name: a, then: {rewrite: desk@example.org}}",
        "{name: b, when: {room_kind: device}, then: continue}",
    )

    assert decides(rewriting, asked("nobody@example.org")) == "b"


def test_overrides_and_facts_add_up() -> None:
    """A later rule has the last word on each field, and the search goes on."""
    changing = table(
        "{name: a, then: {set: {x: '1', y: '1'}, override: {pin: '4711', locked: true}}}",
        "{name: b, when: {fact: {x: '1'}}, "
        "then: {set: {x: '2${fact.y}'}, override: {locked: false}}}",
        "{name: c, when: {fact: {x: '21'}}, then: continue}",
    )

    walk, name = way(changing, asked())

    assert name == "c"
    assert walk.overrides == [("a", {"pin": "4711", "locked": True}), ("b", {"locked": False})]
    assert walk.question.facts == {"x": "21", "y": "1"}


def test_a_shadow_rule_is_counted_and_does_nothing() -> None:
    """It neither changes, nor decides, nor stands in anybody's way."""
    shadows = table(
        "{name: a, mode: shadow, then: {set: {x: y}, rewrite: desk@example.org, reject: no}}",
        "{name: b, mode: shadow, when: {protocol: sip}, then: continue}",
        "{name: c, then: continue}",
    )

    walk, name = way(shadows, asked())

    assert (name, walk.shadows) == ("c", ["a"])
    assert (walk.question.facts, walk.question.alias.user) == ({}, "ward7")


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("{set: {x: '${remote_user}'}, reject: no}", "${remote_user} has no value in this call"),
        ("{rewrite: '${remote_display_name}', reject: no}", "alias: has nothing before '@'"),
        ("{override: {local_display_name: '${fact.x}'}, reject: no}", "${fact.x} has no value"),
    ],
)
def test_a_change_that_fails_changes_nothing(then: str, said: str) -> None:
    """The rule is passed by and noted, without a word of the call."""
    failing = table(f"{{name: a, then: {then}}}", "{name: b, then: continue}")
    trace = Trace()

    walk, name = way(failing, asked(remote_display_name="@secret"), trace=trace)

    assert name == "b"
    assert (walk.question.facts, walk.overrides, walk.question.alias.user) == ({}, [], "ward7")
    ((rule, text),) = walk.faults
    assert rule == "a"
    assert text.startswith(said)
    assert "secret" not in text
    assert f"cannot be carried out: {text}" in trace.steps[0].did


def test_a_condition_that_fails_does_not_match() -> None:
    """A broken expression takes one rule out of one call."""
    broken = table(
        "{name: a, when: {expr: 1/0 == 1}, then: {reject: no}}",
        "{name: b, when: {not: {expr: 1/0 == 1}}, then: {reject: no}}",
        "{name: c, then: continue}",
    )
    trace = Trace()

    walk, name = way(broken, asked(), trace=trace)

    assert name == "c"
    assert [each for each, _ in walk.faults] == ["a", "b"]
    assert "cannot be evaluated" in trace.steps[0].failed


def test_the_directory_is_asked_last() -> None:
    """A look-up is made when everything that costs nothing holds, and not before."""
    asking: RuleTable = table(
        "{name: a, when: {room_kind: permanent, any: [{protocol: sip}, {vendor: x}], share: 100%}, "
        "then: continue}",
    )

    walk = asking.walk(asked(protocol="h323"))
    assert walk.next_rule() is None
    with pytest.raises(NeedsEntry) as needs:
        asking.walk(asked(protocol="sip")).next_rule()
    assert (needs.value.key.local, needs.value.key.domain) == ("ward7", "example.org")


def test_a_script_is_run_behind_the_directory() -> None:
    """What costs most comes last, wherever it stands in the file."""
    asking = table(
        "{name: a, when: {expr: 1/0 == 1, tag: none, alias: {domain: example.org}}, then: continue}"
    )

    assert walked(asking, asked()).faults == []


def test_whoever_explains_sees_every_rule() -> None:
    """Each step names the first condition that failed, what it wanted and what it got."""
    explained = table(
        "{name: a, when: {alias: {exact: desk}}, then: continue}",
        "{name: b, when: {protocol: sip}, mode: shadow, then: continue}",
        "{name: c, when: {location: Aarhus}, then: continue}",
        "{name: d, then: continue}",
        "{name: e, then: continue}",
    )
    trace = Trace()

    name = way(explained, asked(protocol="sip", location="Odense"), rows(), trace)[1]

    assert name == "d"
    assert [(each.rule, each.place, each.is_shadow, each.failed) for each in trace.steps] == [
        ("a", "rules.yaml:2", False, "alias: wanted desk, got ward7@example.org"),
        ("b", "rules.yaml:3", True, ""),
        ("c", "rules.yaml:4", False, "location: wanted aarhus, got odense"),
        ("d", "rules.yaml:5", False, ""),
    ]


def test_a_rule_that_cannot_be_carried_out_leaves_it_to_the_next() -> None:
    """Whoever carries out tells the walk, which goes on."""
    walk = table("{name: a, then: continue}", "{name: b, then: continue}").walk(asked())
    first = walk.next_rule()
    assert first is not None

    walk.fault(first, OutcomeError("not today"))

    second = walk.next_rule()
    assert second is not None
    assert (second.name, walk.faults) == ("b", [("a", "not today")])
    assert walk.next_rule() is None
