"""What no case can say of registrations: the alias in the path, and the password kept back."""

from __future__ import annotations

from typing import Final

import pytest

from policy.directory.document import DirectoryFile
from tests.fakes.directory import FakeDirectory
from tests.fakes.judge import judge
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Kind, Outcome
from tests.handlers.asking import REGISTRATION, ROOM, get
from tests.running import running

DEVICE: Final = {
    "organisation": "region-north",
    "alias": "bj\u00f8rk@example.org",
    "username": "ward7",
    "password": "an-invented-password",
}
FILE: Final = DirectoryFile.model_validate(ROOM.model_dump(mode="json") | {"devices": [DEVICE]})
QUERY: Final = "auth_type=credentials&protocol=sip&local_alias=karin.holm%40example.org"


@pytest.mark.parametrize(
    "written",
    [
        "bj%C3%B8rk%40example.org",
        "bj%c3%b8rk@example.org",
        "BJ%C3%98RK@EXAMPLE.ORG",
        "sip%3Abj%C3%B8rk%40example.org",
        "sip:bj%C3%B8rk@example.org",
        "bj%25C3%25B8rk@example.org",  # encoded twice on its way
    ],
)
async def test_the_alias_stands_in_the_path(written: str) -> None:
    """However it is encoded it is the device's; a `local_alias` of the query has no say."""
    async with running(FakeDirectory(FILE)) as url:
        answer = await get(url, f"{REGISTRATION}/{written}?{QUERY}")

    verdict = judge(Kind.REGISTRATION, answer, {}, None)
    assert (verdict.outcome, verdict.faults) == (Outcome.CREDENTIALS, ())


async def test_a_password_stays_out_of_what_others_read(caplog: pytest.LogCaptureFixture) -> None:
    """The node gets it, because it checks it; no log line and no metric has it."""
    caplog.set_level("DEBUG", logger="policy")

    async with running(FakeDirectory(FILE)) as url, FakeNode(url) as node:
        verdict = await node.register(str(DEVICE["alias"]))
        metrics = (await get(url, "/metrics")).body.decode()

    assert verdict.result == {"username": "ward7", "password": "an-invented-password"}
    assert "an-invented-password" not in metrics + caplog.text
    assert "bj\u00f8rk" not in metrics + caplog.text
