"""A report is for people, and stays short; JSON has all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from policy.cli.recordings import Recordings
from policy.cli.replay_report import MAX_GROUPS, MAX_RULES, Sides, as_json, as_text
from policy.decide.grounds import Plan
from policy.replaying.differing import Answer
from policy.replaying.replay import Pair, Player, Tally
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.wire.asked import Asked
from policy.wire.recorded import Recorded
from policy.wire.vocabulary import RequestType
from tests.rules.folders import many

if TYPE_CHECKING:
    from policy.rules.model import Rule

NOTHING: Final = Recordings(())
PIN: Final = Answer("continue", "OK", result={"pin": "940713"})
OTHER_PIN: Final = Answer("continue", "OK", result={"pin": "1234"}, faults=("broken",))


def _rules(text: str) -> list[Rule]:
    return [each.rule for each in parse_rules(text, "10.yaml")]


def _sides(text: str = "rules: []", *, is_recorded_time: bool = True) -> Sides:
    table = RuleTable(_rules(text))
    only = frozenset(RequestType)
    return Sides(None, table, only, is_recorded_time=is_recorded_time)


def _tally(*pairs: Pair) -> Tally:
    tally = Tally(samples=1, key=b"an invented key.")
    recorded = Recorded(Asked(RequestType.SERVICE, "", "local_alias=721834"), None, None)
    player = Player((None, RuleTable()), Plan(), at=None, otherwise=datetime.now(UTC))
    call = player.prepare("a:1", recorded)
    for pair in pairs:
        tally.add(call, pair)
    return tally


def test_a_pin_is_a_difference_that_is_not_shown() -> None:
    """That it differs is worth knowing, and what it is, is not for a report."""
    tally = _tally(Pair(PIN, OTHER_PIN, ("result.pin",)))

    text = as_text(tally, NOTHING, _sides())

    assert "1 calls: no rule -> no rule (result.pin)\n  a:1: service 721834\n" in text
    assert "    result.pin: differs, not shown\n" in text
    assert "after: broken could not be carried out 1 times\n" in text
    assert "940713" not in text + as_json(tally, NOTHING, _sides())


def test_a_page_is_not_flooded() -> None:
    """Of many differences and many rules the first are shown, and how many more there are."""
    pairs = [
        Pair(Answer("continue", "OK", f"r{n}"), Answer("continue", "OK", f"s{n}"))
        for n in range(MAX_GROUPS + 2)
    ]
    tally, sides = _tally(*pairs), _sides(many(MAX_RULES + 60))

    text = as_text(tally, NOTHING, sides)
    document = json.loads(as_json(tally, NOTHING, sides))

    assert f"{MAX_GROUPS + 2} calls get the same answer by another rule" in text
    assert "1 calls: r0 -> s0 (same answer)" in text
    assert "2 more kinds of difference, see --format json" in text
    assert len(text.splitlines()) < 250
    assert len(document["groups"]) == MAX_GROUPS + 2
    assert len(document["rules"]) == MAX_RULES + 60 + MAX_GROUPS + 2


def test_only_rules_that_could_have_decided_are_idle() -> None:
    """A shadow rule never decides, and one that only changes something neither."""
    sides = _sides(
        "rules:\n"
        "  - {name: shadow, when: {protocol: sip}, then: continue, mode: shadow}\n"
        "  - {name: changes, when: {protocol: sip}, then: {set: {a: b}}}\n"
        "  - {name: idle, when: {protocol: sip}, then: continue}\n"
    )

    assert "1 rules decided nothing: idle\n" in as_text(_tally(), NOTHING, sides)


def test_calls_without_a_time_are_told_when_it_matters() -> None:
    """With a moment for all of them nobody needs their own."""
    tally = _tally(Pair(PIN, PIN))

    assert "note: 1 calls have no time" in as_text(tally, NOTHING, _sides())
    assert "note" not in as_text(tally, NOTHING, _sides(is_recorded_time=False))
