"""What nodes are, looked at now and then."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from policy.directory.feed.hosts import Host
from policy.directory.feed.lookout import Lookout
from tests.clusters import pair
from tests.directory.feed.following import until

if TYPE_CHECKING:
    from tests.clusters import Pair


async def test_nodes_are_looked_at_again_and_again(nodes: Pair) -> None:
    """Nobody has to ask."""
    hosts = [Host("first", nodes.first.dsn), Host("second", nodes.second.dsn)]
    lookout = Lookout(hosts, timeout_s=5, every_s=0.01)
    lookout.open()
    try:
        await until(lambda: len(lookout.nodes) == 2)
        looked_s = lookout.looked_s
        await until(lambda: lookout.looked_s > looked_s)
    finally:
        await lookout.close()


async def test_who_asks_is_answered_soon(nodes: Pair) -> None:
    """Before it is time."""
    hosts = [Host("first", nodes.first.dsn), Host("second", nodes.second.dsn)]
    lookout = Lookout(hosts, timeout_s=5, every_s=3600)
    lookout.open()
    try:
        lookout.ask()
        await until(lambda: len(lookout.nodes) == 2)
    finally:
        await lookout.close()


async def test_one_node_is_looked_at_when_asked(nodes: Pair) -> None:
    """All who ask at once share one look."""
    lookout = Lookout([Host("first", nodes.first.dsn)], timeout_s=5)
    lookout.open()
    try:
        before = lookout.nodes
        found = await asyncio.gather(lookout.look(), lookout.look())
    finally:
        await lookout.close()

    assert before == ()
    assert found[0] is found[1]
    assert lookout.nodes is found[0]


@pytest.mark.parametrize(("silence_s", "is_believed"), [(600, False), (0, True)])
async def test_a_former_primary_comes_back(silence_s: float, *, is_believed: bool) -> None:
    """It is no node while the one is away that was promoted after it, but for long enough."""
    async with pair() as nodes:
        hosts = [Host("first", nodes.first.dsn), Host("second", nodes.second.dsn)]
        lookout = Lookout(hosts, timeout_s=5, silence_s=silence_s)
        await nodes.first.kill()
        await nodes.second.promote()
        await lookout.look()
        await nodes.first.start()

        beside = await lookout.look()
        await nodes.second.stop()
        alone = await lookout.look()
        await lookout.close()

    assert [node.host for node in beside] == [hosts[1]]
    assert [node.host for node in alone] == ([hosts[0]] if is_believed else [])


async def test_a_look_at_a_frozen_node_can_be_ended(nodes: Pair) -> None:
    """Closing waits for nobody."""
    lookout = Lookout([Host("first", nodes.first.dsn)], timeout_s=30)
    nodes.first.freeze()
    try:
        asked = asyncio.create_task(lookout.look())
        await asyncio.sleep(0)
        began_s = time.monotonic()
        await lookout.close()
        took_s = time.monotonic() - began_s
        await asyncio.gather(asked, return_exceptions=True)
    finally:
        nodes.first.thaw()

    assert took_s < 1
