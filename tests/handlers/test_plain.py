"""What is recognised as a plain request, and that aiohttp reads the same in it."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpProcessingError, HttpRequestParser, RawRequestMessage
from hypothesis import assume, given
from hypothesis import strategies as st

from policy.handlers.door import MAX_REQUEST_LINE_BYTES
from policy.handlers.forwarding import HOPS_HEADER
from policy.handlers.plain import (
    END,
    MAX_HEAD_BYTES,
    MAX_LINES,
    Head,
    may_become_plain,
    target_of,
)


def read(*lines: str) -> Head | None:
    """Read header lines as they stand behind a request line."""
    return Head.read("\r\n".join(["", *lines, "", ""]).encode("latin-1"))


PLAIN: Final[dict[str, tuple[list[str], Head]]] = {
    "a host": (["Host: a"], Head("", "", closes=False)),
    "no blank": (["Host:a"], Head("", "", closes=False)),
    "an empty host": (["Host:"], Head("", "", closes=False)),
    "blanks around": (["Host: \t a  "], Head("", "", closes=False)),
    "any case": (["hOST: a", "aUTHORIZATION: Basic eDp5"], Head("Basic eDp5", "", closes=False)),
    "a blank within": (["Host: a", "Authorization: x  y "], Head("x  y", "", closes=False)),
    "hops": (["Host: a", f"{HOPS_HEADER}: 2"], Head("", "2", closes=False)),
    "hops in capitals": (["Host: a", f"{HOPS_HEADER.upper()}: 2"], Head("", "2", closes=False)),
    "an end": (["Host: a", "Connection: close"], Head("", "", closes=True)),
    "an end in capitals": (["Host: a", "CONNECTION: CLOSE"], Head("", "", closes=True)),
    "no end": (["Host: a", "Connection: Keep-Alive"], Head("", "", closes=False)),
    "what a node sends": (
        ["Host: a", "User-Agent: curl/8", "Accept: */*", "Accept-Encoding: gzip, deflate"],
        Head("", "", closes=False),
    ),
    "many": (["Host: a", *(f"X-{n}: b" for n in range(MAX_LINES - 1))], Head("", "", closes=False)),
}
ODD: Final[dict[str, list[str]]] = {
    "none at all": [],
    "no host": ["Accept: */*"],
    "a host twice": ["Host: a", "Host: a"],
    "credentials twice": ["Host: a", "Authorization: Basic a", "authorization: Basic b"],
    "a length": ["Host: a", "Content-Length: 0"],
    "a length in capitals": ["Host: a", "CONTENT-LENGTH: 5"],
    "a blank before the colon": ["Host: a", "Content-Length : 5"],
    "chunks": ["Host: a", "Transfer-Encoding: chunked"],
    "chunks, oddly": ["Host: a", "tRANSFER-eNCODING:\tChunked"],
    "an expectation": ["Host: a", "Expect: 100-continue"],
    "another protocol": ["Host: a", "Upgrade: websocket"],
    "another protocol, wanted": ["Host: a", "Connection: upgrade"],
    "two wishes": ["Host: a", "Connection: keep-alive, close"],
    "an empty wish": ["Host: a", "Connection:"],
    "a wish of another name": ["Host: a", "Proxy-Connection: close"],
    "an encoding": ["Host: a", "Content-Encoding: zstd"],
    "a trailer": ["Host: a", "Trailer: x"],
    "a harmless one that aiohttp is to read": ["Host: a", "TE: x"],
    "a folded line": ["Host: a", "X: b", " c"],
    "a folded line with a tab": ["Host: a", "X: b", "\tc"],
    "a first line that is folded": [" x", "Host: a"],
    "a line feed alone": ["Host: a\nContent-Length: 5"],
    "a carriage return alone": ["Host: a\rContent-Length: 5"],
    "a NUL": ["Host: a", "X: b\0c"],
    "a NUL in a name": ["Host: a", "X\0: b"],
    "a tab within": ["Host: a", "X: b\tc"],
    "a letter that is not ASCII": ["Host: a", "X: \xe5"],
    "no colon": ["Host: a", "X"],
    "no name": ["Host: a", ": x"],
    "a second request": ["Host: a", "", "GET / HTTP/1.1", "Host: a"],
    "a body": ["Host: a", "", "body"],
    "too many": ["Host: a", *(f"X-{n}: b" for n in range(MAX_LINES))],
    "too much": ["Host: a", f"X: {'b' * MAX_HEAD_BYTES}"],
}


@pytest.mark.parametrize(("lines", "head"), PLAIN.values(), ids=PLAIN)
def test_plain_header_lines_are_read(lines: list[str], head: Head) -> None:
    """Blanks around a value do not belong to it, and the case of a name does not count."""
    assert read(*lines) == head


@pytest.mark.parametrize("lines", ODD.values(), ids=ODD)
def test_odd_header_lines_are_left_to_aiohttp(lines: list[str]) -> None:
    """Whatever could be read in two ways, or says that more follows, is not plain."""
    assert read(*lines) is None


@pytest.mark.parametrize("start", ["X: ", "X: a", "X", ""])
@pytest.mark.parametrize("filling", [" ", "\t", " \t", "a"])
def test_a_line_that_nearly_fits_costs_nothing(start: str, filling: str) -> None:
    """Anybody may send it, before it is known who asks."""
    filled = filling * ((MAX_HEAD_BYTES - 100) // len(filling))

    began = time.process_time()
    got = read("Host: a", f"{start}{filled}\x80")
    took_s = time.process_time() - began

    assert got is None
    assert took_s < 0.05  # a pattern that tries every split takes minutes


@pytest.mark.parametrize(
    ("line", "target"),
    [
        (b"GET / HTTP/1.1", "/"),
        (b"GET /a%2Fb?c=d&e=%C3%B8 HTTP/1.1", "/a%2Fb?c=d&e=%C3%B8"),
        (b"GET //a/b HTTP/1.1", "//a/b"),
        (b'GET /"<>[\\]^`{|}~ HTTP/1.1', '/"<>[\\]^`{|}~'),
        (b"GET / HTTP/1.0", None),
        (b"GET / HTTP/1.10", None),
        (b"GET / http/1.1", None),
        (b"GET /", None),
        (b"GET / HTTP/1.1 ", None),
        (b"GET /  HTTP/1.1", None),
        (b"GET  / HTTP/1.1", None),
        (b"GET\t/ HTTP/1.1", None),
        (b"GET /a b HTTP/1.1", None),
        (b"GET /a\tb HTTP/1.1", None),
        (b"GET /a\nb HTTP/1.1", None),
        (b"GET /a\rb HTTP/1.1", None),
        (b"GET /a\0b HTTP/1.1", None),
        (b"GET /a\x7fb HTTP/1.1", None),
        (b"GET /a\xc3\xb8 HTTP/1.1", None),
        (b"GET /a#b HTTP/1.1", None),
        (b"GET * HTTP/1.1", None),
        (b"GET http://a/ HTTP/1.1", None),
        (b"HEAD / HTTP/1.1", None),
        (b"get / HTTP/1.1", None),
        (b" GET / HTTP/1.1", None),
        (b"POST / HTTP/1.1", None),
        (b"GET / HTTP/1.1 HTTP/1.1", None),
        (b"GET/ HTTP/1.1", None),
        (b"GET  HTTP/1.1", None),
        (b"", None),
    ],
)
def test_the_target_of_a_plain_line(line: bytes, target: str | None) -> None:
    """Visible ASCII between one blank and the next, as sent."""
    assert target_of(line) == target


@pytest.mark.parametrize(
    ("data", "may_be"),
    [
        (b"", True),
        (b"G", True),
        (b"GET ", True),
        (b"GET /", True),
        (b"GET /a HTTP/1.1\r\nHost: a\r\n\r", True),
        (b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", False),
        (b"GET /a HTTP/1.1\r\nHost: a\r\n\r\nG", False),
        (b"GEX", False),
        (b"GET *", False),
        (b"HEAD /", False),
        (b"\r\n", False),
        (b"\x16\x03\x01", False),
    ],
)
def test_what_may_become_plain_is_waited_for(data: bytes, *, may_be: bool) -> None:
    """The start fits, and the end has not come."""
    assert may_become_plain(data) is may_be


# Pieces of requests, among them those that smuggle another one past a reader.
VALUES: Final = st.sampled_from(
    [
        "a",
        "close",
        "Keep-Alive",
        "upgrade",
        "chunked",
        "5",
        "gzip",
        "100-continue",
        "Basic eDp5",
        "",
        "\0",
        "\x80",
    ]
) | st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=8)
NAMES: Final = st.sampled_from(
    [
        "Host",
        "Connection",
        "Proxy-Connection",
        "Authorization",
        "Content-Length",
        "Transfer-Encoding",
        "Content-Encoding",
        "Expect",
        "Upgrade",
        "TE",
        "Trailer",
        "Sec-WebSocket-Key1",
        "Keep-Alive",
        HOPS_HEADER,
        "X",
    ]
) | st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7F), max_size=5)
LINES: Final = st.builds(
    "{}{}{}{}{}".format,
    NAMES,
    st.sampled_from([":", ": ", " :", ":\t", "", ":  "]),
    VALUES,
    st.sampled_from(["", " ", "\t"]),
    st.sampled_from(["\r\n"] * 8 + ["\n", "\r", "\r\n ", "\r\n\r\n"]),
)
TARGETS: Final = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7F), max_size=12) | (
    st.sampled_from(
        ["?a=b", "health/live", "a HTTP/1.1\r\nHost: b\r\n\r\nGET /", "#/", "//a", "[", "%"]
    )
)
METHODS: Final = st.sampled_from(["GET"] * 5 + ["HEAD", "POST", "get"])
VERSIONS: Final = st.sampled_from([" HTTP/1.1\r\n"] * 6 + [" HTTP/1.0\r\n", " HTTP/1.1\n", "\r\n"])
REQUESTS: Final = st.builds(
    "{} /{}{}{}{}\r\n".format,
    METHODS,
    TARGETS,
    VERSIONS,
    st.sampled_from(["Host: a\r\n"] * 5 + [""]),
    st.lists(LINES, max_size=4).map("".join),
).map(lambda text: text.encode("latin-1"))


@given(data=REQUESTS)
async def test_what_is_plain_is_the_same_to_aiohttp(data: bytes) -> None:
    """One whole request, of the same path, credentials and wish, and nothing behind it."""
    end = data.find(b"\r\n")
    head, target = Head.read(data[end:]), target_of(data[:end])
    if head is None or target is None or not data.endswith(END):
        return  # aiohttp reads it in any case

    [message] = as_aiohttp_reads(data)

    assert (message.method, message.path) == ("GET", target)
    assert message.headers.get("Authorization", "") == head.authorization
    assert message.headers.get(HOPS_HEADER, "") == head.hops
    assert message.should_close == head.closes
    assert (message.upgrade, message.chunked) == (False, False)


@given(data=REQUESTS, more=REQUESTS | st.binary(min_size=1, max_size=20))
def test_two_at_once_are_never_plain(data: bytes, more: bytes) -> None:
    """A body or a second request behind the first one is for aiohttp to find."""
    both = data + more
    assume(END in data and both.endswith(END))

    assert Head.read(both[both.find(b"\r\n") :]) is None


def as_aiohttp_reads(data: bytes) -> list[RawRequestMessage]:
    """Give the requests that aiohttp finds; none of them may have a body, or leave a rest."""
    loop = asyncio.get_running_loop()
    parser = HttpRequestParser(
        BaseProtocol(loop),
        loop,
        2**16,
        max_line_size=MAX_REQUEST_LINE_BYTES,
        max_field_size=MAX_REQUEST_LINE_BYTES,
        max_msg_queue_size=32,
    )
    try:
        messages, upgraded, tail = parser.feed_data(data)
    except HttpProcessingError as exc:
        pytest.fail(f"aiohttp refuses {data!r}: {exc}")
    assert (upgraded, tail) == (False, b"")
    assert all(payload.is_eof() for _, payload in messages)
    return [message for message, _ in messages]
