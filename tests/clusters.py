"""A primary and its streaming standby, to be stopped, frozen, killed and promoted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg

from policy.directory.migrate import migrate
from policy.embedded import child
from policy.embedded.binaries import find_binaries, runnable_by
from policy.embedded.cluster import DATABASE
from policy.embedded.home import PORT, Home
from policy.embedded.initdb import USER, make_data
from policy.embedded.owner import find_owner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from policy.embedded.binaries import Binaries

LIMIT_S: Final = 30.0

_ACCESS: Final = "local all all trust\nlocal replication all trust\n"
_SETTINGS: Final = (
    "listen_addresses=",
    f"port={PORT}",
    "timezone=UTC",
    "shared_buffers=16MB",
    "max_connections=100",
    "wal_retrieve_retry_interval=50ms",
    # A process that is killed loses nothing that the kernel has.
    "fsync=off",
    "full_page_writes=off",
)


class Node:
    """One PostgreSQL server with a folder and a socket of its own."""

    def __init__(self, home: Home, binaries: Binaries) -> None:
        self.home = home
        self.dsn = address_of(self)
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def sockets(self) -> Path:
        """Where its socket is."""
        return self.home.path / "run"

    async def start(self) -> None:
        """Start it unless it runs, and wait until it answers."""
        if self._process is not None:
            return
        self.sockets.mkdir(exist_ok=True)
        self.home.owner.own(self.sockets)
        access = self.home.path / "access.conf"
        access.write_text(_ACCESS, encoding="utf-8")
        access.chmod(0o644)
        command: list[str | Path] = [self._binaries.postgres, "-D", self.home.data]
        for setting in (
            *_SETTINGS,
            f"hba_file={access}",
            f"unix_socket_directories={self.sockets}",
        ):
            command += ["-c", setting]
        with self.home.log.open("ab") as log:
            self._process = child.start(command, self.home.owner, log.fileno())
        await (await self.connect("postgres")).close()

    async def connect(self, database: str = DATABASE) -> asyncpg.Connection[asyncpg.Record]:
        """Connect, as soon as it lets somebody in."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                return await asyncpg.connect(self.dsn.replace(f"/{DATABASE}?", f"/{database}?"))
            except (OSError, asyncpg.PostgresError):
                assert time.monotonic() < deadline, self.home.log.read_text(encoding="utf-8")

    async def execute(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        connection = await self.connect()
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def wait_until(self, question: str) -> None:
        """Ask again and again until the answer is true."""
        connection = await self.connect()
        deadline = time.monotonic() + LIMIT_S
        while not await connection.fetchval(question):
            assert time.monotonic() < deadline, question
        await connection.close()

    async def crash(self) -> None:
        """Kill one of its processes: the server ends all others and recovers."""
        connection = await self.connect()
        os.kill(await connection.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)
        with suppress(asyncpg.PostgresError, OSError):
            await connection.fetchval("SELECT 1")
        connection.terminate()

    async def stop(self) -> None:
        """Stop it in order."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            await child.stop(self._process)
            self._process = None

    async def kill(self) -> None:
        """Kill the server and all of its processes, as a power cut would."""
        assert self._process is not None
        await child.kill_group(self._process)
        self._process = None
        (self.home.data / "postmaster.pid").unlink()

    def freeze(self) -> None:
        """Let it answer nobody, and keep every connection."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it stood."""
        self._signal(signal.SIGCONT)

    async def promote(self) -> None:
        """Make a standby the primary."""
        await self.execute("SELECT pg_promote()")

    async def follow(self, primary: Node) -> None:
        """Make this a standby of a primary: its data are copied, and it is started."""
        self._copy(primary)
        await self.start()

    def _copy(self, primary: Node) -> None:
        target = Path(tempfile.mkdtemp(dir=self.home.path))
        self.home.owner.own(target)
        subprocess.run(
            [
                self._binaries.directory / "bin" / "pg_basebackup",
                f"--host={primary.sockets}",
                f"--port={PORT}",
                f"--username={USER}",
                f"--pgdata={target}",
                "--checkpoint=fast",
                "--write-recovery-conf",
                "--no-sync",
            ],
            check=True,
            cwd="/",
            **self.home.owner.identity(),
        )
        target.rename(self.home.data)

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the server and to each process that it has made."""
        assert self._process is not None
        parent = str(self._process.pid)
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent in {fields[1], stat.parent.name}:
                os.kill(int(stat.parent.name), number)


@dataclass(frozen=True, slots=True)
class Pair:
    """A primary and a standby; each can be either after a fail-over."""

    first: Node
    second: Node


def address_of(*nodes: Node) -> str:
    """Give the address of several nodes, as `database.url` names them."""
    hosts = ",".join(str(node.sockets) for node in nodes)
    return f"postgresql://{USER}@/{DATABASE}?host={hosts}&port={PORT}"


@asynccontextmanager
async def node() -> AsyncIterator[Node]:
    """Run one server with the newest schema."""
    folder = Path(tempfile.mkdtemp(prefix="vdx-policy-node-"))
    one = _make(folder / "first")
    try:
        await make_data(one.home, one._binaries)  # noqa: SLF001  of this module
        await one.start()
        connection = await one.connect("postgres")
        await connection.execute(f"CREATE DATABASE {DATABASE}")
        await connection.close()
        await migrate(one.dsn)
        yield one
    finally:
        await one.stop()
        shutil.rmtree(folder)


@asynccontextmanager
async def pair() -> AsyncIterator[Pair]:
    """Run a primary with the newest schema, and its standby."""
    async with node() as first:
        second = _make(first.home.path.parent / "second")
        try:
            await second.follow(first)
            yield Pair(first, second)
        finally:
            await second.stop()


def _make(path: Path) -> Node:
    path.mkdir()
    for part in (path, path.parent):
        part.chmod(0o711)
    home = Home(path, find_owner(path / "data"), None)
    return Node(home, runnable_by(home.owner, find_binaries(None), path.parent))
