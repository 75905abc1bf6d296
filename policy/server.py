"""Puts the parts together; starts, drains and stops them.

Start goes from the cheap to the dear, so that a mistake shows before anything is touched: rules,
port, database process, schema, example rows, connections. Stop goes the other way round.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from policy.apps import Sources, build_apps
from policy.database import Database, Found, seed_of
from policy.directory.live import LiveDirectory
from policy.directory.phonebook import PostgresPhonebook
from policy.directory.pictures import PostgresPictures
from policy.handlers.health import DirectoryHealth, read_own_metrics
from policy.handlers.listening import emptied, shut, take_ports
from policy.plans import rules_of
from policy.rules.reload import utc_now
from policy.rules.starting import load

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime
    from types import TracebackType

    from policy.apps import Apps
    from policy.handlers.door import Door
    from policy.handlers.hall import Share
    from policy.handlers.health import ReadMetrics
    from policy.handlers.listening import Port
    from policy.rules.reload import Reloader
    from policy.rules.starting import Loading
    from policy.settings import Settings

    Stand = Callable[[Settings, AsyncExitStack], Awaitable["Footing"]]

log = logging.getLogger(__name__)

# Requests under way when the service is told to stop get this long to be answered.
DRAIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Ready:
    """What to tell the operator once the service answers."""

    url: str
    database: str
    addresses: int
    example: str | None
    rules: int
    rules_version: str
    note: str | None
    operator_url: str | None = None


@dataclass(frozen=True, slots=True)
class Footing:
    """What a server stands on, all of it ready; whoever made it ends it after the server."""

    reloader: Reloader
    nodes: Port
    operators: Port | None
    database: Database
    found: Found
    # Several processes have some things in common, and one of them does some things for all.
    is_first: bool = True
    max_age_s: float | None = None
    share: Share | None = None
    read_metrics: ReadMetrics = read_own_metrics
    outlet: socket.socket | None = None


class PolicyServer:
    """The whole service; an async context manager that is ready once entered.

    `system_clock` counts only until the database has told the time. `stand` makes the footing; what
    it pushes on the stack is ended when the server has stopped.
    """

    def __init__(
        self,
        settings: Settings,
        system_clock: Callable[[], datetime] = utc_now,
        stand: Callable[[Settings, AsyncExitStack], Awaitable[Footing]] | None = None,
    ) -> None:
        self._settings = settings
        self._system_clock = system_clock
        self._stand = stand or stand_alone
        self.has_successor = False  # another process goes on accepting on the same sockets
        self._parts = AsyncExitStack()
        self._reloader: Reloader
        self._nodes: Door
        self.ready: Ready

    async def __aenter__(self) -> Self:
        """Start; raises RulesError, DocumentError, StartError or DirectoryError."""
        async with AsyncExitStack() as parts:
            self.ready = await self._start(parts)
            self._parts = parts.pop_all()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Answer what is under way, then stop every part."""
        await self._parts.aclose()

    async def listen(self, port: Port) -> None:
        """Answer nodes on one more socket."""
        await self._nodes.open(port.listener, port.tls)

    async def leave(self, port: Port) -> None:
        """Accept no more nodes on one of the sockets."""
        await self._nodes.leave(port.listener)

    def reload(self) -> None:
        """Look at the rules again, soon; the server must have been entered."""
        self._reloader.ask()

    async def _start(self, parts: AsyncExitStack) -> Ready:
        settings = self._settings
        footing = await self._stand(settings, parts)
        self._reloader = footing.reloader
        rules = self._reloader.live
        directory = await parts.enter_async_context(self._directory(footing))
        sources = Sources(
            directory.lookup,
            PostgresPhonebook(directory.pool),
            PostgresPictures(directory.pool),
            DirectoryHealth(directory.origin, directory.state),
            footing.read_metrics,
            footing.outlet,
        )
        apps = build_apps(settings, sources, rules, directory.clock.now)
        parts.push_async_callback(self._reloader.close)
        self._reloader.open(watching=settings.rules.watch)
        await parts.enter_async_context(apps.behind)
        await self._open_doors(apps, footing, parts)
        gc.freeze()  # what a start makes stays: the collector need not look at it ever again
        state = rules.state
        return Ready(
            url=footing.nodes.url,
            database=footing.database.description,
            addresses=footing.found.addresses,
            example=footing.found.example,
            rules=state.in_force,
            rules_version=state.version,
            note=footing.database.note,
            operator_url=footing.operators.url if footing.operators is not None else None,
        )

    async def _open_doors(self, apps: Apps, footing: Footing, parts: AsyncExitStack) -> None:
        self._nodes = apps.nodes
        self._nodes.max_age_s = footing.max_age_s
        self._nodes.share = footing.share
        ways = [(apps.nodes, footing.nodes)]
        if footing.operators is not None:
            ways.append((apps.operators, footing.operators))
        for door, port in ways:
            await door.open(port.listener, port.tls)
            parts.push_async_callback(door.close)
        parts.push_async_callback(self._drain, ways)

    async def _drain(self, ways: Sequence[tuple[Door, Port]]) -> None:
        """Close the ports and answer whoever has come; who comes later is refused at once."""
        for door, port in ways:
            if not self.has_successor:
                shut(port)
            await door.leave(port.listener)
        arrived = [
            door.admit(connected, port.tls) for door, port in ways for connected in emptied(port)
        ]
        await asyncio.gather(*arrived, *(door.drain(DRAIN_S) for door, _ in ways))

    def _directory(self, footing: Footing) -> LiveDirectory:
        settings, database = self._settings, footing.database
        if not footing.is_first:  # another process writes the snapshot
            cache = settings.cache.model_copy(update={"snapshot": None})
            settings = settings.model_copy(update={"cache": cache})
        return LiveDirectory(
            database.dsn, database.seal, settings, self._system_clock, database.snapshot
        )


async def stand_alone(
    settings: Settings, parts: AsyncExitStack, loading: Loading | None = None
) -> Footing:
    """Make the footing of a server that is one process, from the cheap to the dear.

    `loading` are its rules, if somebody has begun to load them.
    """
    source = rules_of(settings)
    rules = loading.finish() if loading is not None else await load(source)
    reloader = rules.reloader(source)
    seed = seed_of(settings)
    ports = take_ports(settings, parts)
    database = await Database.open(settings, parts)
    if await database.fill(seed):
        log.info("directory was empty, filled from %s", settings.database.seed)
    found = await database.look_around()
    return Footing(reloader, ports.nodes[0], ports.operators, database, found)
