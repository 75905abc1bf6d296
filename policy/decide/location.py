"""In which system location the media of a call runs: what the rules say, if anything."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from policy.decide.addresses import find_owned, keys_of
from policy.decide.decision import Decision, Needs, Reason
from policy.directory.records import Booking, Device, PermanentRoom
from policy.rules.model import UseLocation, UseLocationBySubnet
from policy.rules.table import Question
from policy.wire.alias import AliasKind
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.decide.decision import Dialling
    from policy.directory.records import AddressKey, Found
    from policy.rules.subnets import Address, MediaPlace
    from policy.rules.table import RuleTable
    from policy.wire.call import Call
    from policy.wire.requests import LocationRequest

    Known = Mapping[AddressKey, Found]

# Older nodes know two overflow locations, each under its own key, and no list.
LIST_SINCE: Final = (17,)


def decide_location(
    request: LocationRequest, table: RuleTable, known: Known, dialling: Dialling
) -> Decision | Needs:
    """Say where the first matching rule wants the media; without one have no opinion.

    No opinion is 404: an answer without a location may count as a failure.
    """
    call = request.call
    if call.alias is None:
        return Decision(Action.NOT_FOUND, Reason.BAD_ALIAS)
    asks = table.asks_for_organisation(RequestType.LOCATION)
    owner = owner_of(call, known, dialling) if asks else ""
    if isinstance(owner, Needs):
        return owner
    addresses = caller_addresses(call)
    question = Question(
        call.alias,
        call.protocol,
        call.direction,
        organisation=owner,
        addresses=addresses,
    )
    rule = table.first_match(RequestType.LOCATION, question)
    if rule is None:
        return Decision(Action.NOT_FOUND, Reason.NO_RULE)
    place = _place(rule.then, addresses)
    if place is None:
        return Decision(Action.NOT_FOUND, Reason.BY_RULE, rule=rule.name)
    return Decision(Action.CONTINUE, Reason.BY_RULE, _result(place, call), rule.name)


def owner_of(call: Call, known: Known, dialling: Dialling) -> str | Needs:
    """Give the code of the organisation that owns what was dialled, empty for nobody."""
    if call.alias is None or call.alias.kind is not AliasKind.ADDRESS:
        return ""
    found = find_owned(keys_of(call.alias, dialling.domain_for(call.location)), known)
    if isinstance(found, Needs):
        return found
    target = found.entry.target
    return target.owner if isinstance(target, PermanentRoom | Booking | Device) else ""


def caller_addresses(call: Call) -> tuple[Address, ...]:
    """Give what says where the caller is: a Lync client's own word before the signalling's."""
    said = (_address(each) for each in call.ms_subnet)
    addresses = tuple(each for each in said if each is not None)
    remote = call.remote_address
    return addresses if remote is None else (*addresses, remote)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.strip())
    except ValueError:
        return None


def _place(outcome: object, addresses: tuple[Address, ...]) -> MediaPlace | None:
    if isinstance(outcome, UseLocation):
        return outcome.place
    return outcome.subnets.find(addresses) if isinstance(outcome, UseLocationBySubnet) else None


def _result(place: MediaPlace, call: Call) -> Mapping[str, object]:
    result: dict[str, object] = {"location": place.location}
    if place.overflow and (not call.version_id or call.version_id >= LIST_SINCE):
        result["overflow_locations"] = list(place.overflow)
    else:
        keys = ("primary_overflow_location", "secondary_overflow_location")
        result |= dict(zip(keys, place.overflow, strict=False))
    return result
