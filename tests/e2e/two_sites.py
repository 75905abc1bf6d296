"""Two servers on two PostgreSQL: one reads the primary, the other one the standby."""

from __future__ import annotations

import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiohttp

from tests.clusters import address_of
from tests.database import KEY
from tests.e2e.history import Asked
from tests.e2e.program import Site, until
from tests.fakes.calls import ROOM_SYSTEM, Leg
from tests.fakes.calls import Site as NodeSite
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from tests.clusters import Node
    from tests.e2e.program import Program

# As the settings are by default.
POLL_S: Final = 0.25
TIMEOUT_S: Final = 1.0
UNTRUSTED_S: Final = 2.0
# So late a commit may be seen at worst.
BOUND_S: Final = POLL_S + TIMEOUT_S
# A node is answered within this.
ANSWER_S: Final = 2.0

_SETTINGS: Final = "server: {port: 0}\nrules: {folder: rules, watch: false}\n"


class Server:
    """One of the servers, and a node that calls it over connections that it keeps."""

    def __init__(self, name: str, url: str, node: FakeNode) -> None:
        self.name = name
        self._url = url
        self._node = node

    async def ask(self, alias: str) -> tuple[Asked, Sequence[str]]:
        """Call once; gives what was said, and what is wrong with how it was said."""
        query = Leg(NodeSite(), ROOM_SYSTEM, alias).service()
        asked_s = time.monotonic()
        verdict = await self._node.ask("service", query)
        answered_s = time.monotonic()
        reason = verdict.body.get("reason") if isinstance(verdict.body, dict) else None
        if verdict.outcome is Outcome.SERVICE:
            said = verdict.result
            answer = f"{said['name']} {said.get('pin')} {said.get('max_callrate_in')}"
        else:
            answer = str(reason)
        is_stale = reason == "OK_DEGRADED"
        asked = Asked(self.name, alias, asked_s, answered_s, answer, is_stale)
        return asked, (*verdict.faults, *verdict.warnings)

    async def health(self) -> Mapping[str, object]:
        """Ask how it is."""
        url = f"{self._url}/health/ready"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            told: dict[str, object] = await response.json()
            return told

    async def until(self, **told: object) -> None:
        """Wait until its health says so."""
        await until(self.health, lambda health: told.items() <= health.items())


@asynccontextmanager
async def serving(*orders: Sequence[Node]) -> AsyncIterator[Sequence[Server]]:
    """Run a server for each order of nodes: it reads the first one as long as that is sound."""
    with tempfile.TemporaryDirectory(prefix="vdx-policy-sites-") as folder:
        async with AsyncExitStack() as parts:
            programs = [
                await _start(Path(folder) / str(number), nodes, parts)
                for number, nodes in enumerate(orders)
            ]
            yield [
                Server(
                    f"reads {nodes[0].home.path.name}",
                    program.url,
                    await parts.enter_async_context(FakeNode(program.url)),
                )
                for program, nodes in zip(programs, orders, strict=True)
            ]
        for program in programs:
            assert "Traceback" not in program.said()


async def _start(folder: Path, nodes: Sequence[Node], parts: AsyncExitStack) -> Program:
    site = site_in(folder)
    return await parts.enter_async_context(site.serving(**settings_for(*nodes, folder=folder)))


def site_in(folder: Path) -> Site:
    """Make a site without rules and without rows."""
    folder.mkdir(parents=True, exist_ok=True)
    site = Site(folder)
    (folder / "vdx-policy.yaml").write_text(_SETTINGS, encoding="utf-8")
    for path in (folder / "rules").glob("*.yaml"):
        path.unlink()
    (folder / "keys").write_text(f"{KEY}\n", encoding="utf-8")
    return site


def settings_for(*nodes: Node, folder: Path) -> Mapping[str, object]:
    """Name the nodes and the keys."""
    return {
        "database_url": address_of(*nodes),
        "secrets_key_file": folder / "keys",
    }
