"""A server that starts while its database is away."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.clusters import node
from tests.e2e.history import FALLBACK, Asked
from tests.e2e.program import until
from tests.e2e.traffic import Traffic, Writer, tell
from tests.e2e.two_sites import Server, settings_for, site_in
from tests.e2e.worlds import World
from tests.fakes.node import FakeNode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from tests.clusters import Node
    from tests.e2e.program import Site


@dataclass(frozen=True, slots=True)
class Before:
    """A database that is stopped, and what the server last said of an alias."""

    node: Node
    writer: Writer
    site: Site
    settings: Mapping[str, object]
    answer: Asked


@pytest.fixture
async def before(tmp_path: Path) -> AsyncIterator[Before]:
    """Serve a database for a while, then stop both."""
    site = site_in(tmp_path / "site")
    async with node() as only:
        settings = {**settings_for(only, folder=site.folder), "cache_snapshot": tmp_path / "kept"}
        writer = Writer(only.dsn, World("away", random.Random(0)), Traffic(()).history)  # noqa: S311  no secret
        await writer.make()
        (known,) = (alias for alias, answer in writer.world.answers().items() if " " in answer)
        async with site.serving(**settings) as program, FakeNode(program.url) as caller:
            answer, _ = await Server("before", program.url, caller).ask(known)
        await writer.close()
        await only.stop()
        yield Before(only, writer, site, settings, answer)
        await writer.close()


async def test_it_serves_what_it_knew_until_the_database_is_back(before: Before) -> None:
    """It says how old that is, and answers what was committed as soon as it can."""
    began_s = time.monotonic()
    program = await before.site.start(**before.settings)
    try:
        await program.until_ready("  rules: ")
        async with FakeNode(program.url) as caller:
            server = Server("away", program.url, caller)
            away, faults = await server.ask(before.answer.alias)
            health = await server.health()
            await before.node.start()
            await before.writer.write(before.writer.world.set_pin)
            back_s = time.monotonic()
            current = await _until_sure(server, before.answer.alias)
            await server.until(status="ready", changes="current")
            healthy = await server.health()
    finally:
        await program.end()

    tell(
        "started while the database was away",
        first_answer=f"{away.answered_s - began_s:.2f} s",
        snapshot=health["snapshot"],
        current_after=f"{current.asked_s - back_s:.2f} s",
    )
    assert (away.answer, away.is_stale, faults) == (before.answer.answer, True, ())
    assert (health["status"], health["changes"]) == ("not ready", "may be missing")
    assert current.answer == before.writer.world.answers()[current.alias] != away.answer
    assert "snapshot" in health
    assert "snapshot" not in healthy


async def _until_sure(server: Server, alias: str) -> Asked:
    """Ask until the server vouches for its answer."""
    asked, _ = await until(
        lambda: server.ask(alias),
        lambda told: not told[0].is_stale and told[0].answer != FALLBACK,
    )
    return asked
