"""Who may ask: checked before anything of a request is read."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

import orjson
import pytest
from aiohttp.test_utils import make_mocked_request
from argon2 import PasswordHasher

from policy.handlers.access import MAX_HEADER, REMEMBERED, Access
from policy.settings import Settings
from tests.fakes.directory import FakeDirectory
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Outcome
from tests.handlers.asking import CALL, ROOM, SERVICE, counted, get
from tests.running import running

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from aiohttp import web

PASSWORD: Final = "blåbærgrød-7"
# As weak as can be: the tests are about who is let in, not about how long it takes.
HASHER: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASHES: Final = {"node": HASHER.hash(PASSWORD), "other": HASHER.hash("another-word")}


def protected() -> AbstractAsyncContextManager[str]:
    """Serve one room to whoever has credentials."""
    credentials = [{"username": name, "password_hash": each} for name, each in HASHES.items()]
    settings = Settings.model_validate({"access": {"credentials": credentials}})
    return running(FakeDirectory(ROOM), settings=settings)


def basic(text: str) -> str:
    """Write a header as a node does."""
    return f"Basic {b64encode(text.encode()).decode()}"


async def test_without_credentials_there_is_a_challenge() -> None:
    """A 401 asks for Basic in UTF-8 and says as JSON what was missing."""
    before = counted("policy_handlers_refused_total", cause="credentials")

    async with protected() as url:
        answer = await get(url, SERVICE)

    assert (answer.status, answer.content_type) == (401, "application/json; charset=utf-8")
    assert orjson.loads(answer.body) == {"status": "fail", "reason": "credentials"}
    assert counted("policy_handlers_refused_total", cause="credentials") == before + 1


@pytest.mark.parametrize("waits", [False, True])
async def test_a_node_with_credentials_is_served(*, waits: bool) -> None:
    """A password of any letters works, sent at once or after the challenge."""
    async with (
        protected() as url,
        FakeNode(url, credentials=("node", PASSWORD), waits_for_challenge=waits) as node,
    ):
        verdicts = [await node.ask("service", CALL) for _ in range(2)]

    assert [verdict.outcome for verdict in verdicts] == [Outcome.SERVICE] * 2


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (basic(f"node:{PASSWORD}"), 200),
        (basic(f"node:{PASSWORD}").replace("Basic", "bAsIc"), 200),
        (basic("other:another-word"), 200),
        (basic("node:another-word"), 401),
        (basic(f"nobody:{PASSWORD}"), 401),
        (basic(f":{PASSWORD}"), 401),
        (basic("node:"), 401),
        (basic("node"), 401),
        (basic(""), 401),
        ("Basic", 401),
        ("Basic !!!", 401),
        ("Basic /w==", 401),  # a byte that is not UTF-8
        (f"Bearer {PASSWORD[-3:]}", 401),
        ("x" * MAX_HEADER, 401),
        ("Basic " + "A" * 60_000, 401),
    ],
)
async def test_a_header_is_right_or_refused(header: str, status: int) -> None:
    """Only the name and password of one user let in; nothing that is sent breaks the check."""
    async with protected() as url:
        answer = await get(url, SERVICE, {"Authorization": header})

    assert answer.status == status


async def test_a_refused_path_says_nothing() -> None:
    """Whoever may not ask does not learn which paths there are, nor the metrics."""
    async with protected() as url:
        paths = (SERVICE, "/", "/metrics", "/nothing", f"/health/live{SERVICE}", "/health/other")
        statuses = [(await get(url, path)).status for path in paths]

    assert statuses == [401] * len(paths)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_health_is_open(path: str) -> None:
    """A load balancer needs no password."""
    async with protected() as url:
        answer = await get(url, path)

    assert answer.status == 200


@pytest.mark.parametrize(
    ("remote", "status"),
    [
        ("192.0.2.7", 200),
        ("::ffff:192.0.2.7", 200),
        ("192.0.3.7", 403),
        ("::ffff:192.0.3.7", 403),
        ("2001:db8::7", 200),
        ("2001:db9::7", 403),
        ("fe80::1%eth0", 403),
        ("127.0.0.1", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        (None, 200),  # a unix socket
    ],
)
async def test_a_network_is_allowed_or_not(remote: str | None, status: int) -> None:
    """Nodes come from listed networks, seen through a dual-stack socket or not; loopback may."""
    access = Access({}, [ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")])

    response = await access.refuse(_request("", remote))

    assert (200 if response is None else response.status) == status


async def test_a_foreign_network_is_told_so() -> None:
    """A 403 carries JSON and is counted by its cause, even with the right password."""
    access = Access(HASHES, [ip_network("192.0.2.0/24")])
    before = counted("policy_handlers_refused_total", cause="network")

    response = await access.refuse(_request(basic(f"node:{PASSWORD}"), "192.0.3.7"))

    assert response is not None
    assert response.text is not None
    assert orjson.loads(response.text) == {"status": "fail", "reason": "network"}
    assert counted("policy_handlers_refused_total", cause="network") == before + 1


async def test_wrong_headers_do_not_fill_the_memory() -> None:
    """However many passwords are tried, so many verdicts are kept and no more."""
    access = Access(HASHES, [])

    for number in range(REMEMBERED + 100):
        await access.refuse(_request(basic(f"node:{number}")))
    right = await access.refuse(_request(basic(f"node:{PASSWORD}")))

    assert len(access._wrong) == REMEMBERED  # noqa: SLF001  memory shows nowhere else
    assert right is None


def _request(header: str, remote: str | None = "192.0.2.7") -> web.Request:
    headers = {"Authorization": header} if header else {}
    request = make_mocked_request("GET", SERVICE, headers)
    return request.clone(remote=remote)  # type: ignore[arg-type]  # None is what a unix socket has


async def test_a_flood_of_guesses_keeps_no_node_waiting() -> None:
    """From one address one guess is checked at a time, whoever else asks is served beside it."""
    access = Access(HASHES, ())
    guesses = [_request(basic(f"node:guess-{number}")) for number in range(50)]
    node = _request(basic(f"node:{PASSWORD}"), "192.0.2.8")

    flood = [asyncio.create_task(access.refuse(guess)) for guess in guesses]
    served = await access.refuse(node)
    refused = await asyncio.gather(*flood)

    assert served is None
    assert {answer.status for answer in refused if answer is not None} == {401}
    assert len(access._wrong) == 1  # noqa: SLF001  the others were not worth a check
