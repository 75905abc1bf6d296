"""Which service an alias leads to: rules speak first, then the directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, assert_never

from policy.decide.addresses import refusal_of, refusal_of_room
from policy.decide.decision import Decision, Reason, leave, refuse
from policy.decide.rules import common, noted, said_by_rules
from policy.decide.scripts import service_by_script
from policy.decide.variants import leg_of, name_of_leg, variant_for
from policy.directory.records import (
    Booking,
    Device,
    PermanentRoom,
    Quarantined,
    Reserved,
)
from policy.errors import OutcomeError, RequestError
from policy.rules.known import going_on
from policy.rules.model import Redirect, RunScript, UseRoom, UseService
from policy.rules.overriding import overridden
from policy.rules.unfinished import whole_service
from policy.wire.alias import AliasKind, parse_alias
from policy.wire.fields import MAX_TEXT
from policy.wire.vocabulary import Action, CallDirection, RequestType

if TYPE_CHECKING:
    from policy.decide.grounds import Grounds
    from policy.directory.records import AddressKey
    from policy.rules.model import Rule
    from policy.rules.walk import Walk
    from policy.wire.alias import Alias
    from policy.wire.call import Call
    from policy.wire.requests import ServiceRequest


def decide_service(request: ServiceRequest, grounds: Grounds) -> Decision:
    """Rules speak first, then the room; an alias nobody owns is refused in our own domains.

    The outgoing leg of a gateway call belongs to the rule that made the call: what others say of
    its caller's alias would break it. What sets up no call is left to the node, and so is an
    outgoing call of a service that is not ours: it runs already. Raises Needs.
    """
    call = request.call
    if call.alias is None:
        return _without_alias(call)
    leg = _leg_of_gateway(call, grounds)
    if leg is not None:
        return leg
    walk = grounds.walk(RequestType.SERVICE, call.alias, call.parameters, call.direction)
    if walk.is_idle:  # as for most calls
        return going_on(_unruled, walk, call, grounds)
    decision = said_by_rules(walk, partial(_carry_out, walk, call, grounds))
    if decision is None:
        decision = _unruled(walk, call, grounds)
    return noted(_with_overrides(decision, walk), walk)


def _without_alias(call: Call) -> Decision:
    if call.direction is CallDirection.NON_DIAL:
        return Decision(Action.NOT_FOUND, Reason.BAD_ALIAS)
    return refuse(Reason.BAD_ALIAS)


def _carry_out(walk: Walk, call: Call, grounds: Grounds, rule: Rule) -> Decision | None:
    match rule.then:
        case Redirect(new_alias):
            result = {"new_alias": _new_alias(new_alias.render(walk.question))}
            return Decision(Action.REDIRECT, Reason.BY_RULE, result)
        case UseService(service, has_placeholders):
            whole = whole_service(service, walk.question) if has_placeholders else service
            variant = variant_for(whole, call, grounds.moment)
            return Decision(Action.CONTINUE, Reason.BY_RULE, variant)
        case UseRoom(alias):
            keys = walk.question.keys_of(_alias(alias.render(walk.question)))
            return _by_directory(keys, call, grounds)
        case RunScript(script):
            return service_by_script(script, walk.question)
        case _:
            return common(rule, walk, grounds.known, None)


def _alias(text: str) -> Alias:
    try:
        return parse_alias(text)
    except RequestError as exc:
        raise OutcomeError(f"room: {exc}") from exc


def _new_alias(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise OutcomeError(f"redirect: longer than {MAX_TEXT} characters")
    return text


def _leg_of_gateway(call: Call, grounds: Grounds) -> Decision | None:
    name = name_of_leg(call)
    rule = grounds.table.gateway_named(name) if name is not None else None
    if rule is None or not isinstance(rule.then, UseService):
        return None
    try:
        service = leg_of(rule.then, call)
    except OutcomeError:  # what placeholders stood for is not known any more
        return replace(leave(Reason.BY_RULE), rule=rule.name)
    variant = variant_for(service, call, grounds.moment)
    return Decision(Action.CONTINUE, Reason.BY_RULE, variant, rule.name)


def _unruled(walk: Walk, call: Call, grounds: Grounds) -> Decision:
    if call.direction is CallDirection.NON_DIAL:
        return leave(Reason.NON_DIAL)
    kind = walk.question.alias.kind
    if kind is AliasKind.MICROSOFT_CONFERENCE:
        return leave(Reason.NO_RULE)
    if kind is AliasKind.RECEPTION:
        return refuse(Reason.UNKNOWN_ALIAS)
    return _by_directory(walk.question.keys(), call, grounds)


def _by_directory(keys: tuple[AddressKey, ...], call: Call, grounds: Grounds) -> Decision:
    found = grounds.known.owned(keys)
    target = found.entry.target
    if target is None:
        if not found.entry.own_domain:
            return leave(Reason.FOREIGN_DOMAIN)
        is_running = call.direction is CallDirection.DIAL_OUT
        return leave(Reason.UNKNOWN_ALIAS) if is_running else refuse(Reason.UNKNOWN_ALIAS)
    if isinstance(target, PermanentRoom):  # which the time does not change
        refusal = refusal_of_room(target)
    else:
        refusal = refusal_of(target, grounds.moment.now)
    if refusal is not None:
        return refusal
    match target:
        case PermanentRoom() | Booking():
            reason = Reason.OK_DEGRADED if found.is_stale else Reason.OK
            service = variant_for(target.service, call, grounds.moment)
            return Decision(Action.CONTINUE, reason, service)
        case Device() | Reserved() | Quarantined():  # of these only a device is not refused
            return leave(Reason.DEVICE)
        case _:
            assert_never(target)


def _with_overrides(decision: Decision, walk: Walk) -> Decision:
    """Lay what each rule overrides on the service that is answered, if one is."""
    service = decision.result
    if not walk.overrides or not isinstance(service, Mapping) or "service_type" not in service:
        return decision
    for rule, override in walk.overrides:
        try:
            service = overridden(service, override)
        except OutcomeError as exc:
            walk.faults.append((rule, f"override: {exc}"))
    return replace(decision, result=service)
