"""Puts the parts together; starts, drains and stops them.

Start goes from the cheap to the dear, so that a mistake shows before anything is touched: rules,
port, database process, schema, example rows, connections. Stop goes the other way round.
"""

from __future__ import annotations

import gc
import logging
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from policy.apps import Sources, build_apps, rules_of
from policy.directory.checking import check_directory
from policy.directory.connection import FAULTS, connect, reason_of
from policy.directory.document import DirectoryFile
from policy.directory.live import LiveDirectory
from policy.directory.loading import load_if_empty
from policy.directory.migrate import (
    CONNECT_S,
    check_schema,
    migrate_if_needed,
)
from policy.directory.phonebook import PostgresPhonebook
from policy.directory.pictures import PostgresPictures
from policy.directory.platform import store_names
from policy.directory.queries.looking import COUNT_ADDRESSES, FIND_EXAMPLE
from policy.directory.resealing import check_key
from policy.directory.sealing import Seal, seal_of_embedded
from policy.directory.snapshot import read_snapshot
from policy.documents import load
from policy.embedded.cluster import Cluster
from policy.errors import DirectoryError
from policy.handlers.health import DirectoryHealth
from policy.handlers.listening import BACKLOG, listen, url_of
from policy.handlers.safety import LOG_INTERVAL_S
from policy.rules.reload import Reloader, utc_now

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType

    from policy.directory.snapshot import Snapshot
    from policy.settings import Settings

log = logging.getLogger(__name__)

# Nodes send some 2 kB; an alias of 10,000 characters is still to get a clean answer.
MAX_REQUEST_LINE_BYTES: Final = 64 << 10
# Requests under way when the service is told to stop get this long to be answered.
DRAIN_S: Final = 5.0

# aiohttp's own messages, without what a broken request said.
http_log = logging.getLogger("policy.http")


class _WithoutRequest(logging.Filter):
    """Drops the traceback of a request that is no HTTP: it repeats the request's bytes.

    Anybody can send such a request, so one line for many of them is enough.
    """

    def __init__(self) -> None:
        super().__init__()
        self._logged_at = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Let through what is not about a broken request, and some of what is."""
        if not record.exc_info or not isinstance(record.exc_info[1], HttpProcessingError):
            return True
        record.exc_info = None
        now = time.monotonic()
        if now - self._logged_at < LOG_INTERVAL_S:
            return False
        self._logged_at = now
        return True


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


class PolicyServer:
    """The whole service; an async context manager that is ready once entered.

    `system_clock` counts only until the database has told the time.
    """

    def __init__(self, settings: Settings, system_clock: Callable[[], datetime] = utc_now) -> None:
        self._settings = settings
        self._system_clock = system_clock
        self._parts = AsyncExitStack()
        self._reloader: Reloader
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

    def reload(self) -> None:
        """Look at the rules again, soon; the server must have been entered."""
        self._reloader.ask()

    async def _start(self, parts: AsyncExitStack) -> Ready:
        settings = self._settings
        self._reloader = Reloader.load(rules_of(settings))
        rules = self._reloader.live
        seed = load(settings.database.seed, DirectoryFile) if settings.database.seed else None
        if seed is not None:
            check_directory(seed, settings.platform)
        listener, for_operators = _take_ports(settings, parts)
        database = await _Database.open(settings, parts)
        if (
            seed is not None
            and database.snapshot is None
            and await load_if_empty(database.dsn, seed, database.seal)
        ):
            log.info("directory was empty, filled from %s", settings.database.seed)
        directory = await parts.enter_async_context(
            LiveDirectory(
                database.dsn, database.seal, settings, self._system_clock, database.snapshot
            )
        )
        sources = Sources(
            directory.lookup,
            PostgresPhonebook(directory.pool),
            PostgresPictures(directory.pool),
            DirectoryHealth(directory.origin, directory.state),
        )
        apps = build_apps(settings, sources, rules, directory.clock.now)
        parts.push_async_callback(self._reloader.close)
        self._reloader.open(watching=settings.rules.watch)
        await _serve(apps.nodes, listener, parts)
        if for_operators is not None:
            await _serve(apps.operators, for_operators, parts)
        gc.freeze()  # what a start makes stays: the collector need not look at it ever again
        addresses, example = await _look_around(database)
        return Ready(
            url=url_of(listener),
            database=database.description,
            addresses=addresses,
            example=example,
            rules=rules.state.in_force,
            rules_version=rules.state.version,
            note=database.note,
            operator_url=url_of(for_operators) if for_operators is not None else None,
        )


@dataclass(frozen=True, slots=True)
class _Database:
    """A database that is up and of the right schema, or what was known when it last was."""

    dsn: str
    seal: Seal
    description: str
    note: str | None = None
    snapshot: Snapshot | None = None

    @classmethod
    async def open(cls, settings: Settings, parts: AsyncExitStack) -> Self:
        if settings.database.url is not None:
            return await cls._of_site(settings.database.url, settings)
        database = await cls._embedded(settings, parts)
        await migrate_if_needed(database.dsn, database.seal)
        await _check_key(database.dsn, database.seal)
        for unknown in await store_names(database.dsn, settings.platform):
            log.warning("%s", unknown)
        return database

    @classmethod
    async def _of_site(cls, url: str, settings: Settings) -> Self:
        key_file = settings.secrets.key_file
        seal = Seal.load(key_file) if key_file is not None else Seal()
        try:
            await check_schema(url)
            await _check_key(url, seal)
        except DirectoryError:
            path = settings.cache.snapshot
            snapshot = read_snapshot(path, seal) if path is not None else None
            if snapshot is None:
                raise
            return cls(url, seal, "PostgreSQL, which is away", snapshot=snapshot)
        return cls(url, seal, "PostgreSQL")

    @classmethod
    async def _embedded(cls, settings: Settings, parts: AsyncExitStack) -> Self:
        embedded = settings.database.embedded
        cluster = Cluster(embedded.path, embedded.binaries)
        parts.push_async_callback(cluster.close)
        await cluster.open()
        cluster.keep_running()
        seal = seal_of_embedded(settings.secrets.key_file, embedded.path)
        description = f"embedded PostgreSQL {cluster.version} in {embedded.path}"
        return cls(cluster.dsn, seal, description, cluster.location_note)


async def _check_key(dsn: str, seal: Seal) -> None:
    """Raise StartError when no PIN of the database can be opened here; warn of some."""
    connection = await connect(dsn, timeout_s=CONNECT_S)
    try:
        unopened = await check_key(connection, seal)
    except FAULTS as exc:
        raise DirectoryError(f"database: {reason_of(exc)}") from exc
    finally:
        await connection.close()
    if unopened:
        log.warning(
            "%d of the sampled PINs are opened by no key: 'vdx-policy directory check' names them",
            unopened,
        )


def make_runner(app: web.Application) -> web.AppRunner:
    """Give the HTTP server of the service, with every limit it has."""
    http_log.filters = [_WithoutRequest()]
    return web.AppRunner(
        app,
        logger=http_log,
        access_log=None,  # it would write raw URLs, which carry names and aliases of people
        handle_signals=False,
        shutdown_timeout=DRAIN_S,
        max_line_size=MAX_REQUEST_LINE_BYTES,
        max_field_size=MAX_REQUEST_LINE_BYTES,
    )


def _take_ports(
    settings: Settings, parts: AsyncExitStack
) -> tuple[socket.socket, socket.socket | None]:
    """Take the port of the nodes, and that of the operators if there is one."""
    listener = parts.enter_context(listen("server", settings.server.host, settings.server.port))
    operator = settings.operator
    if operator.port is None:
        return listener, None
    return listener, parts.enter_context(listen("operator", operator.host, operator.port))


async def _serve(app: web.Application, listener: socket.socket, parts: AsyncExitStack) -> None:
    runner = make_runner(app)
    await runner.setup()
    parts.push_async_callback(runner.cleanup)
    await web.SockSite(runner, listener, backlog=BACKLOG).start()


async def _look_around(database: _Database) -> tuple[int, str | None]:
    """Count what can be dialled, and find something a newcomer can try."""
    if database.snapshot is not None:
        return len(database.snapshot.entries), None
    connection = await connect(database.dsn, timeout_s=CONNECT_S)
    try:
        addresses: int = await connection.fetchval(COUNT_ADDRESSES)
        example: str | None = await connection.fetchval(FIND_EXAMPLE)
    finally:
        await connection.close()
    return addresses, example
