"""Who may ask: allowed networks and HTTP Basic credentials, checked before anything else."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import os
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from cachetools import LRUCache, TTLCache

from policy.directory.flights import Flights
from policy.handlers.replies import refusal
from policy.metrics import REFUSED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from ipaddress import IPv4Network, IPv6Network

    from aiohttp import web

# Checking a hash costs tens of milliseconds on purpose, so what was said of a header is remembered.
REMEMBER_S: Final = 600.0
REMEMBERED: Final = 4096
# A header longer than this is no user name and password of a policy profile (100 characters each).
MAX_HEADER: Final = 2048

OPEN_TO_ALL: Final = frozenset({"/health/live", "/health/ready"})

_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="vdx-policy", charset="UTF-8"'}


class Access:
    """Lets a request through or turns it away; the two health paths are open to all."""

    def __init__(
        self, hashes: Mapping[str, str], networks: Sequence[IPv4Network | IPv6Network]
    ) -> None:
        self._hashes = dict(hashes)
        self._networks = tuple(networks)
        self._hasher = PasswordHasher()
        # Headers are remembered under a key of this process, never as they are.
        self._key = os.urandom(32)
        # What is right stays right as long as the settings do.
        self._right: LRUCache[bytes, bool] = LRUCache(REMEMBERED)
        self._wrong: TTLCache[bytes, bool] = TTLCache(REMEMBERED, REMEMBER_S)
        self._flights: Flights[bytes, bool] = Flights()
        self._checking: set[str] = set()
        self._one_at_a_time = asyncio.Lock()

    async def refuse(self, request: web.BaseRequest) -> web.Response | None:
        """Answer 403 or 401, or let the request in with None."""
        # Compared as sent and whole: a policy path is found behind any prefix, this one included.
        if request.raw_path in OPEN_TO_ALL:
            return None
        if not self._is_from_allowed_network(request.remote):
            REFUSED.labels("network").inc()
            return refusal(403, "network")
        header = request.headers.get("Authorization", "")
        if not await self._has_credentials(header, request.remote or ""):
            REFUSED.labels("credentials").inc()
            return refusal(401, "credentials", **_CHALLENGE)
        return None

    def knows(self, header: str, remote: str | None) -> bool:
        """Say without waiting whether a header is known to be right, and its sender may ask."""
        if not self._is_from_allowed_network(remote):
            return False
        return not self._hashes or self._digest(header) in self._right

    def _is_from_allowed_network(self, remote: str | None) -> bool:
        if not self._networks:
            return True
        if remote is None:  # a unix socket: the file's permissions have spoken
            return True
        address = _plain(ip_address(remote.partition("%")[0]))
        return address.is_loopback or any(address in network for network in self._networks)

    async def _has_credentials(self, header: str, remote: str) -> bool:
        if not self._hashes:
            return True
        if not header or len(header) > MAX_HEADER:
            return False
        digest = self._digest(header)
        if digest in self._right:
            return True
        if digest in self._wrong:
            return False
        if digest not in self._flights:
            if remote in self._checking:
                return False  # one guess at a time: a flood of them keeps nobody else waiting
            self._checking.add(remote)
        return await self._flights.join(digest, partial(self._check, digest, header, remote))

    async def _check(self, digest: bytes, header: str, remote: str) -> bool:
        try:
            async with self._one_at_a_time:
                is_right = await asyncio.to_thread(self._verify, header)
        finally:
            self._checking.discard(remote)
        (self._right if is_right else self._wrong)[digest] = True
        return is_right

    def _digest(self, header: str) -> bytes:
        return hmac.digest(self._key, header.encode("utf-8", "surrogateescape"), "sha256")

    def _verify(self, header: str) -> bool:
        username, password = _credentials(header)
        # An unknown name costs as much time as a known one.
        expected = self._hashes.get(username, next(iter(self._hashes.values())))
        try:
            self._hasher.verify(expected, password)
        except VerificationError:
            return False
        return username in self._hashes


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Give the IPv4 address that a dual-stack socket shows as IPv6."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _credentials(header: str) -> tuple[str, str]:
    """Read `Basic <base64 of name:password>`; two empty texts for anything else."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    username, _, password = text.partition(":")
    return username, password
