"""What the pages of the directory show at the terminal is done, and says what they show."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest
from click.testing import CliRunner

from policy.cli.main import cli
from policy.directory.document import DirectoryFile
from policy.directory.loading import load_if_empty
from policy.directory.migrate import migrate
from policy.documents import load
from policy.errors import DocumentError, PolicyError
from tests.database import KEY, SEAL
from tests.docs.transcripts import File, drawn_in, steps_of, with_drawn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from click.testing import Result

    from policy.embedded.cluster import Cluster
    from tests.docs.transcripts import Command

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = ("organisations", "rooms", "bookings", "bulk", "upkeep")
EXAMPLE: Final = ROOT / "examples" / "vdx" / "directory.yaml"
SETTINGS: Final = "database: {{url: '{dsn}'}}\nsecrets: {{key_file: keys}}\n"
# Of a progress bar that nobody watches only its label is left.
_LABEL: Final = re.compile(r"^[A-Za-z ]+\n", re.MULTILINE)


@pytest.fixture(scope="module")
async def example(cluster: Cluster) -> AsyncIterator[str]:
    """Give the address of a database that holds the example directory, to be copied."""
    dsn = cluster.dsn.replace("/policy?", "/example?")
    connection = await asyncpg.connect(cluster.dsn)
    await connection.execute("CREATE DATABASE example")
    await migrate(dsn)
    assert await load_if_empty(dsn, load(EXAMPLE, DirectoryFile), SEAL)
    yield dsn
    await connection.execute("DROP DATABASE example WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def site(
    cluster: Cluster, example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Path]:
    """Give a folder with settings, a key and a database that holds the example directory."""
    connection = await asyncpg.connect(cluster.dsn)
    await connection.execute("CREATE DATABASE page TEMPLATE example")
    settings = SETTINGS.format(dsn=example.replace("/example?", "/page?"))
    (tmp_path / "keys").write_text(f"{KEY}\n", encoding="utf-8")
    (tmp_path / "vdx-policy.yaml").write_text(settings, encoding="utf-8")
    monkeypatch.setenv("VDX_POLICY_CONFIG", str(tmp_path / "vdx-policy.yaml"))
    monkeypatch.setenv("LOGNAME", "kim")  # the audit names who runs a command
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    await connection.execute("DROP DATABASE page WITH (FORCE)")
    await connection.close()


def _run(line: str) -> tuple[int, str]:
    """Give the code and what is printed; only what needs a shell gets one."""
    words = shlex.split(line, comments=True)
    if words[0] != "vdx-policy" or {"|", ">", "<", "&&"} & set(words):
        done = subprocess.run(
            ["bash", "-c", line],  # noqa: S607  the one of the path
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout
    result = CliRunner().invoke(cli, words[1:], prog_name="vdx-policy")
    return result.exit_code, result.stdout + _LABEL.sub("", result.stderr) + _refusal(result)


def _refusal(result: Result) -> str:
    """Tell an error as the program does."""
    match result.exception:
        case None | SystemExit():
            return ""
        case DocumentError() as exc:
            return f"{exc}\n"
        case PolicyError() as exc:
            return f"vdx-policy: {exc}\n"
        case exc:
            raise exc


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_shows_what_happens(name: str, site: Path) -> None:
    """Whoever types what stands there, from the top of a page to its end, sees the same."""
    page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    drawn: dict[str, str] = {}
    for step in steps_of(page):
        if isinstance(step, File):
            (site / step.name).parent.mkdir(exist_ok=True)
            (site / step.name).write_text(step.text, encoding="utf-8")
        else:
            await asyncio.to_thread(_do, step, drawn)


def _do(command: Command, drawn: dict[str, str]) -> None:
    """Run a command and hold what it prints against the page, or its code where none is shown."""
    code, printed = _run(with_drawn(command.line, drawn))
    if command.prints is None:
        assert code == 0, f"{command.line}\n{printed}"
        return
    found = drawn_in(command.prints, printed)
    if found is None:  # assert what can be read: where the two differ
        assert f"$ {command.line}\n{printed}" == f"$ {command.line}\n{command.prints}"
    drawn |= found or {}
