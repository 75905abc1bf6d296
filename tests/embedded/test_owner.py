"""Which user PostgreSQL runs as, and what that user can enter."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

import pytest

from policy.embedded.owner import UNPRIVILEGED, Owner, find_owner, server_user
from policy.errors import StartError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.usefixtures("as_root")
def test_root_hands_a_fresh_cluster_to_a_user_that_exists(tmp_path: Path) -> None:
    """Root gets one of the host's unprivileged users; none is made."""
    owner = find_owner(tmp_path / "data")

    assert owner.name in UNPRIVILEGED
    assert owner.uid == pwd.getpwnam(owner.name).pw_uid
    assert owner.identity() == {"user": owner.uid, "group": owner.gid, "extra_groups": ()}


@pytest.mark.usefixtures("as_root")
def test_an_existing_cluster_keeps_its_user(tmp_path: Path) -> None:
    """Who made the data runs it, whichever users the host has by then, named or not."""
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, 54321, 54322)

    assert find_owner(data) == Owner(54321, 54322, "54321")


@pytest.mark.usefixtures("as_root")
def test_data_of_root_is_refused(tmp_path: Path) -> None:
    """PostgreSQL would refuse it in words that do not help."""
    (tmp_path / "data").mkdir()

    with pytest.raises(StartError, match="belongs to root"):
        find_owner(tmp_path / "data")


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "want"),
    [
        (0o700, 54321, 54322, True),
        (0o700, 54323, 54322, False),
        (0o710, 54323, 54322, True),
        (0o711, 54323, 54324, True),
        (0o601, 54321, 54322, False),
        (0o701, 54323, 54322, False),
    ],
)
@pytest.mark.usefixtures("as_root")
def test_one_class_of_mode_bits_decides(
    mode: int, uid: int, gid: int, reachable: Path, *, want: bool
) -> None:
    """As in the kernel: the owner's bits for the owner, else the group's, else the others'."""
    directory = reachable / "part"
    directory.mkdir()
    os.chown(directory, uid, gid)
    directory.chmod(mode)

    assert Owner(54321, 54322, "x").can_enter(directory / "missing" / "yet") is want


def test_we_enter_what_we_will_see_ourselves(tmp_path: Path) -> None:
    """The own user of this process is not judged: trying is the better test."""
    me = Owner(os.geteuid(), os.getegid(), server_user())

    assert me.can_enter(tmp_path / "missing")
    assert me.identity() == {"user": None, "group": None, "extra_groups": None}
