"""Makes the data directory and the files that say who may connect."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from policy.embedded import child
from policy.embedded.owner import server_user
from policy.errors import StartError

if TYPE_CHECKING:
    from policy.embedded.binaries import Binaries
    from policy.embedded.home import Home

# The database user; the operating system's user is mapped to it.
USER = "policy"

# From here on the server itself knows Unicode rules that no operating system update changes.
BUILTIN_LOCALE_SINCE = 17

# It takes a second; a cold disk on a busy machine has been seen to take a minute.
INITDB_LIMIT_S = 600.0

UNFINISHED = "data.new-"


async def make_data(home: Home, binaries: Binaries) -> None:
    """Make the data directory under another name and rename it, so that it is whole or absent."""
    remove_unfinished(home.path)
    part = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=home.path))
    try:
        home.owner.own(part)
        await _run_initdb(home, binaries, part)
        _publish(part, home)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def remove_unfinished(home: Path) -> None:
    """Remove what a first start left behind that was killed."""
    for part in home.glob(f"{UNFINISHED}*"):
        shutil.rmtree(part, ignore_errors=True)


def check_data(home: Home, binaries: Binaries) -> None:
    """Refuse a data directory that these binaries cannot open."""
    try:
        made_by = (home.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise StartError(
            f"{home.data}: exists but is no database; move it away or choose another directory"
        ) from None
    if made_by != str(binaries.major):
        raise StartError(
            f"{home.data}: was made by PostgreSQL {made_by}, but {binaries.directory} is "
            f"{binaries.version}; set database.embedded.binaries to a PostgreSQL {made_by}, "
            f"or dump the database with {made_by} and restore it into an empty directory"
        )


def write_access(home: Home) -> tuple[Path, Path]:
    """Write who may connect: this process's user as `policy`, nobody else; return both files."""
    rules, users = home.path / "pg_hba.conf", home.path / "pg_ident.conf"
    name = server_user().replace('"', '""')
    _write(rules, f"local all {USER} peer map={USER}\n")
    _write(users, f'{USER} "{name}" {USER}\n')
    return rules, users


async def _run_initdb(home: Home, binaries: Binaries, part: Path) -> None:
    command: list[str | Path] = [
        binaries.initdb,
        f"--pgdata={part}",
        f"--username={USER}",
        "--encoding=UTF8",
        "--locale=C",
        "--auth-local=peer",
        "--auth-host=reject",
        "--data-checksums",
        "--no-instructions",
    ]
    if binaries.major >= BUILTIN_LOCALE_SINCE:
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    with tempfile.TemporaryFile() as log:
        running = child.start(command, home.owner, log.fileno())
        try:
            ended = await child.until(lambda: running.poll() is not None, INITDB_LIMIT_S)
        finally:
            await child.kill_group(running)
        if not ended or running.returncode != 0:
            log.seek(0)
            text = log.read().decode(errors="replace").strip()
            raise StartError(f"{home.data}: could not be made by {binaries.initdb}:\n{text}")


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text)
    # PostgreSQL's user reads it, whatever the umask; there is no secret in it.
    part.chmod(0o644)
    part.rename(path)


def _publish(part: Path, home: Home) -> None:
    part.rename(home.data)
    handle = os.open(home.path, os.O_RDONLY)
    try:
        # initdb has flushed the files; the name is ours to flush.
        os.fsync(handle)
    finally:
        os.close(handle)
