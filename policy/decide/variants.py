"""What a service becomes for one request: a gateway call's own name, a breakout room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.rules.templates import placeholders
from policy.rules.unfinished import checked_service
from policy.wire.fields import UUID_TEXT
from policy.wire.results import ServiceResult
from policy.wire.vocabulary import CallDirection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.rules.model import UseService
    from policy.rules.question import Moment
    from policy.wire.call import Call

    Service = Mapping[str, object]


def variant_for(service: Service, call: Call, moment: Moment) -> Service:
    """Give the service as this request needs it; most need it as it is."""
    kind = service.service_type if isinstance(service, ServiceResult) else service["service_type"]
    if kind == "gateway":
        return _named_for(_document(service), call, moment)
    if kind == "conference" and call.breakout_uuid:
        return _breakout_of(_document(service), call.breakout_uuid)
    return service


def _document(service: Service) -> Service:
    return service.document() if isinstance(service, ServiceResult) else service


def _named_for(service: Service, call: Call, moment: Moment) -> Service:
    """Make a gateway's name unique, for calls of one name would end up in one service.

    The outgoing leg of such a call asks again, and must be given the name that its call has.
    """
    given = name_of_leg(call)
    is_own_leg = given is not None and given == service["name"]
    name = call.service_name if is_own_leg else f"{service['name']}:{moment.token}"
    return {**service, "name": name}


def name_of_leg(call: Call) -> str | None:
    """Give the gateway's name in the name of a running call of it, None when it is no such call."""
    if call.direction is not CallDirection.DIAL_OUT:
        return None
    name, _, token = call.service_name.rpartition(":")
    return name if UUID_TEXT.fullmatch(token) else None


def leg_of(outcome: UseService, call: Call) -> Service:
    """Give the service of a running gateway call for its outgoing leg.

    The leg says itself who calls whom. What else had placeholders cannot be filled again: raises
    OutcomeError when a node could not do without it.
    """
    if not outcome.has_placeholders:
        return outcome.service
    plain = {key: value for key, value in outcome.service.items() if not any(placeholders(value))}
    ends = {"local_alias": call.local_alias, "remote_alias": call.remote_alias}
    return checked_service({**plain, **ends})


def _breakout_of(service: Service, breakout_uuid: str) -> Service:
    """Make a breakout room of its main room, which is what its `name` still says.

    Nodes ask for each breakout with the alias of the main room. A service that is written as a
    breakout already, in a rule of its own, stays as it is.
    """
    if service.get("breakout"):
        return service
    listed = service.get("breakout_uuids")
    known = list(listed) if isinstance(listed, list | tuple) else []
    number = known.index(breakout_uuid) + 1 if breakout_uuid in known else ""
    main = {key: value for key, value in service.items() if key != "breakout_uuids"}
    return {
        **main,
        "breakout": True,
        "breakout_rooms": False,
        "breakout_uuid": breakout_uuid,
        "breakout_name": f"Breakout room {number}".rstrip(),
    }
