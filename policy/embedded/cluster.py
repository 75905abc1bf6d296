"""The embedded PostgreSQL: one cluster under one directory, owned by one server process."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import asyncpg

from policy.embedded import child
from policy.embedded.binaries import Binaries, find_binaries, runnable_by
from policy.embedded.home import PORT, Home, Lock, open_home, socket_directory
from policy.embedded.initdb import USER, check_data, make_data, write_access
from policy.errors import StartError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Awaitable, Callable
    from pathlib import Path

DATABASE = "policy"
DATABASE_EXISTS = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"

# A recovery after a crash can take minutes (36 s and 65 s have been reported for small machines);
# giving up earlier would only begin it again.
READY_LIMIT_S = 1800.0

CONNECT_LIMIT_S = 30.0
LONGEST_PAUSE_S = 0.25

# What PostgreSQL says while backends of a killed server still run; they end once they notice,
# which a backend in the middle of a long computation does last.
LEFTOVER = "pre-existing shared memory block"
LEFTOVER_LIMIT_S = 60.0

# How often a running database is looked at, and how long a failing one is left alone.
WATCH_S = 0.2
FIRST_RESTART_S = 0.5
LONGEST_RESTART_S = 30.0

LOG_BYTES = 10_000_000
TAIL_BYTES = 4_000
TAIL_LINES = 10

# Connections beyond the server's own few are for commands and for people with psql.
CONNECTIONS = 100

FIXED_SETTINGS = (
    "listen_addresses=",
    f"port={PORT}",
    "unix_socket_permissions=0700",
    "timezone=UTC",
    "log_timezone=UTC",
    f"max_connections={CONNECTIONS}",
    # Modest: the machine is the policy server's. The kernel caches files on top of this.
    "shared_buffers=64MB",
    # Queries here are short; parallel workers need /dev/shm, which containers keep at 64 MB.
    "max_parallel_workers_per_gather=0",
    "jit=off",
    "logging_collector=off",
    "log_destination=stderr",
    # Statements, parameters and DETAIL lines may carry PINs and names.
    "log_statement=none",
    "log_duration=off",
    "log_min_duration_statement=-1",
    "log_min_duration_sample=-1",
    "log_transaction_sample_rate=0",
    "log_min_error_statement=panic",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
    "log_error_verbosity=terse",
)

log = logging.getLogger(__name__)


class Cluster:
    """Runs PostgreSQL from `open` to `close`; both belong to the main thread.

    `dsn`, `version`, `data_directory` and `location_note` hold from the end of `open`. The note
    is for the operator: it says where the database lives when it cannot live where it was asked.
    """

    def __init__(self, path: Path, binaries: Path | None = None) -> None:
        self.dsn = ""
        self.version = ""
        self.data_directory = path / "data"
        self.location_note: str | None = None
        self._path = path
        self._wanted_binaries = binaries
        self._lock: Lock | None = None
        self._sockets: Path | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._starting: Callable[[], Awaitable[None]] | None = None

    async def open(self) -> None:
        """Make the cluster if there is none, start it, and return when it answers.

        Leaves nothing running when it fails or is cancelled.
        """
        if self._lock is not None:
            raise StartError(f"{self._path}: is open already")
        try:
            await self._open()
        except (OSError, asyncpg.PostgresError) as exc:
            await self.close()
            raise StartError(f"{self._path}: the database cannot be started: {exc}") from exc
        except BaseException:
            await self.close()
            raise

    def keep_running(self) -> None:
        """Start PostgreSQL again whenever it ends before `close`; call it once it is open."""
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Stop PostgreSQL and let go of the directory; may be called at any time and again."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        if self._child is not None:
            await child.stop(self._child)
            self._child = None
        if self._sockets is not None:
            # In the temporary directory it would be litter; a forced stop leaves its socket there.
            with suppress(OSError):
                self._sockets.rmdir()
            self._sockets = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    async def _open(self) -> None:
        found = find_binaries(self._wanted_binaries)
        home = open_home(self._path)
        self._lock = Lock(home.path)
        binaries = runnable_by(home.owner, found, home.path)
        if home.data.exists():
            check_data(home, binaries)
            await child.stop_orphan(home.data)
        else:
            await make_data(home, binaries)
        self._sockets = sockets = socket_directory(home)
        self._starting = partial(self._start_until_ready, home, binaries, sockets)
        await self._starting()
        self.dsn = _dsn(sockets, DATABASE)
        self.version = binaries.version
        self.data_directory = home.data
        self.location_note = home.note

    async def _keep(self) -> None:
        pause = FIRST_RESTART_S
        while self._child is not None and self._starting is not None:
            if self._child.poll() is None:  # to wait in a thread would outlive this task
                await asyncio.sleep(WATCH_S)
                continue
            log.error("the embedded database has ended by itself, it is started again")
            try:
                await self._starting()
                pause = FIRST_RESTART_S
            except (StartError, OSError, asyncpg.PostgresError) as exc:
                log.error("%s", exc)  # noqa: TRY400  the place in the code says nothing more
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_RESTART_S)

    async def _start_until_ready(self, home: Home, binaries: Binaries, sockets: Path) -> None:
        deadline = time.monotonic() + LEFTOVER_LIMIT_S
        while True:
            log_start = self._start(home, binaries, sockets)
            try:
                return await self._wait_until_ready(home, sockets, log_start)
            except StartError as exc:
                if LEFTOVER not in str(exc) or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(LONGEST_PAUSE_S)

    def _start(self, home: Home, binaries: Binaries, sockets: Path) -> int:
        """Start the server; return where its lines begin in the log."""
        rules, users = write_access(home)
        settings = (
            *FIXED_SETTINGS,
            f"unix_socket_directories={sockets}",
            f"hba_file={rules}",
            f"ident_file={users}",
        )
        command: list[str | Path] = [binaries.postgres, "-D", home.data]
        for setting in settings:
            command += ["-c", setting]
        handle = _open_log(home.log)
        try:
            self._child = child.start(command, home.owner, handle)
            return os.fstat(handle).st_size
        finally:
            os.close(handle)

    async def _wait_until_ready(self, home: Home, sockets: Path, log_start: int) -> None:
        # Not `policy` itself: asking for it before it is made would leave a FATAL in the log.
        connection = await self._connect(_dsn(sockets, "postgres"), home, log_start)
        try:
            if not await connection.fetchval(DATABASE_EXISTS, DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()

    async def _connect(
        self, dsn: str, home: Home, log_start: int
    ) -> asyncpg.Connection[asyncpg.Record]:
        deadline = time.monotonic() + READY_LIMIT_S
        pause = child.FIRST_PAUSE_S
        is_recovering = False
        while self._child is not None and self._child.poll() is None:
            try:
                return await asyncpg.connect(dsn, timeout=CONNECT_LIMIT_S)
            except asyncpg.CannotConnectNowError:
                if not is_recovering:
                    log.info("the embedded database is getting ready")
                is_recovering = True
            except (OSError, asyncpg.PostgresConnectionError):
                # No socket yet, or the server ended; the loop's condition tells which.
                pass
            if time.monotonic() > deadline:
                break
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_S)
        raise StartError(
            f"{home.data}: PostgreSQL does not start; the end of {home.log}:\n"
            f"{_tail(home.log, log_start)}"
        )


def _dsn(sockets: Path, database: str) -> str:
    # The port is named because PGPORT in the environment would change the default.
    query = urlencode({"host": str(sockets), "port": PORT})
    return f"postgresql://{USER}@/{database}?{query}"


def _open_log(path: Path) -> int:
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    return os.open(path, flags, 0o600)


def _tail(path: Path, start: int) -> str:
    with path.open("rb") as file:
        file.seek(max(start, path.stat().st_size - TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:])
