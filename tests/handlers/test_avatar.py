"""Pictures as nodes get them; the cases hold what is decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.document import DirectoryFile
from policy.documents import Marks, Parsed
from policy.settings import Avatars, Settings
from tests.fakes.directory import FakeDirectory
from tests.fakes.node import FakeNode
from tests.fakes.pictures import FakePictures
from tests.fakes.verdict import Outcome
from tests.handlers.asking import BrokenDirectory, counted, get
from tests.running import running

if TYPE_CHECKING:
    from policy.directory.lookup import Directory

CASES: Final = Path(__file__).parents[1] / "cases"
AVATAR: Final = "/policy/v1/participant/avatar"
ALIAS: Final = "karin.holm@example.org"
NAME: Final = "Karin Holm"
FILE: Final = DirectoryFile.model_validate(
    {
        "organisations": [{"code": "region-north", "name": "Region North"}],
        "domains": [{"domain": "example.org", "organisation": "region-north"}],
        "devices": [
            {
                "organisation": "region-north",
                "alias": ALIAS,
                "without_proof": True,
                "picture": "pictures/alice.png",
            }
        ],
    }
)
PICTURES: Final = Parsed(FILE, Marks(str(CASES / "here.yaml")))


async def test_a_node_shows_a_picture() -> None:
    """A JPEG of the size that was asked for, and it is counted as any other answer."""
    labels = {"request": "avatar", "action": "continue", "reason": "OK"}
    before = counted("policy_handlers_requests_total", **labels)

    async with (
        running(FakeDirectory(FILE), pictures=FakePictures(PICTURES)) as url,
        FakeNode(url) as node,
    ):
        verdict = await node.fetch_avatar(ALIAS, width=64, height=48)

    assert (verdict.outcome, verdict.faults) == (Outcome.PICTURE, ())
    assert verdict.content_type == "image/jpeg"
    assert counted("policy_handlers_requests_total", **labels) == before + 1


@pytest.mark.parametrize("alias", ["", "%40", "nobody%40example.org", "nobody%40example.com"])
async def test_without_a_picture_the_answer_is_empty(alias: str) -> None:
    """404 and nothing else: no page, no JSON, no reason."""
    async with running(FakeDirectory(FILE)) as url:
        answer = await get(url, f"{AVATAR}/{alias}?width=40&height=40")

    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize("directory", [FakeDirectory(FILE), BrokenDirectory()])
async def test_what_goes_wrong_is_a_placeholder(
    directory: Directory, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the database, or with a fault, the answer is empty too; the log names nobody."""
    if isinstance(directory, FakeDirectory):
        directory.is_away = True
    settings = Settings(avatars=Avatars(initials=True))

    async with running(directory, settings=settings) as url:
        query = "width=40&height=40&remote_display_name=Karin+Holm"
        answer = await get(url, f"{AVATAR}/karin.holm%40example.org?{query}")

    assert (answer.status, answer.body) == (404, b"")
    assert caplog.records != []
    assert [word for word in (NAME, ALIAS, "karin", "KH") if word in caplog.text] == []


async def test_pictures_that_are_away_are_a_placeholder() -> None:
    """A remembered address whose picture cannot be had is no error page."""
    pictures = FakePictures(PICTURES)
    pictures.is_away = True

    async with running(FakeDirectory(FILE), pictures=pictures) as url, FakeNode(url) as node:
        verdict = await node.fetch_avatar(ALIAS)

    assert (verdict.outcome, verdict.faults, verdict.warnings) == (Outcome.NO_PICTURE, (), ())


async def test_a_picture_that_was_removed_is_a_placeholder() -> None:
    """The address is remembered for some seconds, its picture is gone already."""
    async with running(FakeDirectory(FILE)) as url, FakeNode(url) as node:
        verdict = await node.fetch_avatar(ALIAS)

    assert verdict.outcome is Outcome.NO_PICTURE


async def test_initials_are_off_unless_turned_on() -> None:
    """A name is only used when the operator has said so."""
    outcomes = []
    for initials in (False, True):
        settings = Settings(avatars=Avatars(initials=initials))
        async with running(FakeDirectory(FILE), settings=settings) as url, FakeNode(url) as node:
            query = {"width": "40", "height": "40", "remote_display_name": NAME}
            outcomes.append((await node.ask("avatar", query, "nobody@example.com")).outcome)

    assert outcomes == [Outcome.NO_PICTURE, Outcome.PICTURE]
