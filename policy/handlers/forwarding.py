"""Asks another policy server what to answer, so that a site can move over rule by rule."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from policy.errors import AnswerError, StartError
from policy.handlers.breaker import Breaker
from policy.handlers.safety import LOG_INTERVAL_S
from policy.metrics import FORWARD_SECONDS, FORWARDED
from policy.pictures.measure import size_shown
from policy.platform_names import PlatformNames, unknown_names
from policy.wire.answers import ForwardedAnswer, parse_answer
from policy.wire.parameters import Parameters
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from policy.rules.model import Forward
    from policy.wire.asked import Asked

log = logging.getLogger(__name__)

# How many servers of this kind a request has passed; two that forward to each other are a loop.
HOPS_HEADER: Final = "Vdx-Policy-Hops"
MAX_HOPS: Final = 1

# What is left to decide without the answer, and to send that.
MARGIN_S: Final = 0.05
# Whoever is given less time than this is not to blame when it is over.
FAIR_S: Final = 0.25

MAX_BODY_BYTES: Final = 256 << 10
MAX_IMAGE_BYTES: Final = 2 << 20
# At once to one server; each is kept for the next request.
CONNECTIONS: Final = 100

# All of ASCII that a request line may hold, but for the mark of a fragment.
_AS_IS: Final = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) != "#")


class Forwarded(StrEnum):
    """What became of a request for another policy server."""

    ANSWERED = "answered"
    WRONG = "wrong"  # an answer that a node would drop
    LATE = "late"
    UNREACHABLE = "unreachable"
    SKIPPED = "skipped"  # it has not answered for some time
    LOOP = "loop"  # the request has been forwarded before


@dataclass(frozen=True, slots=True)
class Upstream:
    """Another policy server; `url` is what nodes have in their policy profile."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None


def count_forward(name: str, outcome: Forwarded, seconds: float) -> None:
    """Count a request for another policy server; what was not asked took no time."""
    FORWARDED.labels(name, outcome.value).inc()
    if outcome not in {Forwarded.SKIPPED, Forwarded.LOOP}:
        FORWARD_SECONDS.labels(name).observe(seconds)


class Forwarder:
    """Asks other policy servers over connections that it keeps.

    `observe` is told of each request: the name of the server, what became of it, and seconds.
    """

    def __init__(
        self,
        upstreams: Mapping[str, Upstream],
        observe: Callable[[str, Forwarded, float], None],
        clock_s: Callable[[], float] = time.monotonic,
        platform: PlatformNames | None = None,
    ) -> None:
        self._upstreams = dict(upstreams)
        self._platform = platform or PlatformNames()
        self._observe = observe
        self._clock_s = clock_s
        self._lines: dict[str, _Line] = {}

    async def open(self) -> None:
        """Make ready to ask, without asking; raises StartError for a file of certificates."""
        for name, upstream in self._upstreams.items():
            try:
                self._lines[name] = _Line(name, upstream, self._clock_s, self._platform)
            except (OSError, ssl.SSLError) as exc:
                said = (exc.strerror or "cannot be read").lower()
                raise StartError(f"upstreams.{name}.ca_file {upstream.ca_file}: {said}") from exc

    async def close(self) -> None:
        """Close every connection; requests under way get no answer."""
        for line in self._lines.values():
            await line.close()

    async def ask(
        self, asked: Asked, forward: Forward, remaining_s: float, *, hops: int = 0
    ) -> ForwardedAnswer | None:
        """Give the other server's answer, None when there is none that a node would take in time.

        Raises nothing but cancellation. `remaining_s` is the time that is left for the whole
        request, `hops` how often it has been forwarded.
        """
        line = self._lines.get(forward.to)
        if line is None:
            log.error("policy server %r is not among the upstreams of the settings", forward.to)
            return None
        started_s = self._clock_s()
        seconds = min(forward.time_limit_s, remaining_s - MARGIN_S)
        outcome, answer = await line.ask(asked, seconds, hops)
        self._observe(forward.to, outcome, self._clock_s() - started_s)
        return answer


class _Line:
    """Connections to one server, and what is known of how it does."""

    def __init__(
        self,
        name: str,
        upstream: Upstream,
        clock_s: Callable[[], float],
        platform: PlatformNames,
    ) -> None:
        self._name = name
        self._platform = platform
        self._url = upstream.url.rstrip("/")
        self._clock_s = clock_s
        self._breaker = Breaker(clock_s)
        self._logged_at_s = float("-inf")
        context = ssl.create_default_context(cafile=upstream.ca_file) if upstream.ca_file else True
        headers = {"User-Agent": "vdx-policy"}
        if upstream.username:
            headers["Authorization"] = aiohttp.encode_basic_auth(
                upstream.username, upstream.password, "utf-8"
            )
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, ssl=context),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers,
            skip_auto_headers=("Accept-Encoding",),
            auto_decompress=False,  # nobody asked for anything compressed
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # `ask` has one for all
        )

    async def close(self) -> None:
        await self._session.close()

    async def ask(
        self, asked: Asked, seconds: float, hops: int
    ) -> tuple[Forwarded, ForwardedAnswer | None]:
        if hops >= MAX_HOPS:
            return self._without(Forwarded.LOOP, "the request has been forwarded before")
        if seconds <= 0:
            return self._without(Forwarded.LATE, "no time is left to ask")
        if not self._breaker.lets_through():
            return Forwarded.SKIPPED, None
        try:
            async with asyncio.timeout(seconds):
                answer = await self._get(asked, hops)
        except AnswerError as exc:
            self._breaker.succeeded()  # it costs no call its time
            return self._without(Forwarded.WRONG, str(exc))
        except TimeoutError:
            if seconds >= FAIR_S:
                self._breaker.failed()
            return self._without(Forwarded.LATE, f"none within {seconds:.2f} s")
        except (aiohttp.ClientError, OSError, RuntimeError, ValueError) as exc:
            self._breaker.failed()
            # Its text may hold the URL, which carries names and aliases of people.
            return self._without(Forwarded.UNREACHABLE, type(exc).__name__)
        self._breaker.succeeded()
        return Forwarded.ANSWERED, answer

    async def _get(self, asked: Asked, hops: int) -> ForwardedAnswer:
        """Ask exactly as the node did; raises AnswerError and whatever connections raise."""
        url = URL(self._url + in_ascii(asked.target()), encoded=True)
        is_avatar = asked.request_type is RequestType.AVATAR
        headers = {HOPS_HEADER: str(hops + 1)}
        async with self._session.get(url, allow_redirects=False, headers=headers) as response:
            limit = MAX_IMAGE_BYTES if is_avatar else MAX_BODY_BYTES
            body = await _read(response.content, limit)
            content_type = response.headers.get("Content-Type", "")
            answer = parse_answer(asked.request_type, response.status, content_type, body)
        for _, said in unknown_names(answer.result, self._platform):
            raise AnswerError(said)  # a node would drop the whole answer
        return _fitted(asked, answer)

    def _without(self, outcome: Forwarded, said: str) -> tuple[Forwarded, None]:
        """Say why there is no answer, but not for each call: all may meet with the same."""
        now_s = self._clock_s()
        if now_s - self._logged_at_s >= LOG_INTERVAL_S:
            self._logged_at_s = now_s
            log.warning("no answer of policy server %s: %s, %s", self._name, outcome.value, said)
        return outcome, None


async def _read(content: aiohttp.StreamReader, limit: int) -> bytes:
    body = bytearray()
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > limit:
            raise AnswerError(f"the body is longer than {limit >> 10} kB")
    return bytes(body)


def _fitted(asked: Asked, answer: ForwardedAnswer) -> ForwardedAnswer:
    """Hold an answer against what the node asked for."""
    if answer.action is Action.NOT_FOUND:
        return answer
    if asked.request_type is RequestType.AVATAR:
        parameters = Parameters(asked.query)
        wanted = (parameters.number("width"), parameters.number("height"))
        if size_shown(answer.image) != wanted:
            raise AnswerError("the picture is no RGB JPEG of the size that was asked for")
    if asked.request_type is RequestType.PHONEBOOK and isinstance(answer.result, list):
        limit = Parameters(asked.query).number("limit")
        return replace(answer, result=answer.result[:limit])
    return answer


def in_ascii(target: str) -> str:
    """Write a request target as it came, but for bytes that only some servers take."""
    return quote(target.encode("utf-8", "surrogateescape"), safe=_AS_IS)


def read_hops(header: str) -> int:
    """Read how often a request has been forwarded; what cannot be read counts as once."""
    if not header:
        return 0
    return int(header) if header.isascii() and header.isdigit() and len(header) < 3 else 1  # noqa: PLR2004  two digits are more than enough
