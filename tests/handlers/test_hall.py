"""What all connections of a port have in common: the head of answers, and leaving."""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import pytest
import uvloop

from policy.handlers.hall import Hall
from policy.handlers.replies import Reply
from tests.handlers.talking import Heard, a_moment, halled, request, talk

if TYPE_CHECKING:
    from aiohttp import web

    from policy.handlers.plain import Head

JSON: Final = Reply(200, "application/json", b'{"status":"success"}')
EMPTY: Final = Reply(404, "", b"")


class Porter:
    """Answers `/plain` from the bytes, and all else as aiohttp has read it."""

    async def handle(self, _request: web.BaseRequest) -> web.StreamResponse:
        """Answer at once."""
        return JSON.response()

    def admits(self, _head: Head, _remote: str | None) -> bool:
        """Let everybody in."""
        return True

    def answer(self, target: str, _hops: str) -> Reply | asyncio.Future[Reply] | None:
        """Answer at once, or leave it."""
        return JSON if target == "/plain" else None


def hall_of(max_age_s: float | None = None) -> Hall:
    """Make a hall that nobody enters; there must be a loop."""
    return Hall(Porter().handle, None, limits={}, max_age_s=max_age_s)


def lines_of(answer: bytes) -> list[str]:
    """Give the head of an answer, line by line."""
    return answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")


@pytest.mark.parametrize("closes", [False, True])
async def test_an_answer_has_a_whole_head(*, closes: bool) -> None:
    """Type, length, date, and whether it is the last."""
    answer = hall_of().bytes_of(JSON, 1.0, closes=closes)

    status, *lines = lines_of(answer)
    date = [line for line in lines if line.startswith("Date: ")]
    wanted = ["Content-Type: application/json", "Server: vdx-policy", "Content-Length: 20", *date]
    assert status == "HTTP/1.1 200 OK"
    assert lines == [*wanted, *(["Connection: close"] if closes else [])]
    assert answer.endswith(b'\r\n\r\n{"status":"success"}')


async def test_an_answer_without_a_body_says_so() -> None:
    """It has no type."""
    status, *lines = lines_of(hall_of().bytes_of(EMPTY, 1.0, closes=False))

    assert status == "HTTP/1.1 404 Not Found"
    assert [line.partition(":")[0] for line in lines] == ["Server", "Content-Length", "Date"]
    assert lines[1] == "Content-Length: 0"


async def test_the_length_is_that_of_each_body() -> None:
    """The head is kept, its length is not; bytes count, not letters."""
    hall = hall_of()
    bodies = [b"", b"a", "ø".encode(), b"x" * 100_000]

    answers = [hall.bytes_of(Reply(200, "a/b", each), 1.0, closes=False) for each in bodies]

    lengths = [lines_of(each)[3] for each in answers]
    assert lengths == [f"Content-Length: {len(each)}" for each in bodies]


async def test_the_date_is_that_of_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """It changes when the second does, whatever part of it had gone by at the first answer."""
    hall = hall_of()
    began = 1_000_000_000.25
    seen = []
    for passed_s in (0.0, 0.5, 0.74, 0.75, 1.5, 1.75, 60.0, 86_400.0):
        monkeypatch.setattr(time, "time", lambda at=began + passed_s: at)
        answer = hall.bytes_of(JSON, 77.0 + passed_s, closes=False)
        [date] = [line for line in lines_of(answer) if line.startswith("Date: ")]
        seen.append(parsedate_to_datetime(date[6:]).timestamp() - 1_000_000_000)

    assert seen == [0, 0, 0, 1, 1, 2, 60, 86_400]


async def test_connections_leave_at_times_of_their_own() -> None:
    """Within a quarter of the age, so that they do not all come back at once."""
    hall = hall_of(max_age_s=100.0)

    ages = {hall.leaving_time(1000.0) - 1000.0 for _ in range(200)}

    assert len(ages) > 100
    assert 75.0 <= min(ages) < 85.0
    assert 115.0 < max(ages) <= 125.0


async def test_without_an_age_nobody_has_to_leave() -> None:
    """A connection may stay for ever."""
    assert hall_of().leaving_time(1000.0) == float("inf")


@pytest.mark.parametrize("target", ["/plain", "/aiohttp"])
@pytest.mark.parametrize(("max_age_s", "ends"), [(0.0, True), (3600.0, False), (None, False)])
async def test_an_old_connection_ends_behind_an_answer(
    target: str, max_age_s: float | None, *, ends: bool
) -> None:
    """The answer says so and is whole, and the end is a clean one, whoever answers."""
    port = Porter()

    async with halled(port.handle, port, max_age_s=max_age_s) as (url, _), talk(url) as node:
        answers = [await node.ask(target) for _ in range(1 if ends else 3)]
        rest = await node.rest() if ends else b""

    assert [(each.status, each.body, each.closes) for each in answers] == [
        (200, JSON.body, ends) for _ in answers
    ]
    assert rest == b""


async def test_one_that_is_too_many_ends_behind_its_first_answer() -> None:
    """Whoever counts the connections of several processes is told of each that comes and goes."""

    class Counted:
        here, most = 0, 1

        def come(self) -> bool:
            self.here += 1
            return self.here > self.most

        def go(self) -> None:
            self.here -= 1

    port, share = Porter(), Counted()

    async with halled(port.handle, port, share=share) as (url, _), talk(url) as one:
        await one.ask("/plain")
        async with talk(url) as other:
            first, second = await other.ask("/plain"), await other.rest()
        await a_moment()
        stays, here = await one.ask("/plain"), share.here

    assert (first.closes, second) == (True, b"")
    assert (stays.closes, here) == (False, 1)
    assert share.here == 0


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_one_that_is_gone_takes_no_answer_from_others(
    loop: type[asyncio.AbstractEventLoop],
) -> None:
    """Answers go out together, and uvloop raises for a connection that is gone."""

    async def meet() -> Heard:
        port = Porter()
        async with halled(port.handle, port) as (url, hall), talk(url) as one:
            await one.ask("/plain")
            [connection] = hall.connected()
            gone = connection.transport
            assert gone is not None
            gone.abort()
            await one.rest()
            async with talk(url) as other:
                await other.ask("/plain")
                hall.post(gone, b"lost")
                await other.say(request("/plain"))
                [connection] = hall.connected()
                assert connection.transport is not None
                hall.post(gone, b"lost")
                hall.post(connection.transport, hall.bytes_of(EMPTY, 0.0, closes=False))
                await other.hear()
                return await other.hear()

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(meet()).status == 404


async def test_answers_carry_the_name_of_the_service_whoever_gives_them() -> None:
    """And not that of a library with its version."""
    port = Porter()

    async with halled(port.handle, port) as (url, _), talk(url) as node:
        answers = [await node.ask("/plain"), await node.ask("/aiohttp")]

    assert [each.headers["server"] for each in answers] == ["vdx-policy", "vdx-policy"]
