"""Which path is whose; policy paths are found behind any prefix, as policy profiles may have one.

The raw path is what counts: an alias may hold `%2F`, and aiohttp would decode it on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from policy.handlers.avatar import AvatarHandler
from policy.handlers.forwarding import HOPS_HEADER, read_hops
from policy.handlers.location import LocationHandler
from policy.handlers.participant import ParticipantHandler
from policy.handlers.registration import RegistrationHandler
from policy.handlers.service import ServiceHandler
from policy.wire.asked import Asked
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from policy.handlers.facts import Facts
    from policy.handlers.gallery import Gallery
    from policy.handlers.phonebook import PhonebookHandler
    from policy.handlers.safety import Answerer, Safety


class PolicyRoutes:
    """Sends each policy request to the handler of its type."""

    def __init__(
        self, facts: Facts, safety: Safety, phonebook: PhonebookHandler, gallery: Gallery
    ) -> None:
        answerers: dict[RequestType, Answerer] = {
            RequestType.SERVICE: ServiceHandler(facts),
            RequestType.PARTICIPANT: ParticipantHandler(facts),
            RequestType.LOCATION: LocationHandler(facts),
            RequestType.AVATAR: AvatarHandler(facts, gallery),
            RequestType.PHONEBOOK: phonebook,
            RequestType.REGISTRATION: RegistrationHandler(facts),
        }
        self._guarded = {each: safety.guard(each, answerer) for each, answerer in answerers.items()}

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a policy request, or say that there is no such path."""
        hops = read_hops(request.headers.get(HOPS_HEADER, ""))
        asked = Asked.parse(request.raw_path, hops)
        if asked is None:
            return web.json_response({"status": "fail", "reason": "no such path"}, status=404)
        return await self._guarded[asked.request_type](asked)


def add_policy_routes(app: web.Application, policy: PolicyRoutes) -> None:
    """Tell an application the policy paths; they come last, as they match every path."""
    app.router.add_get("/{any:.*}", policy.handle)
