"""Where requests come in: who is let in, which path is whose, and which way it is answered."""

from __future__ import annotations

from base64 import b64encode
from ipaddress import ip_network
from itertools import product
from typing import TYPE_CHECKING, Final

import orjson
import pytest
from argon2 import PasswordHasher

from policy.handlers.access import Access
from policy.handlers.plain import Head
from tests.fakes.directory import FakeDirectory
from tests.handlers.asking import ROOM, SERVICE
from tests.handlers.talking import Watched, halled, request, talk, watched

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from policy.handlers.hall import Hall

ASKED: Final = f"{SERVICE}?local_alias=karin.holm%40example.org"
ODD: Final = "TE: x"  # harmless, and read by aiohttp
HASHER: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
ALIVE: Final = {"status": "alive"}
NO_SUCH_PATH: Final = {"status": "fail", "reason": "no such path"}


def served(port: Watched) -> AbstractAsyncContextManager[tuple[str, Hall]]:
    """Serve both ways."""
    return halled(port.handle, port)


@pytest.mark.parametrize("lines", [(), (ODD,)])
@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("/health/live", 200, ALIVE),
        ("/health/live?x=y", 200, ALIVE),
        ("/health/live#x", 200, ALIVE),
        (f"/health/live#{SERVICE}", 200, ALIVE),
        ("/%68ealth/%6Cive", 200, ALIVE),
        ("http://a/health/live", 200, ALIVE),
        ("/health%2Flive", 404, NO_SUCH_PATH),
        ("/health%252Flive", 404, NO_SUCH_PATH),
        ("/health/live/", 404, NO_SUCH_PATH),
        ("//health/live", 404, NO_SUCH_PATH),
        ("//a/health/live", 404, NO_SUCH_PATH),
        ("/health/./live", 404, NO_SUCH_PATH),
        ("/a/../health/live", 404, NO_SUCH_PATH),
        ("/HEALTH/live", 404, NO_SUCH_PATH),
        ("/health/live;x", 404, NO_SUCH_PATH),
        ("/health/live%00", 404, NO_SUCH_PATH),
        ("http://a", 404, NO_SUCH_PATH),
        ("/%E2%82", 404, NO_SUCH_PATH),
    ],
)
async def test_a_page_has_one_path(
    target: str, status: int, said: object, lines: tuple[str, ...]
) -> None:
    """Letters may be encoded, a slash may not, and nothing is tidied up."""
    async with served(watched(FakeDirectory(ROOM))) as (url, _), talk(url) as node:
        answer = await node.ask(target, *lines)

    assert (answer.status, orjson.loads(answer.body)) == (status, said)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        *product(
            ["POST", "OPTIONS", "PUT", "DELETE", "TRACE", "PATCH"],
            ["/health/live", ASKED, "/nothing", "http://a"],
        ),
        ("OPTIONS", "*"),
    ],
)
async def test_only_get_and_head_are_allowed(method: str, target: str) -> None:
    """A 405 names them, and the connection goes on."""
    async with served(watched(FakeDirectory(ROOM))) as (url, _), talk(url) as node:
        await node.say(request(target, method=method))
        answer = await node.hear()
        after = await node.ask("/health/live")

    assert (answer.status, answer.headers["allow"]) == (405, "GET,HEAD")
    assert orjson.loads(answer.body) == {"status": "fail", "reason": "method not allowed"}
    assert after.status == 200


async def test_who_may_not_ask_is_told_nothing_else() -> None:
    """Neither that a method is wrong nor that there is no such path; the health paths are open."""
    port = watched(FakeDirectory(ROOM), Access({"node": HASHER.hash("right")}, []))

    async with served(port) as (url, _), talk(url) as node:
        statuses = {}
        for method, target in (
            ("GET", "/nothing"),
            ("POST", "/nothing"),
            ("GET", "/metrics"),
            ("GET", "/health/rules"),
            ("GET", "/health/live?x"),
            ("GET", f"/health/live{SERVICE}"),
            ("GET", f"/health/live#{SERVICE}"),
            ("GET", "/health/live"),
            ("GET", "/health/ready"),
            ("POST", "/health/live"),
        ):
            await node.say(request(target, method=method))
            statuses[method, target] = (await node.hear()).status

    assert [*statuses.values()] == [401] * 7 + [200, 200, 405]


def basic(password: str) -> str:
    """Give the header line of a password."""
    return f"Authorization: Basic {b64encode(b'node:' + password.encode()).decode()}"


async def test_a_password_is_checked_once_and_then_known() -> None:
    """The first request takes the slow way; another password on the connection is refused."""
    port = watched(FakeDirectory(ROOM), Access({"node": HASHER.hash("right")}, []))

    async with served(port) as (url, _), talk(url) as node:
        statuses = [
            (await node.ask(ASKED, *lines)).status
            for lines in (
                (),
                [basic("wrong")],
                [basic("right")],
                [basic("right")],
                [basic("right"), "X: y"],
                [basic("wrong")],
                [basic("right")],
                (),
            )
        ]
        open_to_all = (await node.ask("/health/live")).status

    assert statuses == [401, 401, 200, 200, 200, 401, 200, 401]
    assert open_to_all == 200
    assert len(port.by_aiohttp) == 6  # the right one but once, the wrong ones always
    assert len(port.promptly) == 3


async def test_a_known_password_does_not_open_the_next_connection() -> None:
    """What one connection has said is no other's; each says it with every request."""
    port = watched(FakeDirectory(ROOM), Access({"node": HASHER.hash("right")}, []))

    async with served(port) as (url, _), talk(url) as one, talk(url) as other:
        await one.ask(ASKED, basic("right"))
        answers = await one.ask(ASKED, basic("right")), await other.ask(ASKED)

    assert [each.status for each in answers] == [200, 401]


async def test_a_foreign_network_is_never_plain() -> None:
    """However well its password is known."""
    access = Access({"node": HASHER.hash("right")}, [ip_network("192.0.2.0/24")])
    port = watched(FakeDirectory(ROOM), access)
    head = Head(basic("right").removeprefix("Authorization: "), "", closes=False)

    async with served(port) as (url, _), talk(url) as node:  # loopback is always allowed
        await node.ask(ASKED, basic("right"))

    assert port.admits(head, "192.0.2.7")
    assert port.admits(head, "::ffff:192.0.2.7")
    assert not port.admits(head, "198.51.100.7")
    assert not port.admits(head, "2001:db8::7%eth0")
