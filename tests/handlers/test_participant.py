"""What no case can say of participant requests: that nobody is asked."""

from __future__ import annotations

from tests.fakes.directory import FakeDirectory
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Outcome
from tests.handlers.asking import CALL, ROOM
from tests.running import running


async def test_a_participant_needs_no_directory() -> None:
    """Participants join unchanged while the database is away, without a look-up."""
    directory = FakeDirectory(ROOM)
    directory.is_away = True

    async with running(directory) as url, FakeNode(url) as node:
        verdict = await node.ask("participant", CALL)

    assert (verdict.outcome, verdict.faults) == (Outcome.NO_CHANGE, ())
    assert directory.asked == []
