"""Whatever is sent, in whatever pieces, aiohttp alone would have answered the same."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.directory import FakeDirectory
from tests.handlers.asking import ROOM, SERVICE
from tests.handlers.talking import Talk, Watched, cut, halled, request, talk, watched

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    Way = Callable[[list[bytes], list[int]], list[bytes]]

ALIAS: Final = f"{SERVICE}?local_alias="
ODD: Final = "TE: x"  # harmless, and read by aiohttp
VISIBLE: Final = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
TARGETS: Final = st.builds(
    "{}{}".format,
    st.sampled_from(
        [
            ALIAS,
            "/",
            "/health/",
            "/policy/v1/registrations/",
            "/policy/v1/participant/avatar/",
            "/policy/v1/participant/location?",
        ]
    ),
    VISIBLE | st.sampled_from(["karin.holm%40example.org", "live", "ready#" + SERVICE, "%2Flive"]),
)
PLACES: Final = st.lists(st.integers(0, 500), max_size=6)
# Without a declined upgrade: aiohttp alone does not answer what is no HTTP behind it.
WHOLE: Final = st.builds(
    request,
    TARGETS,
    st.sampled_from(["X: y", "Connection: close", "Connection: keep-alive", ODD, "Expect: x", ""]),
    method=st.sampled_from(["GET"] * 8 + ["HEAD", "POST", "OPTIONS"]),
)
WITH_BODY: Final = st.sampled_from(
    [
        request(ALIAS, "Content-Length: 3") + b"abc",
        request(ALIAS, "Content-Length: 3", method="POST") + b"abc",
        request(ALIAS, "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n",
    ]
)
# Nothing that is no HTTP: there aiohttp forgets what it has read just before, and how much that is
# hangs on how the network cuts. `test_plain.py` has what must not be taken for plain.
STREAMS: Final = st.lists(WHOLE | WHOLE | WITH_BODY, min_size=1, max_size=4)
# As they are, cut anywhere, or with each end of header lines as the end of a piece.
WAYS: Final[list[Way]] = [
    lambda stream, _: stream,
    lambda stream, places: cut(b"".join(stream), places),
    lambda stream, _: re.findall(rb".+?\r\n\r\n|.+", b"".join(stream), re.DOTALL),
]
END: Final = request("/end", "Connection: close")
STATUS: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")


@pytest.fixture(scope="module")
async def port() -> AsyncIterator[tuple[str, str, Watched]]:
    """Serve the same twice: both ways, and by aiohttp alone."""
    served = watched(FakeDirectory(ROOM))
    async with (
        halled(served.handle, served) as (both, _),
        halled(served.handle, None) as (alone, _),
    ):
        yield both, alone, served


@given(target=TARGETS, places=PLACES)
async def test_pieces_and_ways_make_no_difference(
    port: tuple[str, str, Watched], target: str, places: list[int]
) -> None:
    """Status, type and body are the same, in any pieces, by either way."""
    both, alone, served = port

    async with talk(both) as node, talk(both) as odd, talk(alone) as old:
        await node.say(*cut(request(target), places))
        answer = await node.hear()
        others = await odd.ask(target, ODD), await old.ask(target)

    assert [each.said for each in others] == [answer.said] * 2
    assert [each.headers.keys() for each in others] == [answer.headers.keys()] * 2
    served.promptly.clear()
    served.by_aiohttp.clear()


@given(stream=STREAMS, way=st.sampled_from(WAYS), places=PLACES, turns=st.integers(1, 3))
async def test_any_stream_gets_the_answers_of_aiohttp(
    port: tuple[str, str, Watched], stream: list[bytes], way: Way, places: list[int], turns: int
) -> None:
    """All of them, in order, whether requests come one by one, together, or in pieces."""
    both, alone, served = port
    pieces = way(stream, places)

    got, wanted = await all_of(both, pieces, turns), await all_of(alone, pieces, turns)

    assert got == wanted
    served.promptly.clear()
    served.by_aiohttp.clear()


async def all_of(url: str, pieces: list[bytes], turns: int) -> list[bytes]:
    """Give the status of each answer; why something is no HTTP depends on where it is cut."""
    said = bytearray()

    async def listen(node: Talk) -> None:
        with suppress(ConnectionError):  # the server hangs up on what it has not read
            while piece := await node.some():
                said.extend(piece)

    async with talk(url) as node, asyncio.TaskGroup() as group:
        group.create_task(listen(node))
        with suppress(ConnectionError):
            await node.say(*pieces, END, turns=turns)
    return STATUS.findall(bytes(said))
