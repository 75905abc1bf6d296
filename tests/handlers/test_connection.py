"""One connection: what is plain is answered at once, all else by aiohttp, and nobody can tell."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

import pytest
import uvloop

from policy.handlers.connection import MAX_HELD_BYTES
from tests.fakes.directory import FakeDirectory
from tests.handlers.asking import CALL, PARTICIPANT, ROOM, SERVICE, BlockedDirectory
from tests.handlers.talking import Talk, Watched, a_moment, cut, halled, request, talk, watched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from policy.handlers.hall import Hall

QUERY: Final = urlencode(CALL)
ASKED: Final = f"{SERVICE}?{QUERY}"
ODD: Final = "TE: x"  # harmless, and read by aiohttp


def served(port: Watched) -> AbstractAsyncContextManager[tuple[str, Hall]]:
    """Serve both ways."""
    return halled(port.handle, port)


@pytest.fixture
async def blocked() -> AsyncIterator[tuple[BlockedDirectory, Watched, str]]:
    """Serve from a directory that keeps everybody waiting."""
    directory = BlockedDirectory()
    port = watched(directory)
    async with served(port) as (url, _):
        yield directory, port, url
        directory.let_go.set()


async def test_plain_requests_never_reach_aiohttp() -> None:
    """The first answer of an alias is waited for, the second is at hand; both are prompt."""
    port = watched(FakeDirectory(ROOM))

    async with served(port) as (url, _), talk(url) as node:
        first, second = await node.ask(ASKED), await node.ask(ASKED)

    assert first.said == second.said
    assert (port.promptly, port.by_aiohttp) == ([ASKED, ASKED], [])


async def converse(url: str, port: Watched) -> None:
    """Mix all kinds of requests on one connection, and compare with one connection for each."""
    targets = [
        (ASKED,),
        ("/health/live",),
        (f"{PARTICIPANT}?{QUERY}",),
        ("/nothing",),
        ("/policy/v1/participant/avatar/nobody%40example.org?" + QUERY,),
        ("/policy/v1/participant/location?" + QUERY,),
        (ASKED, "X: y"),
        ("/health/rules",),
        ("/policy/v1/registrations/x%40example.org",),
        (ASKED, ODD),
        ("/health/live", ODD),
        (ASKED,),
    ]
    alone = []
    for target, *lines in targets:
        async with talk(url) as node:
            alone.append((await node.ask(target, *lines, "Connection: close")).said)
            assert await node.rest() == b""
    port.promptly.clear()
    port.by_aiohttp.clear()

    async with talk(url) as node:
        together = [(await node.ask(target, *lines)).said for target, *lines in targets]
        await node.say(b"".join(request(target, *lines) for target, *lines in targets))
        at_once = [(await node.hear()).said for _ in targets]

    assert together == alone
    assert at_once == alone
    # A page is aiohttp's, and the connection stays plain; what is odd makes it aiohttp's for good.
    pages = ["/health/live", "/nothing", "/health/rules"]
    assert port.by_aiohttp[:6] == [*pages, ASKED, "/health/live", ASKED]
    assert len(port.promptly) == 6


async def test_all_kinds_of_requests_share_a_connection() -> None:
    """One after the other or all at once, each gets the answer it gets alone, in order."""
    port = watched(FakeDirectory(ROOM))

    async with served(port) as (url, _):
        await converse(url, port)


def test_the_loop_of_production_makes_no_difference() -> None:
    """The service runs on uvloop, whose transports are others."""

    async def on_uvloop() -> None:
        port = watched(FakeDirectory(ROOM))
        async with served(port) as (url, _):
            await converse(url, port)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(on_uvloop())


async def test_an_answer_looks_the_same_both_ways() -> None:
    """The headers and their order too: what is told apart depends on nothing but the date."""
    port = watched(FakeDirectory(ROOM))
    avatar = f"/policy/v1/participant/avatar/nobody%40example.org?{QUERY}"

    async with served(port) as (url, _):
        for target in (ASKED, avatar):
            for lines in ((), ("Connection: close",)):
                async with talk(url) as plain, talk(url) as odd:
                    answers = await plain.ask(target, *lines), await odd.ask(target, *lines, ODD)
                heads = [{**each.headers, "date": ""} for each in answers]
                assert answers[0].said == answers[1].said
                assert [*heads[0].items()] == [*heads[1].items()]


async def test_requests_that_come_at_once_are_answered_in_order() -> None:
    """Pipelining is allowed, though nodes do without."""
    aliases = [f"room-{n}@example.org" for n in range(100)]
    targets = [f"/policy/v1/registrations/{quote(each)}" for each in aliases]
    port = watched(FakeDirectory(ROOM))

    async with served(port) as (url, _), talk(url) as node:
        await node.say(request(targets[0]), b"".join(request(each) for each in targets[1:]))
        answers = [await node.hear() for _ in targets]

    assert {each.status for each in answers} == {200}
    assert [*port.promptly, *port.by_aiohttp] == targets


async def test_what_comes_while_an_answer_is_waited_for_is_answered_after_it(
    blocked: tuple[BlockedDirectory, Watched, str],
) -> None:
    """In order, whether it comes whole or in pieces, and also when it is odd."""
    directory, port, url = blocked

    async with talk(url) as node:
        await node.say(request(ASKED))
        await directory.asked.wait()
        await node.say(*cut(request(PARTICIPANT), [7, 40]), request("/health/live"))
        waiting = [*port.by_aiohttp]
        directory.let_go.set()
        answers = [await node.hear() for _ in range(3)]

    assert waiting == []
    assert b'"action"' in answers[0].body
    assert b'"action"' in answers[1].body
    assert answers[2].body == b'{"status": "alive"}'


async def test_behind_the_last_answer_nothing_is_answered(
    blocked: tuple[BlockedDirectory, Watched, str],
) -> None:
    """Whoever asks for the end and then asks on gets the end."""
    directory, port, url = blocked

    async with talk(url) as node:
        await node.say(request(ASKED, "Connection: close"))
        await directory.asked.wait()
        await node.say(request(ASKED, "Connection: close"))
        directory.let_go.set()
        answer = await node.hear()
        rest = await node.rest()

    assert answer.closes
    assert rest == b""
    assert len(port.promptly) == 1


async def test_too_much_while_an_answer_is_waited_for_ends_the_connection(
    blocked: tuple[BlockedDirectory, Watched, str], caplog: pytest.LogCaptureFixture
) -> None:
    """A client that does not wait may not fill the memory."""
    directory, port, url = blocked

    async with talk(url) as node:
        await node.say(request(ASKED))
        await directory.asked.wait()
        for _ in range(MAX_HELD_BYTES // 8192 + 2):
            await node.say(b"x" * 8192)
        with suppress(ConnectionError):  # the server hangs up on what it has not read
            assert await node.rest() == b""
        directory.let_go.set()
        await a_moment()

    assert (port.by_aiohttp, caplog.records) == ([], [])


@pytest.mark.parametrize("resets", [False, True])
async def test_a_client_that_hangs_up_is_missed_by_nobody(
    blocked: tuple[BlockedDirectory, Watched, str],
    caplog: pytest.LogCaptureFixture,
    *,
    resets: bool,
) -> None:
    """Whoever waits for the same answer gets it, and the log stays empty."""
    directory, _, url = blocked

    async with talk(url) as patient:
        async with talk(url) as hasty:
            await hasty.say(request(ASKED))
            await directory.asked.wait()
            await patient.say(request(ASKED))
            await hasty.say(b"GET /half")
            if resets:
                hasty.writer.transport.abort()
        await a_moment()
        directory.let_go.set()
        answer = await patient.hear()

    assert answer.status == 200
    assert caplog.records == []


async def test_an_answer_nobody_waits_for_ends_with_the_server() -> None:
    """Closing does not wait for a directory that says nothing."""
    directory = BlockedDirectory()
    before = asyncio.all_tasks()

    async with served(watched(directory)) as (url, _), talk(url) as node:
        await node.say(request(ASKED))
        await directory.asked.wait()

    directory.let_go.set()
    await a_moment()
    assert [each for each in asyncio.all_tasks() - before if not each.done()] == []


@pytest.mark.parametrize("lines", [(), (ODD,)])
@pytest.mark.parametrize("target", [ASKED, "/health/live"])
async def test_whoever_wants_no_further_answer_gets_a_clean_end(
    target: str, lines: tuple[str, ...]
) -> None:
    """The answer says so, whoever gives it."""
    async with served(watched(FakeDirectory(ROOM))) as (url, _), talk(url) as node:
        assert not (await node.ask(target, *lines)).closes
        answer = await node.ask(target, "Connection: close", *lines)
        rest = await node.rest()

    assert answer.closes
    assert (answer.status, rest) == (200, b"")


@pytest.mark.parametrize(("line", "stays"), [("X: y", False), ("Connection: keep-alive", True)])
async def test_http_1_0_is_for_aiohttp(line: str, *, stays: bool) -> None:
    """Its connections end behind an answer, unless asked to stay."""
    port = watched(FakeDirectory(ROOM))
    old = request(ASKED, line).replace(b" HTTP/1.1", b" HTTP/1.0")

    async with served(port) as (url, _), talk(url) as node:
        for _ in range(2 if stays else 1):
            await node.say(old)
            assert (await node.hear()).status == 200
        if not stays:
            assert await node.rest() == b""

    assert port.promptly == []


@pytest.mark.parametrize("size", [60_000, MAX_HELD_BYTES - 1000])
async def test_a_very_long_request_comes_in_pieces(size: int) -> None:
    """As long as a whole request is held back, it is plain."""
    port = watched(FakeDirectory(ROOM))
    long = request(f"{SERVICE}?local_alias={'a' * size}")

    async with served(port) as (url, _), talk(url) as node:
        await node.say(*cut(long, range(0, size, 5000)))
        answer = await node.hear()

    assert answer.status == 200
    assert (len(port.promptly), port.by_aiohttp) == (1, [])


@pytest.mark.parametrize("step", [5000, 200_000])
async def test_an_endless_request_gets_what_aiohttp_says(step: int) -> None:
    """A 400 and the end."""
    long = request(f"{SERVICE}?local_alias={'a' * (MAX_HELD_BYTES + 5000)}")

    async with served(watched(FakeDirectory(ROOM))) as (url, _), talk(url) as node:
        await node.say(*cut(long, range(0, len(long), step)))
        answer = await node.hear()

    assert answer.status == 400


async def test_a_request_may_come_byte_by_byte() -> None:
    """And the next one too."""
    port = watched(FakeDirectory(ROOM))
    data = request(ASKED)

    async with served(port) as (url, _), talk(url) as node:
        for _ in range(2):
            await node.say(*(data[n : n + 1] for n in range(len(data))))
            assert (await node.hear()).status == 200

    assert (port.promptly, port.by_aiohttp) == ([ASKED, ASKED], [])


@pytest.mark.parametrize("at_once", [1, 50])
async def test_whoever_does_not_read_is_not_answered_for_ever(at_once: int) -> None:
    """Answers pile up to a bound, then requests are left unread; all are answered in the end."""
    port = watched(FakeDirectory(ROOM))

    async with served(port) as (url, hall), talk(url, buffer_bytes=4096) as node:
        await node.ask(ASKED)
        [connection] = hall.connected()
        node.writer.transport.pause_reading()  # type: ignore[attr-defined]  # StreamReader's own
        sent, transport = 0, connection.transport
        assert transport is not None
        most = 0
        while sent < 5000:
            await node.say(request(ASKED) * at_once)
            sent += at_once
            most = max(most, transport.get_write_buffer_size())
        node.writer.transport.resume_reading()  # type: ignore[attr-defined]
        answers = [await node.hear() for _ in range(sent)]

    assert {each.status for each in answers} == {200}
    assert 10_000 < most < 80_000


async def test_a_head_request_is_for_aiohttp() -> None:
    """The head of the same answer, and the connection goes on."""
    async with served(watched(FakeDirectory(ROOM))) as (url, _), talk(url) as node:
        got = await node.ask(ASKED)
        await node.say(request(ASKED, method="HEAD"))
        head = await node.hear(head_only=True)
        again = await node.ask(ASKED)

    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}
    assert again.said == got.said


@pytest.mark.parametrize(
    "asked",
    [
        request("/", "Content-Length: 4", method="POST") + b"body",
        request("/", "Transfer-Encoding: chunked", method="POST") + b"4\r\nbody\r\n0\r\n\r\n",
        request(ASKED, "Content-Length: 4") + b"body",
        request(ASKED, "Content-Length: 4", "Expect: 100-continue") + b"body",
        request(ASKED, "Connection: upgrade", "Upgrade: websocket"),
        request(ASKED, "Connection: keep-alive, x"),
        request("*", method="OPTIONS"),
        b"\r\n" + request(ASKED),
    ],
)
async def test_what_is_not_plain_leaves_a_usable_connection(asked: bytes) -> None:
    """Before it and after it, plain requests are answered."""
    async with served(watched(FakeDirectory(ROOM))) as (url, _), talk(url) as node:
        before = await node.ask(ASKED)
        await node.say(*cut(asked, [11, len(asked) - 2]))
        between = await node.hear()
        after = await node.ask(ASKED)

    assert between.status in {200, 405}
    assert before.said == after.said


async def test_what_is_no_http_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    """With a 400, also behind plain requests."""
    async with served(watched(FakeDirectory(ROOM))) as (url, _), talk(url) as node:
        await node.ask(ASKED)
        await node.say(request(ASKED, "Content-Length: 1", "Content-Length: 2"))
        answer = await node.hear()
        rest = await node.rest()

    assert (answer.status, rest) == (400, b"")
    assert QUERY not in caplog.text


async def test_a_talk_is_what_it_seems() -> None:
    """Pieces arrive one by one, or these tests would say nothing."""
    heard: list[bytes] = []

    class Noting(asyncio.Protocol):
        def data_received(self, data: bytes) -> None:
            heard.append(data)

    server = await asyncio.get_running_loop().create_server(Noting, "127.0.0.1", 0)
    async with server, talk(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as node:
        assert isinstance(node, Talk)
        await node.say(b"a", b"b", b"cd")

    assert heard == [b"a", b"b", b"cd"]
