"""Whatever comes over the wire, the server stays up, says little, and never fails."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from tests.fakes.directory import FakeDirectory
from tests.fakes.node import FakeNode
from tests.handlers.asking import CALL, NAME, PIN, REGISTRATION, ROOM, SERVICE, get, send
from tests.running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ALIAS: Final = f"{SERVICE}?local_alias="
PARTICIPANT: Final = "/policy/v1/participant/properties"
# HTTP that can be read, however odd: answered as JSON.
READABLE: Final = {
    "nothing at all": SERVICE,
    "an empty query": f"{SERVICE}?",
    "an empty alias": ALIAS,
    "an alias of 10,000 characters": f"{ALIAS}{'a' * 10_000}",
    "an alias of 60,000 characters": f"{ALIAS}{'a' * 60_000}",
    "a registered alias of 60,000 characters": f"{REGISTRATION}/{'a' * 60_000}",
    "an alias of 10,000 letters of two bytes": f"{ALIAS}{'%C3%B8' * 10_000}",
    "percent signs that encode nothing": f"{ALIAS}%ZZ%&protocol=%",
    "percent signs in a path": f"{REGISTRATION}/%ZZ%",
    "no alias in a path": f"{REGISTRATION}/",
    "an encoded NUL": f"{ALIAS}a%00b",
    "an encoded NUL in a path": f"{REGISTRATION}/a%00b%40example.org",
    "encoded bytes that are not UTF-8": f"{ALIAS}%FF%FE",
    "encoded bytes that are not UTF-8 in a path": f"{REGISTRATION}/%FF%FE",
    "half a surrogate pair": f"{ALIAS}%ED%A0%80",
    "an encoded line break": f"{ALIAS}a%0D%0AX-Injected:%201",
    "a key without a value": f"{SERVICE}?local_alias&protocol",
    "a value without a key": f"{SERVICE}?=a&=b",
    "only separators": f"{SERVICE}?&;&=&&",
    "60,000 separators": f"{SERVICE}?{'&' * 60_000}",
    "10,000 parameters": f"{SERVICE}?" + "&".join(f"p{n}=" for n in range(8_000)),
    "the same parameter 5,000 times": f"{SERVICE}?" + "local_alias=a&" * 4_000,
    "contradicting parameters": f"{SERVICE}?local_alias=a&local_alias=b&protocol=sip&protocol=x",
    "unknown words": f"{SERVICE}?local_alias=a&protocol=fax&call_direction=up&registered=maybe",
    "numbers beyond all bounds": f"{SERVICE}?local_alias=a&remote_port=-1&bandwidth={'9' * 5_000}",
    "SQL": f"{ALIAS}x'%3B%20DROP%20TABLE%20room%3B--",
    "a template": f"{ALIAS}%7B%7B7*7%7D%7D%25s%7B0%7D",
    "an IP address": f"{ALIAS}sip%3A100%40%5B%3A%3A1%5D%3A99999",
    "a scope in an address": f"{ALIAS}a%40fe80%3A%3A1%25eth0",
    "a host that is no name": f"{ALIAS}a%40-.-..xn--%C3%B8",
    "many at signs": f"{ALIAS}{'%40' * 5_000}",
    "many hashes": f"{ALIAS}{'%23' * 5_000}",
    "many brackets": f"{ALIAS}{'%5B' * 5_000}{'%3C' * 5_000}",
    "a number with 5,000 separators": f"{ALIAS}{'1-' * 5_000}",
    "an odd node": f"{ALIAS}a&node_ip=not-an-address&location=%00&version_id=x",
    "an absolute target": f"http://policy.example.org{ALIAS}a",
    "a participant without parameters": PARTICIPANT,
    "a participant with an empty alias": f"{PARTICIPANT}?local_alias=",
}
# What HTTP does not allow.
UNREADABLE: Final = {
    "a NUL": f"GET {ALIAS}a\0b HTTP/1.1\r\n\r\n",
    "a raw letter that is not ASCII": f"GET {ALIAS}bj\u00f8rk HTTP/1.1\r\n\r\n",
    "a raw letter in a path": f"GET {REGISTRATION}/bj\u00f8rk HTTP/1.1\r\n\r\n",
    "a control character": f"GET {ALIAS}\x01 HTTP/1.1\r\n\r\n",
    "a space in the target": f"GET {ALIAS}{NAME} HTTP/1.1\r\n\r\n",
    "a star": "GET * HTTP/1.1\r\n\r\n",
    "an address that cannot be": "GET http://[ HTTP/1.1\r\n\r\n",
    "a port that cannot be": "GET http://a:99999999/ HTTP/1.1\r\n\r\n",
    "no method": "hello\r\n\r\n",
    "another version": "GET / HTTP/9.9\r\n\r\n",
    "a header that is none": f"GET / HTTP/1.1\r\n{NAME} {PIN}\r\n\r\n",
    "a length that is none": "GET / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
    "two lengths": "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01",
}
# Longer than any request of a node.
ENDLESS: Final = {
    "a million separators": f"GET {SERVICE}?{'&' * 1_000_000} HTTP/1.1\r\n\r\n",
    "an alias of 70,000 characters": f"GET {ALIAS}{'a' * 70_000} HTTP/1.1\r\n\r\n",
    "a header of 70,000 characters": f"GET / HTTP/1.1\r\nX: {'a' * 70_000}\r\n\r\n",
}


@pytest.mark.parametrize("target", READABLE.values(), ids=READABLE)
async def test_odd_requests_get_whole_answers(target: str) -> None:
    """Whatever the parameters hold, a node gets an answer that it acts on, without a warning."""
    async with running(FakeDirectory(ROOM)) as url:
        answer = await get(url, target)
        async with FakeNode(url) as node:
            verdict = await node.ask_raw(target)

    assert (answer.status, answer.content_type) == (200, "application/json")
    assert orjson.loads(answer.body)["status"] == "success"
    assert (verdict.accepted, verdict.faults, verdict.warnings) == (True, (), ())


@pytest.mark.parametrize("request_text", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_is_no_http_is_refused(request_text: str) -> None:
    """A 400 without a trace of the program; the next request is answered as ever."""
    async with running(FakeDirectory(ROOM)) as url, FakeNode(url) as node:
        said = await send(url, request_text.encode())
        verdict = await node.ask("service", CALL)

    assert said.partition(b"\r\n")[0].endswith(b" 400 Bad Request")
    assert [word for word in (b"Traceback", b".py", b"aiohttp/web") if word in said] == []
    assert (verdict.accepted, verdict.result["name"]) == (True, "r-1")


@pytest.mark.parametrize("request_text", ENDLESS.values(), ids=ENDLESS)
async def test_an_endless_request_is_cut_off(request_text: str) -> None:
    """A 400 where it still gets through, else a closed connection; others notice nothing."""
    said = b""

    async with running(FakeDirectory(ROOM)) as url, FakeNode(url) as node:
        with suppress(ConnectionError):  # the server hangs up on what it has not read
            said = await send(url, request_text.encode())
        verdict = await node.ask("service", CALL)

    assert said.partition(b"\r\n")[0][-16:] in {b"", b" 400 Bad Request"}
    assert b"Traceback" not in said
    assert verdict.accepted


async def test_a_caller_who_says_nothing_holds_nobody_up() -> None:
    """Connections that stay silent or half-way through a request cost the others nothing."""
    async with running(FakeDirectory(ROOM)) as url, FakeNode(url) as node:
        where = URL(url)
        opened = [await asyncio.open_connection(where.host, where.port) for _ in range(100)]
        for _, writer in opened[::2]:
            writer.write(b"GET /policy/v1/serv")
        verdict = await node.ask("service", CALL)
        for _, writer in opened:
            writer.transport.abort()

    assert verdict.accepted


class Connection:
    """One keep-alive connection, opened anew whenever the server has closed it."""

    def __init__(self, url: str) -> None:
        self._url = URL(url)
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, target: bytes) -> tuple[int, bytes]:
        """Give the status and the body of the answer; half-closed connections are tried again."""
        while True:
            if self._writer is None:
                where = self._url
                self._reader, self._writer = await asyncio.open_connection(where.host, where.port)
            self._writer.write(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                return await self._answer()
            self.close()

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def _answer(self) -> tuple[int, bytes]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in head[1:] if line)
        body = await self._reader.readexactly(int(headers[b"content-length"]))
        if head[0].startswith(b"HTTP/1.0") or headers.get(b"connection") == b"close":
            self.close()
        return int(head[0].split(b" ")[1]), body


@pytest.fixture(scope="module")
async def connection() -> AsyncIterator[Connection]:
    """Keep one server and one connection for all examples."""
    async with running(FakeDirectory(ROOM)) as url:
        connection = Connection(url)
        yield connection
        connection.close()


ANY_BYTES: Final = st.binary(max_size=200).map(
    lambda raw: bytes(each for each in raw if each not in b"\r\n ")
)
# Mostly what HTTP lets through, so that it reaches our own code.
VISIBLE: Final = st.lists(
    st.sampled_from([bytes([each]) for each in range(0x21, 0x7F)])
    | st.integers(0, 255).map(lambda each: b"%%%02X" % each)
    | st.sampled_from(
        [b"&local_alias=", b"sip:", b"@", b"%40example.org", b"##", b"%25", b";gruu"]
    ),
    max_size=60,
).map(b"".join)


@pytest.mark.parametrize(
    "start", [ALIAS, f"{SERVICE}?", f"{PARTICIPANT}?", f"{REGISTRATION}/", "/"]
)
@given(rest=ANY_BYTES | VISIBLE)
async def test_no_bytes_break_the_server(connection: Connection, start: str, rest: bytes) -> None:
    """Any bytes as path or query get an answer that is no error of the server's."""
    status, body = await connection.ask(start.encode() + rest)

    assert status in {200, 400, 404}
    if status != 400:
        assert orjson.loads(body)["status"] in {"success", "fail"}
    assert b"Traceback" not in body
