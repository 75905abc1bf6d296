"""Decisions outside the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.decide.decision import Decision, Reason
from policy.decide.grounds import Plan
from policy.decide.rehearsal import Stage, rehearse
from policy.directory.document import DirectoryFile
from policy.directory.memory import MemoryDirectory
from policy.rules.trace import Trace
from policy.wire.asked import Asked
from policy.wire.vocabulary import Action, RequestType
from tests.decide.deciding import MOMENT, ruled

if TYPE_CHECKING:
    from policy.rules.model import Forward
    from policy.wire.answers import ForwardedAnswer


def test_facts_are_fetched_until_the_decision_stands() -> None:
    """The directory and other servers are asked for what deciding lacks, each once."""
    asked: list[str] = []
    rows = MemoryDirectory(DirectoryFile())

    def ask(forward: Forward) -> ForwardedAnswer | None:
        asked.append(forward.to)
        return None

    table = ruled(
        "{name: own, when: {room_kind: permanent}, then: continue}",
        "{name: old, then: {forward: {to: old-server}}}",
    )
    call = Asked(RequestType.SERVICE, "", "local_alias=ward7%40example.org")
    trace = Trace()

    decision = rehearse(call, Stage(table, Plan(), rows.find_now, ask), MOMENT, trace)

    assert decision == Decision(Action.CONTINUE, Reason.FOREIGN_DOMAIN)
    assert asked == ["old-server"]
    assert [step.rule for step in trace.steps] == ["own", "old"]
