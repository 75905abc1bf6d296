"""Which path is whose; policy paths are found behind any prefix, as policy profiles may have one.

The raw path is what counts: an alias may hold `%2F`, and aiohttp would decode it on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from policy.handlers.asked import Asked
from policy.handlers.avatar import PATH as AVATAR_PATH
from policy.handlers.avatar import AvatarHandler
from policy.handlers.location import LocationHandler
from policy.handlers.participant import ParticipantHandler
from policy.handlers.registration import RegistrationHandler
from policy.handlers.service import ServiceHandler
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from policy.handlers.facts import Facts
    from policy.handlers.gallery import Gallery
    from policy.handlers.health import HealthHandler
    from policy.handlers.phonebook import PhonebookHandler
    from policy.handlers.safety import Safety

    Respond = Callable[[Asked], Awaitable[web.Response]]


class PolicyRoutes:
    """Sends each policy request to the handler of its type."""

    def __init__(
        self, facts: Facts, safety: Safety, phonebook: PhonebookHandler, gallery: Gallery
    ) -> None:
        service = safety.guard(RequestType.SERVICE, ServiceHandler(facts))
        participant = safety.guard(RequestType.PARTICIPANT, ParticipantHandler(facts))
        location = safety.guard(RequestType.LOCATION, LocationHandler(facts))
        self._exact: dict[str, Respond] = {
            "service/configuration": service,
            "participant/properties": participant,
            "participant/location": location,
            "registrations": safety.guard(RequestType.PHONEBOOK, phonebook),
        }
        self._by_start: dict[str, Respond] = {
            "registrations/": safety.guard(RequestType.REGISTRATION, RegistrationHandler(facts)),
            AVATAR_PATH: safety.guard(RequestType.AVATAR, AvatarHandler(facts, gallery)),
        }

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a policy request, or say which paths there are."""
        asked = Asked.parse(request.raw_path)
        respond = self._find(asked.path) if asked is not None else None
        if asked is None or respond is None:
            return web.json_response({"status": "fail", "reason": "no such path"}, status=404)
        return await respond(asked)

    def _find(self, path: str) -> Respond | None:
        for start, respond in self._by_start.items():
            if path.startswith(start):
                return respond
        return self._exact.get(path.removesuffix("/"))


def add_routes(app: web.Application, policy: PolicyRoutes, health: HealthHandler) -> None:
    """Tell the application every path it serves."""
    app.router.add_get("/health/live", health.live)
    app.router.add_get("/health/ready", health.ready)
    app.router.add_get("/metrics", health.metrics)
    app.router.add_get("/{any:.*}", policy.handle)
