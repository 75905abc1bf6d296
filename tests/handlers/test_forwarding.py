"""Another policy server is asked as the node asked us, and never keeps a call waiting."""

from __future__ import annotations

import asyncio
import base64
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Final

import pytest

from policy.errors import StartError
from policy.handlers.breaker import MAX_FAILURES, PAUSE_S
from policy.handlers.forwarding import Forwarded, Forwarder, Upstream, in_ascii, read_hops
from policy.rules.model import Forward, OnFailure
from policy.wire.answers import ForwardedAnswer
from policy.wire.asked import Asked
from policy.wire.vocabulary import Action, RequestType
from tests.fakes.upstream import JPEG, FakeUpstream, Reply, success
from tests.pictures.drawing import halves

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OLD: Final = "old-server"
RULE: Final = Forward(OLD, 5.0, OnFailure.NEXT)
IMPATIENT: Final = Forward(OLD, 0.05, OnFailure.NEXT)
# Raw as a node sends it; what was encoded twice or oddly stays so.
QUERY: Final = "local_alias=karin.holm%40example.org&q=a+b%20c%2f%C3%A6&x=%zz&call_tag="
CALL: Final = Asked(RequestType.SERVICE, "", QUERY)
ROOM: Final = {"service_type": "conference", "name": "r-1", "service_tag": ""}


@dataclass(slots=True)
class Site:
    """A forwarder, what it has told of its requests, and its clock."""

    forwarder: Forwarder
    told: list[tuple[str, Forwarded]] = field(default_factory=list)
    now_s: float = 1000.0

    async def ask(
        self, asked: Asked = CALL, rule: Forward = RULE, remaining_s: float = 5.0, hops: int = 0
    ) -> ForwardedAnswer | None:
        """Ask as a handler does."""
        return await self.forwarder.ask(asked, rule, remaining_s, hops=hops)

    @property
    def outcome(self) -> Forwarded:
        """What became of the last request."""
        return self.told[-1][1]


@asynccontextmanager
async def forwarding(url: str, username: str = "", password: str = "") -> AsyncIterator[Site]:
    """Forward to a server at a URL."""

    def observe(name: str, outcome: Forwarded, _seconds: float) -> None:
        site.told.append((name, outcome))

    upstream = Upstream(url, username, password)
    site = Site(Forwarder({OLD: upstream}, observe, lambda: site.now_s))
    await site.forwarder.open()
    try:
        yield site
    finally:
        await site.forwarder.close()


async def _answered(reply: Reply, asked: Asked = CALL) -> tuple[ForwardedAnswer | None, Forwarded]:
    async with FakeUpstream(reply) as upstream, forwarding(upstream.url) as site:
        return await site.ask(asked), site.outcome


def _jpeg(width: int, height: int) -> bytes:
    out = BytesIO()
    halves(width, height).save(out, "JPEG")
    return out.getvalue()


def _entries(count: int) -> list[dict[str, str]]:
    return [
        {"alias": f"{each}@example.org", "description": str(each), "username": ""}
        for each in range(count)
    ]


@pytest.mark.parametrize(
    ("asked", "reply", "want"),
    [
        (CALL, success(ROOM, action="continue"), ForwardedAnswer(Action.CONTINUE, ROOM)),
        (CALL, success(action="reject"), ForwardedAnswer(Action.REJECT)),
        (CALL, Reply(404, "text/html", b"<p>"), ForwardedAnswer(Action.NOT_FOUND)),
        (
            Asked(RequestType.PARTICIPANT, "", "protocol=api"),
            success({"spotlight": 1}),
            ForwardedAnswer(Action.CONTINUE, {"spotlight": 1}),
        ),
        (
            Asked(RequestType.LOCATION, "", ""),
            success({"location": "Oslo"}),
            ForwardedAnswer(Action.CONTINUE, {"location": "Oslo"}),
        ),
        (
            Asked(RequestType.REGISTRATION, "bo%40example.org", "protocol=sip"),
            success({"username": "bo", "password": "77"}),
            ForwardedAnswer(Action.CONTINUE, {"username": "bo", "password": "77"}),
        ),
        (
            Asked(RequestType.PHONEBOOK, "", "q=ward&limit=2"),
            success(_entries(3)),
            ForwardedAnswer(Action.CONTINUE, _entries(2)),
        ),
        (
            Asked(RequestType.AVATAR, "bo%40example.org", "width=40&height=30"),
            Reply(200, JPEG, _jpeg(40, 30)),
            ForwardedAnswer(Action.CONTINUE, image=_jpeg(40, 30)),
        ),
        (
            Asked(RequestType.AVATAR, "bo%40example.org", "width=40&height=30"),
            Reply(404, None),
            ForwardedAnswer(Action.NOT_FOUND),
        ),
    ],
)
async def test_a_good_answer_of_every_request(
    asked: Asked, reply: Reply, want: ForwardedAnswer
) -> None:
    """What the other server says is given, no more of it than the node asked for."""
    assert await _answered(reply, asked) == (want, Forwarded.ANSWERED)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, body=b"{}"),
        Reply(401, body=b"{}"),
        Reply(302, headers={"Location": "/policy/v1/service/configuration"}),
        Reply(200, "text/html", success(ROOM).body),
        Reply(200, None, success(ROOM).body),
        Reply(200, body=b"no JSON"),
        Reply(200, body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"}),
        success({**ROOM, "pin": "12"}),
        Reply(endless=True),
        Reply(body=b" " * (257 << 10)),
    ],
)
async def test_an_answer_that_a_node_would_drop_is_none(reply: Reply) -> None:
    """Wrong, moved elsewhere, or without end: the rule's own way out is taken."""
    assert await _answered(reply) == (None, Forwarded.WRONG)


@pytest.mark.parametrize(
    ("query", "image"),
    [
        ("width=40&height=40", _jpeg(40, 30)),
        ("", _jpeg(40, 30)),
        ("width=40&height=30", _jpeg(40, 30)[:-2]),
        ("width=40&height=30", _jpeg(40, 30) + b" " * (2 << 20)),
    ],
)
async def test_a_picture_has_the_size_that_was_asked_for(query: str, image: bytes) -> None:
    """A node drops any other without a word."""
    asked = Asked(RequestType.AVATAR, "bo%40example.org", query)

    assert await _answered(Reply(200, JPEG, image), asked) == (None, Forwarded.WRONG)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\x00",
        b"HTTP/1.1 \r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: \xff\xfe\r\n" + b"X: y\r\n" * 100_000,
    ],
)
async def test_what_is_no_http_is_no_answer(raw: bytes) -> None:
    """Whatever stands on the other side, a call is decided."""
    assert await _answered(Reply(raw=raw)) == (None, Forwarded.UNREACHABLE)


async def test_it_is_asked_as_the_node_asked() -> None:
    """Path and query reach it untouched, behind the prefix of its own URL."""
    async with (
        FakeUpstream(success()) as upstream,
        forwarding(f"{upstream.url}/cdr/policy/", username="nodes", password="påske") as site,
    ):
        await site.ask()
        await site.ask(Asked(RequestType.AVATAR, "sip%3abo%2Fx%40example.org", "width=1"))

    call, avatar = upstream.heard
    above = "/cdr/policy/policy/v1"
    assert call.target == f"{above}/service/configuration?{QUERY}"
    assert avatar.target == f"{above}/participant/avatar/sip%3abo%2Fx%40example.org?width=1"
    credentials = base64.b64encode("nodes:påske".encode()).decode()
    assert call.headers["authorization"] == f"Basic {credentials}"
    assert call.headers["vdx-policy-hops"] == "1"
    assert "accept-encoding" not in call.headers


async def test_a_redirect_is_not_followed() -> None:
    """A node does not either, and credentials go to nobody else."""
    reply = Reply(302, headers={"Location": "/elsewhere"})
    async with FakeUpstream(reply) as upstream, forwarding(upstream.url) as site:
        await site.ask()

    assert [heard.target for heard in upstream.heard] == [CALL.target()]
    assert "authorization" not in upstream.heard[0].headers  # it has no user name


async def test_connections_are_kept() -> None:
    """Ten calls one after the other need one connection, refusals and 404 included."""
    async with FakeUpstream(success(action="reject")) as upstream, forwarding(upstream.url) as site:
        for number in range(10):
            upstream.reply = Reply(404, body=b"{}") if number % 2 else success(action="reject")
            await site.ask()

    assert (len(upstream.heard), upstream.connections) == (10, 1)


async def test_a_connection_that_was_closed_meanwhile_is_no_failure() -> None:
    """A server that closes behind its answer is asked anew over another connection."""
    async with FakeUpstream() as upstream, forwarding(upstream.url) as site:
        body = success(ROOM).body
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        upstream.reply = Reply(raw=head.encode() + b"\r\n\r\n" + body)

        answers = [await site.ask() for _ in range(5)]

    assert answers == [ForwardedAnswer(Action.CONTINUE, ROOM)] * 5


@pytest.mark.parametrize(("rule", "remaining_s"), [(IMPATIENT, 5.0), (RULE, 0.1), (RULE, 0.02)])
async def test_a_slow_server_is_not_waited_for(rule: Forward, remaining_s: float) -> None:
    """The rule's time limit holds, and so does what is left of the request's."""
    async with FakeUpstream(Reply(waits=True)) as upstream, forwarding(upstream.url) as site:
        async with asyncio.timeout(2):
            assert await site.ask(rule=rule, remaining_s=remaining_s) is None

        assert site.outcome is Forwarded.LATE


async def test_a_server_that_is_away_gives_no_answer() -> None:
    """Nobody listens on its port."""
    async with FakeUpstream() as upstream:
        await upstream.stop()
        async with forwarding(upstream.url) as site:
            assert await site.ask() is None

        assert site.told == [(OLD, Forwarded.UNREACHABLE)]


async def test_cancelling_is_not_swallowed() -> None:
    """A request that is given up from outside ends as such."""
    async with FakeUpstream(Reply(waits=True)) as upstream, forwarding(upstream.url) as site:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await site.ask()

    assert site.told == []


async def test_two_servers_do_not_forward_in_a_circle() -> None:
    """A request that has been forwarded is not forwarded once more."""
    async with FakeUpstream(success(ROOM)) as upstream, forwarding(upstream.url) as site:
        assert await site.ask(hops=1) is None

    assert site.outcome is Forwarded.LOOP
    assert upstream.heard == []


@pytest.mark.parametrize(
    ("header", "want"), [("", 0), ("0", 0), ("1", 1), ("12", 12), ("x", 1), ("-1", 1), ("999", 1)]
)
def test_hops_are_read(header: str, want: int) -> None:
    """Whoever sends something else has forwarded, too."""
    assert read_hops(header) == want


async def test_a_server_that_keeps_failing_is_left_alone() -> None:
    """After five failures calls go on at once; each pause one of them asks again."""
    async with FakeUpstream(Reply(raw=b"")) as upstream, forwarding(upstream.url) as site:
        for _ in range(MAX_FAILURES):
            await site.ask()
        before = upstream.connections
        upstream.reply = success(ROOM)

        assert await site.ask() is None
        assert (site.outcome, upstream.connections) == (Forwarded.SKIPPED, before)
        site.now_s += PAUSE_S
        assert await site.ask() is not None
        assert await site.ask() is not None


async def test_wrong_answers_do_not_open_the_breaker() -> None:
    """They cost no time, and the next call may be about a room that the server knows well."""
    async with FakeUpstream(Reply(500)) as upstream, forwarding(upstream.url) as site:
        for _ in range(2 * MAX_FAILURES):
            await site.ask()
        upstream.reply = success(ROOM)

        assert await site.ask() is not None


async def test_calls_without_time_do_not_open_the_breaker() -> None:
    """A server is not to blame for calls that had no time left when it was asked."""
    async with FakeUpstream(Reply(waits=True)) as upstream, forwarding(upstream.url) as site:
        for _ in range(MAX_FAILURES):
            await site.ask(remaining_s=0.06)
        upstream.reply = success(ROOM)

        assert await site.ask() is not None


async def test_a_log_line_names_the_server_and_nobody_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line per ten seconds, with neither URL nor alias nor what stood in the answer."""
    caplog.set_level(logging.DEBUG)
    reply = success({**ROOM, "pin": "94x713"})
    async with FakeUpstream(reply) as upstream, forwarding(upstream.url) as site:
        for _ in range(3):
            await site.ask()
        await upstream.stop()
        site.now_s += 10
        await site.ask()

    ours = [each.getMessage() for each in caplog.records if each.name.startswith("policy.")]
    wrong, away = ours
    assert wrong == (
        "no answer of policy server old-server: wrong, "
        "result.pin: a PIN is 4 to 20 digits, of which the last may be '#'"
    )
    assert away.startswith("no answer of policy server old-server: unreachable, Client")
    for secret in ("127.0.0.1", "karin", "94x713"):
        assert secret not in caplog.text


async def test_a_server_that_no_settings_name_gives_no_answer() -> None:
    """Rules are checked against the settings when they are read; this is for a fault in that."""
    async with FakeUpstream(success(ROOM)) as upstream, forwarding(upstream.url) as site:
        assert await site.ask(rule=Forward("elsewhere", 1.0, OnFailure.NEXT)) is None


async def test_after_closing_there_is_no_answer() -> None:
    """A request that outlives the connections is decided without them."""
    async with FakeUpstream(success(ROOM)) as upstream, forwarding(upstream.url) as site:
        await site.forwarder.close()

        assert await site.ask() is None


async def test_certificates_that_cannot_be_read_stop_the_start(tmp_path: Path) -> None:
    """The message names the setting and the file."""
    (tmp_path / "broken.pem").write_text("no certificate", encoding="utf-8")

    for name in ("missing.pem", "broken.pem"):
        upstream = Upstream("https://example.org", ca_file=tmp_path / name)
        forwarder = Forwarder({OLD: upstream}, lambda *_: None)
        with pytest.raises(StartError, match=rf"upstreams\.old-server\.ca_file .*{name}: "):
            await forwarder.open()


def test_a_password_has_no_repr() -> None:
    """Settings that end up in a log keep it."""
    assert "77" not in repr(Upstream("http://example.org", "bo", "77"))


@pytest.mark.parametrize(
    ("target", "want"),
    [
        (f"/x?{QUERY}", f"/x?{QUERY}"),
        ("/x?a=<b>&c={d|e}\\^`\"'[]", "/x?a=<b>&c={d|e}\\^`\"'[]"),
        ("/x?a=æ", "/x?a=%C3%A6"),
        ("/x?a=\udcff#b", "/x?a=%FF%23b"),
    ],
)
def test_only_what_no_url_may_hold_is_encoded(target: str, want: str) -> None:
    """Bytes beyond ASCII stay the same bytes."""
    assert in_ascii(target) == want


async def test_odd_characters_pass_through_the_client() -> None:
    """Nothing on the way tidies a target up."""
    query = "a=<b>&c={d|e}\\^`\"'[]&&;=%2F/.././/&x=%41"
    async with FakeUpstream(success()) as upstream, forwarding(upstream.url) as site:
        await site.ask(Asked(RequestType.REGISTRATION, "..%2F..", query))

    assert [heard.target for heard in upstream.heard] == [
        f"/policy/v1/registrations/..%2F..?{query}"
    ]
