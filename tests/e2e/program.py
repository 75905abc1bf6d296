"""`vdx-policy serve` as a process of its own, with a copy of the example rule set."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
    from typing import TypeVar

    GotT = TypeVar("GotT")

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "vdx"
# Nothing here takes long; a busy machine may.
LIMIT_S: Final = 30.0


class Site:
    """A folder with settings, rules and seed of its own; the database goes below it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = folder / "postgres"
        shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
        settings = folder / "vdx-policy.yaml"
        text = settings.read_text(encoding="utf-8")
        text = text.replace("port: 8080", "port: 0").replace("../../var/postgres", "postgres")
        settings.write_text(text, encoding="utf-8")

    @property
    def dsn(self) -> str:
        """The address of the embedded database while it runs."""
        return f"postgresql://policy@/policy?host={self.postgres / 'run'}&port=5432"

    def postgres_pid(self) -> int:
        """Give the process that serves the database; it must run."""
        return int((self.postgres / "data" / "postmaster.pid").read_text().partition("\n")[0])

    @contextmanager
    def frozen_postgres(self) -> Iterator[None]:
        """Stop every process of the database where it stands, as a stuck disk does."""
        server = self.postgres_pid()
        workers = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        pids = [server, *map(int, workers)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    @asynccontextmanager
    async def sql(self) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
        """Connect as the person who writes SQL; the database may be gone at the end."""
        connection = await asyncpg.connect(self.dsn)
        try:
            yield connection
        finally:
            with suppress(asyncpg.PostgresError, OSError):
                await connection.close(timeout=1)

    @asynccontextmanager
    async def serving(self, **settings: object) -> AsyncIterator[Program]:
        """Run the server until the end of the block; settings go in by environment."""
        program = await self.start(**settings)
        try:
            await program.until_ready()
            yield program
        finally:
            await program.end()

    async def start(self, **settings: object) -> Program:
        """Start the server and do not wait for it."""
        with (self.folder / "stderr").open("ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "policy", "serve"),
                *("--config", str(self.folder / "vdx-policy.yaml")),
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=environment(settings),
            )
        return Program(process, self.folder)


def environment(settings: Mapping[str, object]) -> dict[str, str]:
    """Give this process's environment without settings of ours, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VDX_")}
    given = {f"VDX_POLICY_{name.upper()}": str(value) for name, value in settings.items()}
    return kept | given | {"PYTHONPATH": str(EXAMPLE.parents[1])}


@dataclass(slots=True)
class Program:
    """A running server, and what it has said so far."""

    process: asyncio.subprocess.Process
    folder: Path
    lines: list[str] = field(default_factory=list)
    url: str = ""

    async def until_ready(self, last: str = "  curl ") -> None:
        """Read up to the line that ends the ready message: the example call, if there is one."""
        async with asyncio.timeout(LIMIT_S):
            while not (self.lines and self.lines[-1].startswith(last)):
                line = await self._line()
                if not line:
                    raise AssertionError(f"it does not start:\n{self.said()}")
        found = re.search(r"ready on (https?://\S+)", self.lines[0])
        assert found is not None
        self.url = found[1]

    async def end(self) -> int:
        """Stop it if it still runs, read what it said last, and give its exit code."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        return await self.ended()

    async def ended(self) -> int:
        """Wait until it has ended by itself; gives the exit code."""
        async with asyncio.timeout(LIMIT_S):
            while await self._line():
                pass
            code = await self.process.wait()
        with (self.folder / "stdout").open("a", encoding="utf-8") as said:
            said.write("\n".join((*self.lines, "")))
        return code

    def said(self) -> str:
        """Give everything that it has written, on both channels."""
        return "\n".join((*self.lines, (self.folder / "stderr").read_text(encoding="utf-8")))

    async def _line(self) -> str:
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode()
        if line:
            self.lines.append(line.rstrip("\n"))
        return line


async def until(ask: Callable[[], Awaitable[GotT]], holds: Callable[[GotT], bool]) -> GotT:
    """Ask again and again until the answer is as wanted, and give it."""
    deadline = time.monotonic() + LIMIT_S
    while not holds(got := await ask()):
        assert time.monotonic() < deadline, f"still {got!r}"
        await asyncio.sleep(0)  # an answer that needs no waiting would let nobody else run
    return got


async def has_ended(pid: int) -> bool:
    """Wait until a process, ours or not, has ended; False when it does not."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        async with asyncio.timeout(LIMIT_S):
            await ended.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(handle)
        os.close(handle)
    return True
