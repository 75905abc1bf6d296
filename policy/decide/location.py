"""In which system location the media of a call runs: what the rules say, if anything."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from policy.decide.decision import Decision, Reason
from policy.decide.rules import common, noted, said_by_rules
from policy.decide.scripts import place_by_script
from policy.rules.model import RunScript, UseLocation, UseLocationBySubnet
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.decide.grounds import Grounds
    from policy.rules.model import Rule
    from policy.rules.subnets import MediaPlace
    from policy.rules.walk import Walk
    from policy.wire.call import Call
    from policy.wire.requests import LocationRequest

# Older nodes know two overflow locations, each under its own key, and no list.
LIST_SINCE: Final = (17,)


def decide_location(request: LocationRequest, grounds: Grounds) -> Decision:
    """Say where the first matching rule wants the media; without one have no opinion.

    No opinion is 404: an answer without a location may count as a failure. Raises Needs.
    """
    call = request.call
    if call.alias is None:
        return Decision(Action.NOT_FOUND, Reason.BAD_ALIAS)
    walk = grounds.walk(RequestType.LOCATION, call.alias, call.parameters, call.direction)
    decision = said_by_rules(walk, partial(_carry_out, walk, call, grounds))
    return noted(decision or Decision(Action.NOT_FOUND, Reason.NO_RULE), walk)


def _carry_out(walk: Walk, call: Call, grounds: Grounds, rule: Rule) -> Decision | None:
    match rule.then:
        case UseLocation(place):
            return _at(place, call)
        case UseLocationBySubnet(subnets):
            found = subnets.find(walk.question.addresses())
            return None if found is None else _at(found, call)
        case RunScript(script):
            chosen = place_by_script(script, walk.question)
            return None if chosen is None else _at(chosen, call)
        case _:
            decision = common(rule, walk, grounds.known, None)
            if decision is None or decision.result is not None:
                return decision
            # These requests know no other way to decline.
            return Decision(Action.NOT_FOUND, decision.reason)


def _at(place: MediaPlace, call: Call) -> Decision:
    return Decision(Action.CONTINUE, Reason.BY_RULE, _result(place, call))


def _result(place: MediaPlace, call: Call) -> Mapping[str, object]:
    result: dict[str, object] = {"location": place.location}
    if place.overflow and (not call.version_id or call.version_id >= LIST_SINCE):
        result["overflow_locations"] = list(place.overflow)
    else:
        keys = ("primary_overflow_location", "secondary_overflow_location")
        result |= dict(zip(keys, place.overflow, strict=False))
    return result
