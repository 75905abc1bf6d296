"""A rule that is called dead never decides, and thousands of rules are looked through at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.rules.covering import dead_rules, surely_decides
from policy.rules.table import RuleTable
from policy.rules.trace import Trace
from tests.rules.asking import rules, walked
from tests.rules.drawing import RULES, questions

if TYPE_CHECKING:
    from policy.rules.model import Rule
    from policy.rules.question import Question


@given(RULES, st.lists(questions(), min_size=1, max_size=4))
def test_a_dead_rule_is_never_reached(written: list[Rule], asked_for: list[Question]) -> None:
    """Whatever is asked, a rule that is called dead does not match before another decides."""
    dead = {written[position].name for position, _ in dead_rules(written)}

    for question in asked_for if dead else ():
        trace = Trace()
        walk = walked(RuleTable(written), question, trace=trace)
        matched = {each.rule for each in trace.steps if not each.failed}
        assert dead.isdisjoint(matched | set(walk.shadows))


@pytest.mark.parametrize(
    ("written", "want"),
    [
        (["{name: a, then: continue}", "{name: b, then: {reject: x}}"], [(1, 0)]),
        (["{name: a, when: {protocol: sip}, then: continue}", "{name: b, then: continue}"], []),
        (
            [
                "{name: a, when: {alias: {regex: '9.*'}}, then: continue}",
                "{name: b, when: {alias: {exact: [91, 92@a.org]}}, then: continue}",
            ],
            [(1, 0)],
        ),
        (
            [
                "{name: a, when: {alias: {domain: [a.org, b.org]}}, then: continue}",
                "{name: b, when: {alias: {exact: x@b.org}, location: c}, then: {set: {x: y}}}",
            ],
            [(1, 0)],
        ),
        (
            [
                "{name: a, when: {subnet: [10.0.0.0/8, 192.0.2.0/24]}, then: continue}",
                "{name: b, when: {subnet: [10.3.0.0/16]}, then: continue}",
                "{name: c, when: {subnet: [10.3.0.0/16, 192.0.3.0/24]}, then: continue}",
            ],
            [(1, 0)],
        ),
        (
            [
                (
                    "{name: a, when: {any: [{protocol: sip}, {vendor: x, device: cisco}]}, "
                    "then: continue}"
                ),
                "{name: b, when: {device: cisco, vendor: x}, then: continue}",
                "{name: c, when: {any: [{protocol: sip, location: a}]}, then: continue}",
                "{name: d, when: {vendor: x}, then: continue}",
            ],
            [(1, 0), (2, 0)],
        ),
        # Each of two request types has another rule in front.
        (
            [
                "{name: a, for: participant, then: continue}",
                "{name: b, for: [service, participant], then: continue}",
                "{name: c, for: [service, participant], then: continue}",
                "{name: d, for: [location, service], then: not_found}",
            ],
            [(2, 0)],
        ),
        # What may not be carried out leaves it to the next.
        (["{name: a, then: {reject: '${1x}'}}", "{name: b, then: continue}"], []),
        (["{name: a, then: {expr: '{}'}}", "{name: b, then: continue}"], []),
        (["{name: a, mode: shadow, then: continue}", "{name: b, then: continue}"], []),
        (["{name: a, then: {forward: {to: x}}}", "{name: b, then: continue}"], []),
        (
            [
                "{name: a, then: {forward: {to: x, on_failure: reject}}}",
                "{name: b, then: continue}",
            ],
            [(1, 0)],
        ),
        # In between something else is dialled, or a fact is set.
        (
            [
                "{name: a, when: {alias: {exact: a}}, then: continue}",
                "{name: b, then: {rewrite: a}}",
                "{name: c, when: {alias: {exact: a}}, then: continue}",
            ],
            [],
        ),
        (
            [
                "{name: a, when: {fact: {x: '1'}}, then: continue}",
                "{name: b, then: {set: {x: '1'}}}",
                "{name: c, when: {fact: {x: '1'}}, then: continue}",
                "{name: d, when: {fact: {x: '1'}}, then: continue}",
            ],
            [(3, 2)],
        ),
        (
            [
                "{name: a, when: {protocol: sip}, then: continue}",
                "{name: b, then: {rewrite: a}}",
                "{name: c, when: {protocol: sip, alias: {exact: a}}, then: continue}",
            ],
            [(2, 0)],
        ),
    ],
)
def test_what_is_in_the_way_is_found(written: list[str], want: list[tuple[int, int]]) -> None:
    """The earliest rule that surely decides is named, by whatever condition it is found."""
    filled = [each.replace("${1x}", "${remote_user}") for each in written]

    assert sorted(dead_rules(rules(*filled))) == want


def test_rules_that_cannot_fail_decide_surely() -> None:
    """Placeholders may have no value in a call, and then the rule behind speaks."""
    written = rules(
        "{name: a, then: {redirect: 'sip:a@example.org'}}",
        "{name: b, then: {redirect: 'sip:${user}@example.org'}}",
        "{name: c, then: {set: {x: '${user}'}, reject: no}}",
        "{name: d, then: {override: {pin: '4711'}, reject: no}}",
        "{name: e, then: {set: {x: y}}}",
    )

    assert [surely_decides(each) for each in written] == [True, False, False, True, False]


@pytest.mark.parametrize(
    ("when", "are_all_found"),
    [
        ("{alias: {exact: a%d@example.org}, protocol: sip}", True),
        ("{alias: {regex: 'room-%d-.*'}}", True),
        ("{subnet: [10.0.0.0/24, 10.%d.0.0/24]}", True),
        ("{any: [{alias: {exact: a%d}}, {remote_alias: {exact: b}}]}", False),
        ("{vendor: {prefix: 'v%d'}}", False),
    ],
)
def test_thousands_of_rules_take_no_time(
    when: str,
    are_all_found: bool,  # noqa: FBT001  a table
) -> None:
    """Where rules cannot be told from another quickly, some that are dead are not found."""
    written = (f"{{name: r{n}, when: {when % (n % 250)}, then: continue}}" for n in range(2_500))
    every = rules(*written)

    begun = time.process_time()
    dead = list(dead_rules(every))

    assert time.process_time() - begun < 3
    assert len(dead) == 2_250 or not are_all_found
