"""A Conferencing Node that asks over a real socket and judges what it is told."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, quote, urlencode

import aiohttp
from yarl import URL

from tests.fakes import calls, rawhttp
from tests.fakes.calls import BROWSER, H323_ENDPOINT, ROOM_SYSTEM, S4B_CLIENT, Leg, Site
from tests.fakes.conversation import CallLog, Conversation
from tests.fakes.judge import judge
from tests.fakes.verdict import Answer, Kind, Outcome, Platform, Verdict
from tests.fakes.versions import Version

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from types import TracebackType

    from tests.fakes.calls import Caller

TIMEOUT_S = 5
"""Nodes give up after five seconds for the whole exchange; no setting changes that."""

UNAUTHORIZED = 401

PATHS: Mapping[Kind, str] = {
    Kind.SERVICE: "/policy/v1/service/configuration",
    Kind.PARTICIPANT: "/policy/v1/participant/properties",
    Kind.LOCATION: "/policy/v1/participant/location",
    Kind.AVATAR: "/policy/v1/participant/avatar",
    Kind.PHONEBOOK: "/policy/v1/registrations",
    Kind.REGISTRATION: "/policy/v1/registrations",
}


class FakeNode:
    """One node with one policy profile; use it as an async context manager.

    Credentials go out with every request. With `waits_for_challenge` they go out only after a 401
    that asks for Basic, because which of the two a node does is not documented.
    """

    def __init__(
        self,
        base_url: str,
        *,
        credentials: tuple[str, str] | None = None,
        platform: Platform | None = None,
        tls: ssl.SSLContext | None = None,
        waits_for_challenge: bool = False,
    ) -> None:
        self._base = URL(base_url.rstrip("/"), encoded=True)
        self._platform = platform
        self._tls = tls
        self._authorization = _basic(credentials)
        self._waits_for_challenge = waits_for_challenge
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept-Encoding",),
        )
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(
        self, kind: str, query: Mapping[str, str | list[str]], alias: str | None = None
    ) -> Verdict:
        """Ask once; `alias` is decoded and becomes one encoded segment of the path."""
        asked = Kind(kind)
        path = PATHS[asked] if alias is None else f"{PATHS[asked]}/{quote(alias, safe='')}"
        url = f"{self._base}{path}?{urlencode(query, doseq=True)}"
        try:
            answer = await self._fetch(URL(url, encoded=True))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _no_answer(error)
        return judge(asked, answer, query, self._platform)

    async def ask_raw(self, path_and_query: str | bytes, kind: str | None = None) -> Verdict:
        """Send bytes as they are behind the base path; unless told, judge by the path's kind."""
        raw = path_and_query.encode() if isinstance(path_and_query, str) else path_and_query
        path, _, query = raw.decode("latin-1").partition("?")
        headers = {"Authorization": self._authorization} if self._authorization else {}
        try:
            async with asyncio.timeout(TIMEOUT_S):
                target = self._base.raw_path.rstrip("/").encode() + raw
                answer = await rawhttp.fetch(self._base, target, headers, self._tls)
        except (TimeoutError, OSError, EOFError, ValueError) as error:
            return _no_answer(error)
        asked = Kind(kind) if kind else kind_of_path(path)
        return judge(asked, answer, dict(parse_qs(query)), self._platform)

    async def sip_call(
        self,
        to: str,
        *,
        caller: Caller = ROOM_SYSTEM,
        version: Version = Version.V35,
        location: str = "London",
        enters: str | None = None,
    ) -> CallLog:
        """Call by SIP; `enters` is what the caller types when a reception answers."""
        call = self._converse(caller, to, version, location)
        if await call.ask_service():
            reception = call.service.get("service_type") == "two_stage_dialing"
            if not (reception and enters is not None) or await call.enter(enters):
                await _join(call)
        return call.log()

    async def h323_call(
        self,
        to: str,
        *,
        caller: Caller = H323_ENDPOINT,
        version: Version = Version.V35,
        location: str = "Oslo",
    ) -> CallLog:
        """Call by H.323; a registered endpoint first asks its gatekeeper whether it may."""
        call = self._converse(caller, to, version, location)
        if caller.registered:
            call.leg = replace(call.leg, caller=replace(caller, trigger="arq"))
            if not await call.ask_service():
                return call.log()
            call.leg = replace(call.leg, caller=caller)
        if await call.ask_service():
            await _join(call)
        return call.log()

    async def s4b_call(
        self,
        to: str,
        *,
        caller: Caller = S4B_CLIENT,
        version: Version = Version.V16,
        location: str = "London",
    ) -> CallLog:
        """Call from Skype for Business, with its asserted identity and subnet."""
        return await self.sip_call(to, caller=caller, version=version, location=location)

    async def browser_join(
        self,
        to: str,
        *,
        caller: Caller = BROWSER,
        role: str = "guest",
        version: Version = Version.V35,
        location: str = "London",
    ) -> CallLog:
        """Join from a browser: once more after the PIN, then a control leg, then a media leg.

        `role` is what the PIN or the identity provider made of the user before anyone was asked
        about the participant.
        """
        call = self._converse(caller, to, version, location)
        if not await call.ask_service():
            return call.log()
        if _challenges(call.service) and not await call.ask_service():
            return call.log()
        control = "api_host" if role == "chair" else "api"
        if not await call.ask_participant(control, role):
            return call.log()
        call.leg = replace(call.leg, caller=replace(caller, protocol="webrtc"))
        if await call.ask_participant("standard", role):
            await call.ask_location()
            await call.call_on()
        return call.log()

    async def register(
        self,
        alias: str,
        *,
        auth_type: str = "credentials",
        protocol: str = "sip",
        version: Version = Version.V35,
    ) -> Verdict:
        """Register a device."""
        query = calls.registration(Site(version), auth_type, protocol)
        return await self.ask(Kind.REGISTRATION, query, alias)

    async def search_phonebook(self, typed: str, *, asker: str, limit: int = 10) -> Verdict:
        """Search as the user of a registered app does."""
        return await self.ask(Kind.PHONEBOOK, calls.phonebook(Site(), typed, asker, limit))

    async def fetch_avatar(self, alias: str, *, width: int = 40, height: int = 40) -> Verdict:
        """Ask for the picture of a phone book entry."""
        return await self.ask(Kind.AVATAR, calls.avatar(Site(), width, height), alias)

    def _converse(
        self, caller: Caller, alias: str, version: Version, location: str
    ) -> Conversation:
        return Conversation(self, Leg(Site(version, location), caller, alias))

    async def _fetch(self, url: URL) -> Answer:
        if not self._waits_for_challenge:
            return (await self._get(url, self._authorization))[0]
        answer, challenge = await self._get(url, "")
        if answer.status == UNAUTHORIZED and challenge.lower().startswith("basic"):
            answer, _ = await self._get(url, self._authorization)
        return answer

    async def _get(self, url: URL, authorization: str) -> tuple[Answer, str]:
        """Return the answer and its challenge, which is empty when there is none."""
        if self._session is None:
            raise RuntimeError("FakeNode asks only inside `async with`")
        headers = {"Authorization": authorization} if authorization else {}
        async with self._session.get(
            url, headers=headers, allow_redirects=False, ssl=self._tls or True
        ) as response:
            content_type = response.headers.get("Content-Type")
            answer = Answer(response.status, content_type, await response.read())
            return answer, response.headers.get("WWW-Authenticate", "")


def kind_of_path(path: str) -> Kind:
    """Name the request that a path stands for; a path that stands for none counts as service."""
    for kind in (Kind.PARTICIPANT, Kind.LOCATION, Kind.AVATAR):
        if path.startswith(PATHS[kind]):
            return kind
    if path.startswith(f"{PATHS[Kind.REGISTRATION]}/"):
        return Kind.REGISTRATION
    return Kind.PHONEBOOK if path == PATHS[Kind.PHONEBOOK] else Kind.SERVICE


async def _join(call: Conversation) -> None:
    """Go on as every endpoint does once its service is known."""
    if await call.ask_participant():
        await call.ask_location()
        await call.call_on()


def _challenges(service: Mapping[str, object]) -> bool:
    """Tell whether the app must show a PIN or an identity before it is let in."""
    keys = ("pin", "host_identity_provider_group", "guest_identity_provider_group")
    return any(service.get(key) for key in keys)


def _basic(credentials: tuple[str, str] | None) -> str:
    if credentials is None:
        return ""
    return f"Basic {b64encode(':'.join(credentials).encode()).decode()}"


def _no_answer(error: BaseException) -> Verdict:
    """Fail without an answer: refused, cut off, unreadable or too late."""
    fault = f"exchange: {type(error).__name__}: {error}".rstrip(": ")
    return Verdict(Outcome.FAILED, faults=(fault,))
