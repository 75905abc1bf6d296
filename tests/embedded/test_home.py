"""Where a cluster lives, who holds it, and where its socket is."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from policy.embedded.home import (
    SOCKET_PATH_BYTES,
    Home,
    Lock,
    make_directories,
    open_home,
    socket_directory,
)
from policy.errors import StartError

if TYPE_CHECKING:
    from pathlib import Path

    from policy.embedded.owner import Owner


def test_a_reachable_directory_is_used_as_it_is(reachable: Path) -> None:
    """The cluster lives where it was asked, and nothing is told."""
    home = open_home(reachable / "state" / "database", reachable / "elsewhere")

    assert home.path == (reachable / "state" / "database").resolve()
    assert home.note is None
    assert not (reachable / "elsewhere").exists()


def test_a_link_of_the_operator_is_followed(reachable: Path) -> None:
    """A link to a larger disk is no relocation."""
    (reachable / "disk").mkdir()
    (reachable / "disk").chmod(0o755)
    (reachable / "database").symlink_to(reachable / "disk")

    home = open_home(reachable / "database", reachable / "elsewhere")

    assert (home.path, home.note) == ((reachable / "disk").resolve(), None)


def test_a_link_to_a_missing_disk_is_refused(reachable: Path) -> None:
    """An empty database does not take the place of one on a disk that is not mounted."""
    (reachable / "database").symlink_to(reachable / "disk")

    with pytest.raises(StartError, match="disk, which does not exist"):
        open_home(reachable / "database", reachable / "elsewhere")


@pytest.mark.usefixtures("as_root")
def test_a_private_directory_that_exists_gets_the_link_inside(
    hidden: Path, reachable: Path, owner: Owner
) -> None:
    """A directory made by `mktemp -d` stays, with its mode; the next start goes the same way."""
    elsewhere = reachable / "elsewhere"

    first = open_home(hidden, elsewhere)
    second = open_home(hidden, elsewhere)

    assert first == second
    assert (hidden / "cluster").resolve() == first.path
    assert first.path.parent == elsewhere.resolve()
    assert first.note == (
        f"{hidden}: user '{owner.name}' cannot enter it, so the database lives in {first.path}"
    )
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o711


@pytest.mark.usefixtures("as_root")
def test_a_dangling_link_of_ours_is_replaced(hidden: Path, reachable: Path) -> None:
    """With the relocated directory gone, a fresh one takes its place."""
    first = open_home(hidden / "database", reachable / "elsewhere")
    first.path.rmdir()

    second = open_home(hidden / "database", reachable / "elsewhere")

    assert second.path != first.path
    assert (hidden / "database").resolve() == second.path


@pytest.mark.usefixtures("as_root")
def test_a_place_that_others_write_to_is_refused(hidden: Path, reachable: Path) -> None:
    """Nothing is put where another user could swap it, and no permission is changed."""
    elsewhere = reachable / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)

    with pytest.raises(StartError, match="write for root alone"):
        open_home(hidden / "database", elsewhere)

    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o777


@pytest.mark.usefixtures("as_root")
def test_a_database_that_became_unreachable_is_not_replaced(reachable: Path, owner: Owner) -> None:
    """Shutting a directory with a database in it is reported, not answered by an empty one."""
    path = reachable / "database"
    make_directories(path / "data")
    owner.own(path / "data")
    path.chmod(0o700)

    with pytest.raises(StartError, match=f"user '{owner.name}', who owns the database, can no"):
        open_home(path, reachable / "elsewhere")


def test_the_holder_of_a_home_is_named(tmp_path: Path) -> None:
    """A lock that is held says by whom; released, it is free."""
    lock = Lock(tmp_path)

    with pytest.raises(StartError, match=rf"in use by another vdx-policy \(pid {os.getpid()}\)"):
        Lock(tmp_path)

    lock.release()
    Lock(tmp_path).release()


def test_the_socket_is_private_and_inside(reachable: Path, owner: Owner) -> None:
    """A short path holds its own socket, in a directory for one user."""
    found = socket_directory(Home(reachable, owner, None))

    assert found == reachable / "run"
    assert stat.S_IMODE(found.stat().st_mode) == 0o700
    assert found.stat().st_uid == owner.uid


@pytest.mark.parametrize("name", ["x" * SOCKET_PATH_BYTES, "a,b", "a b", "vård"])
def test_a_path_that_a_socket_cannot_have_gets_another(
    name: str, reachable: Path, owner: Owner
) -> None:
    """Too long or with characters that mean something else: the socket goes to a short place."""
    home = Home(reachable / name, owner, None)

    found = socket_directory(home, reachable)

    assert found.parent == reachable.resolve()
    assert found == socket_directory(home, reachable)
    assert found != socket_directory(Home(reachable / f"{name}2", owner, None), reachable)


@pytest.mark.usefixtures("as_root")
def test_a_socket_directory_of_somebody_else_is_refused(reachable: Path, owner: Owner) -> None:
    """Whoever took the predictable name first does not get our connections."""
    home = Home(reachable / ("x" * SOCKET_PATH_BYTES), owner, None)
    found = socket_directory(home, reachable)
    os.chown(found, owner.uid + 1, -1)

    with pytest.raises(StartError, match=f"must be a directory of user '{owner.name}'"):
        socket_directory(home, reachable)
