"""What is noticed of a folder of rules, and what is not worth a word."""

from __future__ import annotations

import asyncio
import logging
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest

from policy.rules import watching
from policy.rules.watching import look, watch
from tests.rules.folders import folder_with, rule

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

LIMIT_S: Final = 20.0
LOOK_S: Final = 0.05
# Longer than any test: what is seen within it was told by the system.
NEVER_S: Final = 60.0


class Told:
    """Counts what the watcher tells."""

    def __init__(self) -> None:
        self.times = 0
        self._event = asyncio.Event()

    def __call__(self) -> None:
        """Take note."""
        self.times += 1
        self._event.set()

    async def again(self) -> None:
        """Wait for the next change that is told."""
        async with asyncio.timeout(LIMIT_S):
            await self._event.wait()
        self._event.clear()


@asynccontextmanager
async def watched(folder: Path, look_s: float = LOOK_S) -> AsyncIterator[Told]:
    """Watch a folder until the end of the block."""
    told = Told()
    task = asyncio.create_task(watch(folder, told, look(folder), look_s=look_s))
    try:
        yield told
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_change_before_the_watch_is_told(tmp_path: Path) -> None:
    """Between the load at the start and the first look nothing is missed."""
    folder = folder_with(tmp_path / "rules", a=rule("a"))
    before = look(folder)
    folder_with(folder, a=rule("b"))
    told = Told()

    task = asyncio.create_task(watch(folder, told, before, look_s=NEVER_S))
    await told.again()

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def write(folder: Path) -> None:
    """Save as most programs do."""
    (folder / "a.yaml").write_text(rule("b"), encoding="utf-8")


def replace(folder: Path) -> None:
    """Save as careful editors do: write another file, then give it the name."""
    (folder / ".a.yaml.swp").write_text(rule("b"), encoding="utf-8")
    (folder / ".a.yaml.swp").rename(folder / "a.yaml")


def delete(folder: Path) -> None:
    """Drop a file."""
    (folder / "a.yaml").unlink()


def forbid(folder: Path) -> None:
    """Leave the text as it is and change who may read it."""
    (folder / "a.yaml").chmod(0o600)


def edit_a_list(folder: Path) -> None:
    """Change a file in a folder below."""
    (folder / "lists" / "numbers.txt").write_text("2\n", encoding="utf-8")


@pytest.mark.parametrize("change", [write, replace, delete, forbid, edit_a_list])
async def test_a_change_is_told_at_once(tmp_path: Path, change: Callable[[Path], None]) -> None:
    """The system tells us, without waiting for our own look; each time again."""
    folder = folder_with(tmp_path / "rules", a=rule("a"))
    (folder / "lists").mkdir()
    (folder / "lists" / "numbers.txt").write_text("1\n", encoding="utf-8")

    async with watched(folder, NEVER_S) as told:
        (folder / "first.yaml").touch()
        await told.again()  # the watch stands
        change(folder)
        await told.again()

    assert told.times >= 2


async def test_what_is_no_rule_is_not_told(tmp_path: Path) -> None:
    """Swap files of editors and other people's files make no reload."""
    folder = folder_with(tmp_path / "rules", a=rule("a"))

    async with watched(folder) as told:
        (folder / "a.yaml~").touch()
        (folder / ".a.yaml.swp").touch()
        (folder / "README").touch()
        (folder / "last.yaml").touch()
        await told.again()

    assert told.times == 1


async def test_a_config_map_is_followed(tmp_path: Path) -> None:
    """Kubernetes replaces the link `..data`, behind which all files are."""
    folder = tmp_path / "rules"
    folder_with(folder / "..1", a=rule("a"))
    (folder / "..data").symlink_to("..1")
    (folder / "a.yaml").symlink_to("..data/a.yaml")

    async with watched(folder, NEVER_S) as told:
        (folder / "first.yaml").touch()
        await told.again()
        for number in ("2", "3"):
            folder_with(folder / f"..{number}", a=rule(f"a{number}"))
            (folder / "..data_tmp").symlink_to(f"..{number}")
            (folder / "..data_tmp").rename(folder / "..data")
            await told.again()


async def test_a_folder_that_is_a_link_is_followed(tmp_path: Path) -> None:
    """A release that is switched by a link, above the folder or at its place, is seen."""
    for release in ("1", "2"):
        folder_with(tmp_path / release / "rules", a=rule(f"a{release}"))
    (tmp_path / "current").symlink_to("1")
    folder = tmp_path / "current" / "rules"

    async with watched(folder) as told:
        (tmp_path / "next").symlink_to("2")
        (tmp_path / "next").rename(tmp_path / "current")
        await told.again()
        write(tmp_path / "2" / "rules")
        await told.again()


async def test_a_folder_may_vanish_and_return(tmp_path: Path) -> None:
    """Both are told, and so is the first change after that."""
    folder = folder_with(tmp_path / "rules", a=rule("a"))

    async with watched(folder) as told:
        shutil.rmtree(folder)
        await told.again()
        folder_with(folder, a=rule("a"))
        await told.again()
        async with asyncio.timeout(LIMIT_S):
            while True:  # the folder and its file may be seen one after the other
                write(folder)
                seen = told.times
                await told.again()
                if told.times > seen:
                    break


async def test_without_watches_of_the_system_we_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Too many watches on this machine cost speed, not changes; that is said once."""

    def no_watch(*_: object, **__: object) -> object:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(watching, "awatch", no_watch)
    folder = folder_with(tmp_path / "rules", a=rule("a"))

    with caplog.at_level(logging.WARNING):
        async with watched(folder) as told:
            for name in ("b", "c"):
                folder_with(folder, **{name: rule(name)})
                await told.again()

    (message,) = (record.getMessage() for record in caplog.records)
    assert message == f"changes of {folder} are seen each 0.05 s only: OS file watch limit reached"


async def test_a_watcher_ends_when_it_is_told_to(tmp_path: Path) -> None:
    """Stopping the server does not wait for the next look."""
    folder = folder_with(tmp_path / "rules", a=rule("a"))
    loop = asyncio.get_running_loop()

    async with watched(folder, NEVER_S) as told:
        write(folder)
        await told.again()
        before = loop.time()

    assert loop.time() - before < 5


async def test_links_that_go_in_circles_are_watched(tmp_path: Path) -> None:
    """The system's watches do not follow them for ever either."""
    folder = folder_with(tmp_path / "rules", a=rule("a"))
    (folder / "self").symlink_to(folder)
    (folder / "loop").symlink_to("loop")

    async with watched(folder, NEVER_S) as told:
        (folder / "first.yaml").touch()
        await told.again()
        write(folder)
        await told.again()


def test_links_that_go_in_circles_end(tmp_path: Path) -> None:
    """A link to the folder itself is not followed for ever."""
    folder = folder_with(tmp_path / "rules", a=rule("a"))
    (folder / "self").symlink_to(folder)
    (folder / "loop").symlink_to("loop")
    (folder / "gone.yaml").symlink_to("nowhere")

    sight = look(folder)

    assert sorted(name for name, *_ in sight.files) == [
        str(folder / "a.yaml"),
        str(folder / "gone.yaml"),
    ]


def test_a_folder_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    """Neither files nor a number of its own."""
    assert look(tmp_path / "none") == watching.Sight(None, frozenset())
