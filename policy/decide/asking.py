"""Any policy request to its decision: what tools and the server both go through."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from policy.decide.avatar import decide_avatar
from policy.decide.location import decide_location
from policy.decide.participant import decide_participant
from policy.decide.phonebook import decide_search
from policy.decide.registration import decide_registration
from policy.decide.service import decide_service
from policy.wire.requests import (
    AvatarRequest,
    LocationRequest,
    ParticipantRequest,
    PhonebookRequest,
    RegistrationRequest,
    ServiceRequest,
)
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from policy.decide.avatar import Drawing
    from policy.decide.decision import Decision
    from policy.decide.grounds import Grounds
    from policy.directory.records import PhonebookSearch
    from policy.wire.asked import Asked

Request = (
    ServiceRequest
    | ParticipantRequest
    | LocationRequest
    | AvatarRequest
    | PhonebookRequest
    | RegistrationRequest
)


def parse_request(asked: Asked, own_nodes: frozenset[str]) -> Request:
    """Read a raw request; that never fails, since nodes may write nearly anything."""
    match asked.request_type:
        case RequestType.SERVICE:
            return ServiceRequest.parse(asked.query, own_nodes)
        case RequestType.PARTICIPANT:
            return ParticipantRequest.parse(asked.query, own_nodes)
        case RequestType.LOCATION:
            return LocationRequest.parse(asked.query, own_nodes)
        case RequestType.AVATAR:
            return AvatarRequest.parse(asked.alias, asked.query, own_nodes)
        case RequestType.PHONEBOOK:
            return PhonebookRequest.parse(asked.query, own_nodes)
        case RequestType.REGISTRATION:
            return RegistrationRequest.parse(asked.alias, asked.query, own_nodes)
        case _:
            assert_never(asked.request_type)


def decide(request: Request, grounds: Grounds) -> Decision | Drawing | PhonebookSearch:
    """Decide, or say what picture to draw or whom to look for; raises Needs."""
    match request:
        case ServiceRequest():
            return decide_service(request, grounds)
        case ParticipantRequest():
            return decide_participant(request, grounds)
        case LocationRequest():
            return decide_location(request, grounds)
        case AvatarRequest():
            return decide_avatar(request, grounds)
        case PhonebookRequest():
            return decide_search(request, grounds)
        case RegistrationRequest():
            return decide_registration(request, grounds)
        case _:
            assert_never(request)
