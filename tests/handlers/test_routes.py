"""Which path is whose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import orjson
import pytest
from prometheus_client import REGISTRY

from policy.directory.document import DirectoryFile
from policy.wire.vocabulary import RequestType
from tests.fakes.directory import FakeDirectory
from tests.fakes.judge import judge
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Kind, Outcome
from tests.handlers.asking import CALL, PARTICIPANT, REGISTRATION, ROOM, SERVICE, get, send
from tests.running import running

if TYPE_CHECKING:
    from collections.abc import Mapping

QUERY: Final = urlencode(CALL)
NO_SUCH_PATH: Final[Mapping[str, object]] = {"status": "fail", "reason": "no such path"}
# The domain part keeps it apart from every other alias; the user part has a slash.
SLASHED: Final = "ward/7@example.org"


@pytest.mark.parametrize(
    "path",
    [
        SERVICE,
        f"{SERVICE}/",
        f"/for-london{SERVICE}",
        f"/a/b/c{SERVICE}",
        f"/policy{SERVICE}",
        f"/{SERVICE}",
        f"/%2F%ZZ{SERVICE}",
        f"http://policy.example.org{SERVICE}",
    ],
)
async def test_a_policy_path_is_found_behind_any_prefix(path: str) -> None:
    """A policy profile may have a path of its own, and a node may end it with a slash."""
    async with running(FakeDirectory(ROOM)) as url:
        answer = await get(url, f"{path}?{QUERY}")

    verdict = judge(Kind.SERVICE, answer, CALL, None)
    assert (verdict.outcome, verdict.faults) == (Outcome.SERVICE, ())


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/policy/v1",
        "/policy/v1/",
        "/policy/v2/service/configuration",
        "/policy/v1/service",
        "/policy/v1/service/configuration/more",
        "/policy/v1/service%2Fconfiguration",
        "/policy/v1/Service/Configuration",
        "/policy/v1/participant",
        "/policy%2Fv1/service/configuration",
        "/favicon.ico",
        "/metrics/",
        "/health/",
        "/..%2f..%2fetc/passwd",
        f"/?x={SERVICE}",
    ],
)
async def test_any_other_path_is_not_there(path: str) -> None:
    """A 404 that says so as JSON; the query cannot make a path."""
    async with running(FakeDirectory(ROOM)) as url:
        answer = await get(url, path)

    assert (answer.status, answer.content_type) == (404, "application/json; charset=utf-8")
    assert orjson.loads(answer.body) == NO_SUCH_PATH


PATHS: Final[Mapping[RequestType, str]] = {
    RequestType.SERVICE: SERVICE,
    RequestType.PARTICIPANT: PARTICIPANT,
    RequestType.LOCATION: "/policy/v1/participant/location",
    RequestType.AVATAR: "/policy/v1/participant/avatar/karin.holm%40example.org",
    RequestType.PHONEBOOK: REGISTRATION,
    RequestType.REGISTRATION: f"{REGISTRATION}/karin.holm%40example.org",
}


@pytest.mark.parametrize("request_type", RequestType)
async def test_every_type_of_request_has_its_path(request_type: RequestType) -> None:
    """Each of the six is answered, and counted under its own name and no other."""
    before = requests_by_type()

    async with running(FakeDirectory(ROOM)) as url:
        answer = await get(url, f"{PATHS[request_type]}?{QUERY}")

    after = requests_by_type()
    assert answer.status in {200, 404}
    changed = {name for name in after if after[name] != before.get(name, 0)}
    assert changed == {request_type.value}


def requests_by_type() -> dict[str, float]:
    """Give how many requests of each type have been answered in this process."""
    totals: dict[str, float] = {}
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            if sample.name == "policy_handlers_requests_total":
                name = sample.labels["request"]
                totals[name] = totals.get(name, 0) + sample.value
    return totals


@pytest.mark.parametrize("prefix", ["", "/behind/a/prefix"])
@pytest.mark.parametrize("written", ["ward%2F7%40example.org", "ward%2f7@example.org"])
async def test_a_slash_in_an_alias_is_part_of_it(prefix: str, written: str) -> None:
    """`%2F` in the path is no separator: the device registers under its whole alias."""
    device = {"organisation": "region-north", "alias": "ward@example.org", "without_proof": True}
    file = DirectoryFile.model_validate(
        ROOM.model_dump(mode="json") | {"devices": [device]}, strict=False
    )

    async with running(FakeDirectory(file)) as url:
        answer = await get(url, f"{prefix}{REGISTRATION}/{written}?protocol=sip")

    # The alias is `ward/7@example.org`, which nobody owns; half of it would be the device.
    assert orjson.loads(answer.body)["reason"] == "UNKNOWN_ALIAS"


async def test_a_head_request_gets_the_same_head() -> None:
    """HEAD is GET without the body, as load balancers expect."""
    async with running(FakeDirectory(ROOM)) as url:
        target = f"{PARTICIPANT}?{QUERY}"
        heads = [
            (await send(url, _request(method, target))).partition(b"\r\n\r\n")
            for method in ("GET", "HEAD")
        ]

    (got, _, body), (head, _, nothing) = heads
    assert head.splitlines()[:3] == got.splitlines()[:3]
    assert f"Content-Length: {len(body)}".encode() in head
    assert nothing == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", [SERVICE, "/health/live", "/nothing"])
async def test_any_other_method_is_not_allowed(method: str, path: str) -> None:
    """A 405 names what is allowed, as JSON."""
    async with running(FakeDirectory(ROOM)) as url:
        head, _, body = (await send(url, _request(method, path))).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 405 ")
    assert b"\r\nAllow: GET,HEAD" in head
    assert orjson.loads(body) == {"status": "fail", "reason": "method not allowed"}


async def test_an_answer_is_the_same_for_every_prefix() -> None:
    """Two profiles with two paths cannot be told apart."""
    async with (
        running(FakeDirectory(ROOM)) as url,
        FakeNode(f"{url}/oslo/") as oslo,
        FakeNode(f"{url}/bergen") as bergen,
    ):
        bodies = [(await node.ask("service", CALL)).body for node in (oslo, bergen)]

    assert bodies[0] == bodies[1]


def _request(method: str, target: str) -> bytes:
    return f"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
