"""Which user PostgreSQL runs as, and which directories that user can enter.

PostgreSQL refuses to run as root. Under root it therefore runs as a user that exists already;
no user is made, and no permission is loosened that somebody else has set.
"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from policy.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# `postgres` keeps the files apart from those of other services, which often share `nobody`.
UNPRIVILEGED = ("postgres", "nobody")


class Identity(TypedDict):
    """The arguments of `subprocess` that change the user; None leaves things as they are."""

    user: int | None
    group: int | None
    extra_groups: Sequence[int] | None


@dataclass(frozen=True, slots=True)
class Owner:
    """The user that owns the data directory and runs PostgreSQL."""

    uid: int
    gid: int
    name: str

    @property
    def is_us(self) -> bool:
        """Whether this process already runs as that user."""
        return self.uid == os.geteuid()

    def identity(self) -> Identity:
        """Return what `subprocess` needs to start a child as this user."""
        if self.is_us:
            return Identity(user=None, group=None, extra_groups=None)
        return Identity(user=self.uid, group=self.gid, extra_groups=())

    def can_enter(self, directory: Path) -> bool:
        """Whether this user passes every existing part of the path; we make the missing ones.

        Judged by the mode bits, the only test that needs no child process. Access granted by an
        ACL alone counts as none, which costs a relocation and nothing else.
        """
        if self.is_us:
            return True
        real = directory.resolve()
        return all(self._passes(part) for part in (real, *real.parents))

    def _passes(self, directory: Path) -> bool:
        try:
            found = directory.stat()
        except FileNotFoundError:
            return True
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid == self.gid:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)

    def own(self, path: Path) -> None:
        """Hand a path that this process made to the owner."""
        if not self.is_us:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def find_owner(data: Path) -> Owner:
    """Name the user for a data directory: who owns it, or who shall when it does not exist."""
    try:
        found = data.stat()
    except FileNotFoundError:
        return _first_owner()
    if found.st_uid == 0:
        raise StartError(f"{data}: belongs to root, but PostgreSQL does not run as root")
    # The owner stays even if a user `postgres` appears later: PostgreSQL insists on its own files.
    owner = _named(found.st_uid, found.st_gid)
    if os.geteuid() not in {0, owner.uid}:
        raise StartError(
            f"{data}: belongs to user '{owner.name}'; "
            f"run as that user or as root, or choose another directory"
        )
    return owner


def server_user() -> str:
    """Name the user this process runs as; peer authentication compares names, not numbers."""
    uid = os.geteuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise StartError(
            f"user id {uid} has no name, which the embedded PostgreSQL needs; "
            f"add it to /etc/passwd, or set database.url"
        ) from None


def _first_owner() -> Owner:
    if os.geteuid() != 0:
        return _named(os.geteuid(), os.getegid())
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(entry.pw_uid, entry.pw_gid, name)
    raise StartError(
        "PostgreSQL does not run as root and there is neither a user 'postgres' nor 'nobody'; "
        "run as an ordinary user, or set database.url"
    )


def _named(uid: int, gid: int) -> Owner:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Owner(uid, gid, str(uid))
    return Owner(uid, entry.pw_gid, entry.pw_name)
