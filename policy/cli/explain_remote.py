"""Asks a running server for an explanation, at its operator port."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiohttp
from pydantic import TypeAdapter, ValidationError
from yarl import URL

from policy.errors import StartError
from policy.explaining.explanation import Explanation
from policy.handlers.explain import AT_HEADER, FORWARD_HEADER, PREFIX, Explained
from policy.handlers.forwarding import in_ascii

if TYPE_CHECKING:
    from datetime import datetime

    from policy.wire.asked import Asked

# A server takes two seconds at most to decide, and with many rules one more to explain.
TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """The operator port of a running server, and who asks."""

    url: str
    user: str
    password: str = field(repr=False)


async def ask_server(
    server: Server, asked: Asked, *, at: datetime | None, may_forward: bool
) -> Explained:
    """Give the server's explanation; raises StartError."""
    if not server.url.startswith("https://") and not _is_own_machine(server.url):
        raise StartError("--server must begin with https://, a password is sent")
    headers = {"Authorization": aiohttp.encode_basic_auth(server.user, server.password, "utf-8")}
    if at is not None:
        headers[AT_HEADER] = at.isoformat()
    if may_forward:
        headers[FORWARD_HEADER] = "yes"
    base = server.url.rstrip("/")
    url = URL(base + PREFIX + in_ascii(asked.target()), encoded=True)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            status, body = response.status, await response.read()
    except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
        # Its text may hold the URL, which carries names and aliases of people.
        raise StartError(f"{base}: {type(exc).__name__}, no answer") from None
    return _read(base, status, body)


def _read(base: str, status: int, body: bytes) -> Explained:
    if status == HTTPStatus.UNAUTHORIZED:
        raise StartError(f"{base}: wrong user name or password, see operator.credentials")
    if status not in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}:
        raise StartError(f"{base}: answered {status}, is this the operator port?")
    try:
        explanation = TypeAdapter(Explanation).validate_json(body)
    except ValidationError:
        raise StartError(f"{base}: this is no explanation, is it the same version?") from None
    return Explained(explanation, has_failed=status == HTTPStatus.SERVICE_UNAVAILABLE)


def _is_own_machine(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
