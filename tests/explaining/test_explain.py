"""Why a call was decided so: what an operator reads, situation by situation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from pydantic import AwareDatetime, Field

from policy.decide.decision import Decision
from policy.decide.grounds import Grounds, Plan
from policy.decide.rehearsal import Stage, rehearse
from policy.directory.document import DirectoryFile
from policy.directory.memory import MemoryDirectory
from policy.documents import Document, load
from policy.explaining.explain import explain
from policy.rules.known import Dialling, Known
from policy.rules.question import Moment
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.wire.answers import ForwardedAnswer
from policy.wire.recorded import read_call
from policy.wire.vocabulary import Action, RequestType
from tests.explaining.offline import explain_on
from tests.running import NOON

FOLDER: Final = Path(__file__).parent / "explanations"
SITUATIONS: Final = sorted(FOLDER.glob("*.yaml"))


class Answer(Document):
    """What another policy server says."""

    action: Action
    result: dict[str, object] | None = None


class Situation(Document):
    """A call, what it meets, and the text that an operator gets."""

    about: str
    request: RequestType = RequestType.SERVICE
    call: str
    at: AwareDatetime = NOON
    rules: str = "rules: []"
    directory: DirectoryFile = DirectoryFile()
    initials: bool = False
    # Of other policy servers; those that are not named here give no usable answer.
    answers: Mapping[str, Answer] = Field(default_factory=dict)
    all_rules: bool = False
    want: str

    def stage(self) -> Stage:
        """Give what it is explained on."""
        rules = [each.rule for each in parse_rules(self.rules, "rules/a.yaml")]
        answers = {
            name: ForwardedAnswer(each.action, each.result) for name, each in self.answers.items()
        }
        return Stage(
            RuleTable(rules, version="0123456789ab"),
            Plan(Dialling("rooms.example.org"), initials=self.initials),
            MemoryDirectory(self.directory).find_now,
            lambda forward: answers.get(forward.to),
        )


@pytest.mark.parametrize("path", SITUATIONS, ids=lambda path: path.stem)
def test_an_operator_reads_why(path: Path) -> None:
    """The whole text, since every line of it is for a person."""
    situation = load(path, Situation).value
    asked = read_call(situation.call, request_type=situation.request)

    explanation = explain_on(asked, situation.stage(), Moment(situation.at, "token"))

    assert explanation.as_text(100, all_rules=situation.all_rules) == situation.want


@pytest.mark.parametrize("path", SITUATIONS, ids=lambda path: path.stem)
def test_it_explains_what_is_decided(path: Path) -> None:
    """Watching changes nothing: the same action, reason, rule, shadows and faults."""
    situation = load(path, Situation).value
    asked = read_call(situation.call, request_type=situation.request)
    moment = Moment(situation.at, "token")

    decided = explain_on(asked, situation.stage(), moment).decided
    outcome = rehearse(asked, situation.stage(), moment)

    assert decided is not None
    if isinstance(outcome, Decision):
        got = (decided.action, decided.reason, decided.rule, decided.shadows, decided.faults)
        assert got == (
            outcome.action,
            outcome.reason,
            outcome.rule,
            outcome.shadows,
            outcome.faults,
        )


RULES: Final = """
rules:
  - {name: scans, when: {vendor: {contains: scan}}, then: {reject: no scanners}}
  - {name: ward, when: {tag: ward}, then: {reject: closed}}
  - {name: moved, when: {protocol: sip}, then: {forward: {to: old, on_failure: reject}}}
"""


def test_without_the_directory_the_rules_in_front_are_explained() -> None:
    """The explanation ends where a fact is needed, and says which and why it is not there."""
    table = RuleTable([each.rule for each in parse_rules(RULES, "a.yaml")])
    grounds = Grounds(table, Plan(), Known(), Moment(NOON, "token"))

    said = explain(read_call("local_alias=721834 protocol=sip"), grounds, missing="it is away")

    assert (said.decided, said.sent, said.directory, said.effect) == (None, None, (), "")
    assert said.missing == "to go on it must be known who owns 721834: it is away"
    assert [(step.rule, step.matches, step.condition) for step in said.steps] == [
        ("scans", False, "vendor"),
        ("ward", False, "a condition lacks a fact"),
    ]
    assert said.as_text(200).endswith(f"decision   none: {said.missing}\n")


def test_another_server_that_is_not_asked_is_named() -> None:
    """Whoever reads it sees what would be asked, and what becomes of the call without answer."""
    table = RuleTable(
        [each.rule for each in parse_rules(RULES, "a.yaml") if each.rule.name != "ward"]
    )
    grounds = Grounds(table, Plan(), Known(), Moment(NOON, "token"))

    said = explain(read_call("local_alias=721834 protocol=sip"), grounds)

    assert said.missing == "to go on it must be known what policy server old says"
    assert said.effect == (
        "The node gets the answer of another: policy server old would be asked, for 1.5 s at most. "
        "If it gives none, the request is rejected."
    )


def test_an_alias_that_nobody_can_own_is_explained() -> None:
    """There is an answer for it, but no way through the rules."""
    stage = Stage(RuleTable(), Plan(), MemoryDirectory(DirectoryFile()).find_now, lambda _: None)

    said = explain_on(read_call("local_alias= protocol=sip"), stage, Moment(NOON, "token"))

    assert (said.alias, said.steps) == (None, ())
    assert said.decided is not None
    assert said.decided.reason == "BAD_ALIAS"
