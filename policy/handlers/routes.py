"""Which policy path is whose; policy paths are found behind any prefix, as profiles may have one.

The raw path is what counts: an alias may hold `%2F`, and aiohttp would decode it on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.handlers.avatar import AvatarHandler
from policy.handlers.forwarding import read_hops
from policy.handlers.location import LocationHandler
from policy.handlers.participant import ParticipantHandler
from policy.handlers.registration import RegistrationHandler
from policy.handlers.service import ServiceHandler
from policy.wire.asked import Asked
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    import asyncio

    from policy.handlers.facts import Facts
    from policy.handlers.gallery import Gallery
    from policy.handlers.phonebook import PhonebookHandler
    from policy.handlers.replies import Reply
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

    def answer(self, target: str, hops: str) -> Reply | asyncio.Future[Reply] | None:
        """Answer a policy request, at once or later; None when there is no such path.

        `target` is the raw path and query, `hops` the header of other policy servers.
        """
        asked = Asked.parse(target, read_hops(hops) if hops else 0)
        return None if asked is None else self._guarded[asked.request_type](asked)
