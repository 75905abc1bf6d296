"""What no case can say of participant requests: who is asked, and who is counted."""

from __future__ import annotations

from tests.fakes.directory import FakeDirectory
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Kind, Outcome
from tests.handlers.asking import CALL, ROOM, counted
from tests.running import running

JOINS = "policy_handlers_joins_total"


async def test_a_participant_needs_no_directory() -> None:
    """Participants join unchanged while the database is away, without a look-up."""
    directory = FakeDirectory(ROOM)
    directory.is_away = True

    async with running(directory) as url, FakeNode(url) as node:
        verdict = await node.ask("participant", CALL)

    assert (verdict.outcome, verdict.faults) == (Outcome.NO_CHANGE, ())
    assert directory.asked == []


async def test_a_browser_caller_is_counted_once() -> None:
    """Of its control leg and its ordinary one only the second is a join; a SIP call has one."""
    before = {each: counted(JOINS, protocol=each) for each in ("api", "webrtc", "sip")}

    async with running(FakeDirectory(ROOM)) as url, FakeNode(url) as node:
        browser = await node.browser_join(CALL["local_alias"])
        system = await node.sip_call(CALL["local_alias"])

    got = {each: counted(JOINS, protocol=each) - before[each] for each in before}
    assert (browser.entered, system.entered) == (True, True)
    assert [kind for kind in browser.kinds if kind is Kind.PARTICIPANT] == [Kind.PARTICIPANT] * 2
    assert got == {"api": 0, "webrtc": 1, "sip": 1}
