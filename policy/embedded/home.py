"""Where a cluster lives: its directory, the lock on it, and the directory of its socket.

In a home that root uses, only `data` and `run` belong to PostgreSQL's user. All else stays
root's, so that root never writes through a name which that user could have replaced.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from policy.embedded.owner import Owner, find_owner
from policy.errors import StartError

# Where a home goes when PostgreSQL's user cannot reach the directory asked for.
ELSEWHERE = Path("/var/lib/vdx-policy")

# The link inside a directory that exists but that PostgreSQL's user cannot enter.
LINK = "cluster"

PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"

# sockaddr_un holds 108 bytes with the closing zero on Linux, 104 on macOS.
SOCKET_PATH_BYTES = 103


@dataclass(frozen=True, slots=True)
class Home:
    """The real directory of a cluster; `note` is for the operator when that was not asked for."""

    path: Path
    owner: Owner
    note: str | None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.path / "data"

    @property
    def log(self) -> Path:
        """What PostgreSQL writes to standard error."""
        return self.path / "postgres.log"


class Lock:
    """Keeps a second server out of a home; the kernel lets go of it when this process dies."""

    def __init__(self, home: Path) -> None:
        self._file = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 20, 0).decode(errors="replace").strip()
            os.close(self._file)
            raise StartError(
                f"{home}: is in use by another vdx-policy (pid {holder}); "
                f"stop that one, or choose another directory"
            ) from None
        os.ftruncate(self._file, os.pwrite(self._file, str(os.getpid()).encode(), 0))

    def release(self) -> None:
        """Let the next server in; the file stays, since removing it would race with that one."""
        os.close(self._file)


def open_home(wanted: Path, elsewhere: Path = ELSEWHERE) -> Home:
    """Find or make the directory of a cluster, somewhere else when it must be."""
    asked = wanted.absolute()
    place = _follow(asked, elsewhere)
    data = place / "data"
    owner = find_owner(data)
    if owner.can_enter(place):
        make_directories(place)
        return Home(place.resolve(), owner, _note(asked, place, owner, elsewhere))
    if data.exists():
        raise StartError(
            f"{data}: user '{owner.name}', who owns the database, can no longer enter {place}; "
            f"give that user search permission on this directory and its parents"
        )
    place = _relocate(asked, owner, elsewhere)
    return Home(place, owner, _note(asked, place, owner, elsewhere))


def make_directories(path: Path) -> None:
    """Make a directory and its missing parents, whatever the umask; existing ones stay as they are.

    PostgreSQL's user must pass through what root makes; what a user makes is that user's alone.
    """
    missing = [part for part in (path, *path.parents) if not part.exists()]
    for part in reversed(missing):
        part.mkdir(exist_ok=True)
        part.chmod(0o711 if os.geteuid() == 0 else 0o700)


def socket_directory(home: Home, temporary: Path | None = None) -> Path:
    """Make the private directory of the socket: in the home, or a short one if that is too long.

    Call it when nothing runs in the home: it removes the socket of a server that was killed.
    """
    inside = home.path / "run"
    if _fits(inside):
        return _private(inside, home.owner)
    mark = hashlib.sha256(os.fsencode(home.path)).hexdigest()[:16]
    for parent in (temporary or Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108  # fallback
        short = parent.resolve() / f"vdx-policy-{mark}"
        if _fits(short) and home.owner.can_enter(parent):
            return _private(short, home.owner)
    raise StartError(f"{home.path}: too long for a socket, and no temporary directory is shorter")


def _follow(asked: Path, elsewhere: Path) -> Path:
    place = asked
    for link in (asked, asked / LINK):
        if not link.is_symlink():
            continue
        target = link.resolve()
        if target.is_dir():
            place = target
        elif target.is_relative_to(elsewhere.resolve()):
            # Ours, and somebody has removed the cluster behind it: start afresh.
            link.unlink()
        else:
            # Not ours: an empty database in place of a disk that is not mounted would be worse.
            raise StartError(
                f"{link}: points to {target}, which does not exist; make it or mount it"
            )
    return place


def _relocate(asked: Path, owner: Owner, elsewhere: Path) -> Path:
    make_directories(elsewhere)
    found = elsewhere.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022 or not owner.can_enter(elsewhere):
        raise StartError(
            f"{asked}: user '{owner.name}' cannot enter it; {elsewhere}, to be used instead, "
            f"must belong to root, with search permission for all and write for root alone; "
            f"choose a directory that this user can enter"
        )
    link = asked / LINK if asked.is_dir() else asked
    make_directories(link.parent)
    home = Path(tempfile.mkdtemp(prefix=f"{asked.name}-", dir=elsewhere))
    home.chmod(0o711)
    try:
        link.symlink_to(home)
    except OSError as exc:
        home.rmdir()
        raise StartError(f"{link}: cannot be made a link to {home}: {exc.strerror}") from exc
    return home.resolve()


def _note(asked: Path, place: Path, owner: Owner, elsewhere: Path) -> str | None:
    if asked.is_relative_to(elsewhere) or not place.is_relative_to(elsewhere.resolve()):
        return None
    return f"{asked}: user '{owner.name}' cannot enter it, so the database lives in {place}"


def _fits(directory: Path) -> bool:
    # A comma or a quote would end the name inside PostgreSQL's list of directories and in a URL.
    plain = re.fullmatch(r"[\w/.+-]+", str(directory), re.ASCII) is not None
    return plain and len(str(directory / SOCKET)) <= SOCKET_PATH_BYTES


def _private(path: Path, owner: Owner) -> Path:
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
        owner.own(path)
        found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.uid or found.st_mode & 0o077:
        raise StartError(
            f"{path}: must be a directory of user '{owner.name}' that nobody else can enter; "
            f"remove it"
        )
    # PostgreSQL would stop at the lock if its number belongs to another program by now.
    for name in (SOCKET, f"{SOCKET}.lock"):
        (path / name).unlink(missing_ok=True)
    return path
