"""One port: opened, left and closed, without losing a request."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import pytest

from policy.handlers.door import LINGER_S, SILENT_S, Door
from policy.handlers.listening import url_of
from policy.handlers.replies import Reply
from tests.certificates import write_certificate
from tests.handlers.talking import Talk, a_moment, request, talk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import web

    from policy.handlers.plain import Head

DONE: Final = Reply(200, "text/plain", b"done")
# Whoever answers: from the bytes or as aiohttp has read it, at once or when let go.
NOW: Final = ["/plain", "/aiohttp"]
LATE: Final = ["/plain/late", "/aiohttp/late"]


class Porter:
    """Keeps the late waiting until they are let go."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.let_go = asyncio.Event()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer what aiohttp has read."""
        return (await self._late() if request.path.endswith("/late") else DONE).response()

    def admits(self, _head: Head, _remote: str | None) -> bool:
        """Let everybody in."""
        return True

    def answer(self, target: str, _hops: str) -> Reply | asyncio.Future[Reply] | None:
        """Answer from the bytes."""
        if not target.startswith("/plain"):
            return None
        return asyncio.ensure_future(self._late()) if target.endswith("/late") else DONE

    async def _late(self) -> Reply:
        self.asked.set()
        await self.let_go.wait()
        return DONE


@asynccontextmanager
async def opened(*, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Porter, Door, str]]:
    """Open a door on one listener; gives its URL."""
    porter = Porter()
    door = Door(porter.handle, porter)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await door.open(listener, tls)
        try:
            yield porter, door, url_of(listener)
        finally:
            porter.let_go.set()
            await door.close()


def now() -> float:
    """Give the loop's time."""
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("target", LATE)
async def test_a_request_under_way_is_answered_before_leaving(target: str) -> None:
    """Its answer says that it is the last, and leaving ends soon behind it."""
    async with opened() as (porter, door, url), talk(url) as node:
        await node.say(request(target))
        await porter.asked.wait()
        leaving = asyncio.create_task(door.drain(60.0))
        await a_moment()
        began = now()
        porter.let_go.set()
        answer = await node.hear()
        rest = await node.rest()
        await leaving
        took_s = now() - began

    assert (answer.status, answer.body, answer.closes) == (200, b"done", True)
    assert rest == b""
    assert took_s < SILENT_S


@pytest.mark.parametrize("target", NOW)
async def test_whoever_still_asks_is_answered_for_the_last_time(target: str) -> None:
    """A connection that has just been used may bring one more request."""
    async with opened() as (_, door, url), talk(url) as node:
        first = await node.ask(target)
        leaving = asyncio.create_task(door.drain(60.0))
        await a_moment()
        last = await node.ask(target)
        rest = await node.rest()
        await leaving

    assert (first.closes, last.closes, last.body, rest) == (False, True, b"done", b"")


@pytest.mark.parametrize("said", [b"", b"GET /plain HT", b"POST / HTTP/1.1\r\nHo"])
async def test_whoever_is_silent_is_closed(said: bytes) -> None:
    """Also half-way through a request; leaving does not take as long as it might."""
    async with opened() as (_, door, url), talk(url) as node:
        await node.ask("/plain")
        await node.say(said)
        began = now()
        await door.drain(60.0)
        took_s = now() - began
        rest = await node.rest()

    assert rest == b""
    assert LINGER_S <= took_s < SILENT_S + 1.0


@pytest.mark.parametrize("target", LATE)
async def test_whoever_hangs_is_cut_off(target: str) -> None:
    """Leaving ends in time, and closing does not wait."""
    async with opened() as (porter, door, url), talk(url) as node:
        await node.say(request(target))
        await porter.asked.wait()
        began = now()
        await door.drain(0.1)
        drained_s = now() - began
        await door.close()
        closed_s = now() - began - drained_s
        rest = await node.rest()

    assert rest == b""
    assert 0.1 <= drained_s < 1.0
    assert closed_s < 1.0


async def test_leaving_is_soon_done_when_nobody_is_there() -> None:
    """As long as somebody accepted in the last moment may need to ask."""
    async with opened() as (_, door, _url):
        began = now()
        await door.drain(60.0)
        took_s = now() - began

    assert LINGER_S <= took_s < LINGER_S + 0.5


async def test_who_leaves_accepts_nobody() -> None:
    """The listener is the caller's, who closes it; nobody is greeted there."""
    async with opened() as (_, door, url), talk(url) as before:
        leaving = asyncio.create_task(door.drain(60.0))
        await a_moment()
        async with talk(url) as after:  # the kernel accepts, as the listener is still open
            await after.say(request("/plain"))
            answer = await before.ask("/plain")
            await leaving
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await after.rest()

    assert answer.closes


async def test_a_door_that_was_never_opened_can_be_left_and_closed() -> None:
    """There is nobody to wait for."""
    door = Door(Porter().handle)

    await door.drain(60.0)
    await door.close()


async def test_a_door_has_any_number_of_listeners() -> None:
    """To leave one keeps the others, and whoever came in by it."""
    porter = Porter()
    door = Door(porter.handle, porter)

    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        await door.open(one)
        await door.open(other)
        async with talk(url_of(one)) as early:
            await early.ask("/plain")
            await door.leave(one)
            async with talk(url_of(other)) as late:
                answers = [await early.ask("/plain"), await late.ask("/aiohttp")]
            await door.open(one)
            async with talk(url_of(one)) as again:
                answers.append(await again.ask("/plain"))
        await door.close()

    assert [(each.status, each.closes) for each in answers] == [(200, False)] * 3


@pytest.mark.parametrize("target", [*NOW, *LATE])
async def test_closing_cuts_everybody_off(target: str) -> None:
    """At once, whoever waits for what."""
    async with opened() as (porter, door, url), talk(url) as node:
        await node.say(request(target))
        if target in LATE:
            await porter.asked.wait()
        else:
            await node.hear()
        began = now()
        await door.close()
        took_s = now() - began
        rest = await node.rest()

    assert rest == b""
    assert took_s < 1.0


async def test_who_was_accepted_elsewhere_is_taken_in() -> None:
    """An accepted socket may come from another process."""
    async with opened() as (_, door, _url):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)  # noqa: FBT003  its only argument
            async with talk(url_of(listener)) as node:
                accepted, _ = await asyncio.get_running_loop().sock_accept(listener)
                await door.admit(accepted)
                answers = [await node.ask(target) for target in NOW]
                await door.drain(60.0)
                rest = await node.rest()

    assert [each.status for each in answers] == [200, 200]
    assert rest == b""


async def encrypted(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Give the server's side of TLS and the client's."""
    write_certificate(folder)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem", folder / "server.key")
    client = ssl.create_default_context(cafile=folder / "server.pem")
    client.check_hostname = False
    return server, client


async def test_over_tls_it_is_the_same(tmp_path: Path) -> None:
    """Both ways, in pieces, pipelined, late, and to a clean end."""
    server, client = await encrypted(tmp_path)

    async with opened(tls=server) as (porter, door, url), talk(url, tls=client) as node:
        answers = [await node.ask(target) for target in NOW]
        await node.say(request("/plain")[:20], request("/plain")[20:])
        answers.append(await node.hear())
        await node.say(request("/plain/late"))
        await porter.asked.wait()
        leaving = asyncio.create_task(door.drain(60.0))
        await a_moment()
        porter.let_go.set()
        last = await node.hear()
        rest = await node.rest()
        await leaving

    assert [(each.status, each.closes) for each in answers] == [(200, False)] * 3
    assert (last.status, last.closes, rest) == (200, True, b"")


async def test_who_does_not_speak_tls_is_let_go(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a word, and the others are served."""
    server, client = await encrypted(tmp_path)

    async with opened(tls=server) as (_, _door, url), talk(url) as stranger:
        await stranger.say(request("/plain"))
        assert isinstance(stranger, Talk)
        await stranger.rest()
        async with talk(url, tls=client) as node:
            answer = await node.ask("/plain")

    assert answer.status == 200
    assert "GET" not in caplog.text
