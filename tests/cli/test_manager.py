"""A management node is asked page by page, and told what to do."""

from __future__ import annotations

from typing import Final

import click
import pytest
from pydantic import BaseModel

from policy.cli.manager import Manager
from policy.errors import StartError
from tests.fakes.manager import Conferences, managing

PASSWORD: Final = "an-invented-password"
CONFERENCES: Final = "/api/admin/status/v1/conference/"
DISCONNECT: Final = "/api/admin/command/v1/conference/disconnect/"


class _Conference(BaseModel):
    id: str
    name: str


def _manager(url: str, password: str = PASSWORD) -> Manager:
    return Manager.at(url, "admin", password, None, hint="MANAGER")


async def test_lists_are_read_to_their_last_page() -> None:
    """Three conferences come in pages of two."""
    conferences = Conferences({"1": "r-one", "2": "r-two", "3": "r-three"})

    async with managing(conferences) as url, _manager(url).session() as session:
        found = await session.list(CONFERENCES, _Conference)

    assert [each.name for each in found] == ["r-one", "r-two", "r-three"]


async def test_an_order_is_carried_out() -> None:
    """A conference is ended by its id."""
    conferences = Conferences({"1": "r-one"})

    async with managing(conferences) as url, _manager(url).session() as session:
        await session.command(DISCONNECT, {"conference_id": "1"})

    assert conferences.ended == ["1"]


async def test_what_is_no_list_is_one_line() -> None:
    """Somebody else answering there is told, with the path."""

    class Other(BaseModel):
        colour: str

    async with managing(Conferences({"1": "r-one"})) as url, _manager(url).session() as session:
        with pytest.raises(StartError, match="conference/: this is no list of a management node"):
            await session.list(CONFERENCES, Other)


async def test_an_order_that_is_refused_is_one_line() -> None:
    """Wrong credentials are told without the password."""
    async with managing() as url, _manager(url, "mistyped").session() as session:
        with pytest.raises(StartError, match=r"disconnect/: answered 401$"):
            await session.command(DISCONNECT, {"conference_id": "1"})


@pytest.mark.parametrize(
    "url", ["http://manager.example.org", "ftp://127.0.0.1", "manager.example.org"]
)
def test_a_password_is_sent_to_nobody_in_clear(url: str) -> None:
    """Only this very machine may be asked without TLS."""
    with pytest.raises(click.BadParameter, match="must begin with https://"):
        _manager(url)
