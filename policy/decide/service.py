"""Which service an alias leads to: rules speak first, then the directory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from policy.decide.addresses import find_owned, keys_of, refusal_of
from policy.decide.decision import Decision, Needs, Reason, leave, refuse
from policy.decide.variants import name_of_leg, variant_for
from policy.directory.records import Booking, Device, PermanentRoom, Quarantined, Reserved
from policy.rules.model import (
    NotFound,
    Redirect,
    Reject,
    UseRoom,
    UseService,
)
from policy.rules.table import Question
from policy.wire.alias import AliasKind
from policy.wire.vocabulary import Action, CallDirection, RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.decide.decision import Dialling, Moment
    from policy.directory.records import AddressKey, Found
    from policy.rules.model import Rule
    from policy.rules.table import RuleTable
    from policy.wire.alias import Alias
    from policy.wire.call import Call
    from policy.wire.requests import ServiceRequest

    Known = Mapping[AddressKey, Found]


def decide_service(
    request: ServiceRequest, table: RuleTable, known: Known, moment: Moment, dialling: Dialling
) -> Decision | Needs:
    """Rules speak first, then the room; an alias nobody owns is refused in our own domains.

    What sets up no call is left to the node, and so is an outgoing call of a service that is not
    ours: it runs already, and a refusal would only break it. The outgoing leg of a gateway call
    belongs to the rule that made the call.
    """
    call = request.call
    if call.alias is None:
        return _without_alias(call)
    rule = table.first_match(RequestType.SERVICE, _question(call, call.alias))
    if rule is None and (name := name_of_leg(call)) is not None:
        rule = table.gateway_named(name)
    if rule is not None:
        return _by_rule(rule, call, known, moment)
    if call.direction is CallDirection.NON_DIAL:
        return leave(Reason.NON_DIAL)
    if call.alias.kind is AliasKind.MICROSOFT_CONFERENCE:
        return leave(Reason.NO_RULE)
    if call.alias.kind is AliasKind.RECEPTION:
        return refuse(Reason.UNKNOWN_ALIAS)
    keys = keys_of(call.alias, dialling.domain_for(call.location))
    return _by_directory(keys, call, known, moment)


def _question(call: Call, alias: Alias) -> Question:
    return Question(alias, call.protocol, call.direction, breakout_uuid=call.breakout_uuid)


def _without_alias(call: Call) -> Decision:
    if call.direction is CallDirection.NON_DIAL:
        return Decision(Action.NOT_FOUND, Reason.BAD_ALIAS)
    return refuse(Reason.BAD_ALIAS)


def _by_rule(rule: Rule, call: Call, known: Known, moment: Moment) -> Decision | Needs:
    match rule.then:
        case Reject(text):
            return Decision(Action.REJECT, Reason.BY_RULE, rule=rule.name, text=text)
        case NotFound():
            return Decision(Action.NOT_FOUND, Reason.BY_RULE, rule=rule.name)
        case Redirect(new_alias):
            return Decision(Action.REDIRECT, Reason.BY_RULE, {"new_alias": new_alias}, rule.name)
        case UseService(service):
            result = variant_for(service, call, moment)
            return Decision(Action.CONTINUE, Reason.BY_RULE, result, rule.name)
        case UseRoom(key):
            outcome = _by_directory((key,), call, known, moment)
            return outcome if isinstance(outcome, Needs) else replace(outcome, rule=rule.name)
        case _:  # `continue`; no rule file can ask this request for anything else
            return Decision(Action.CONTINUE, Reason.BY_RULE, rule=rule.name)


def _by_directory(
    keys: tuple[AddressKey, ...], call: Call, known: Known, moment: Moment
) -> Decision | Needs:
    found = find_owned(keys, known)
    if isinstance(found, Needs):
        return found
    target = found.entry.target
    if target is None:
        if not found.entry.own_domain:
            return leave(Reason.FOREIGN_DOMAIN)
        is_running = call.direction is CallDirection.DIAL_OUT
        return leave(Reason.UNKNOWN_ALIAS) if is_running else refuse(Reason.UNKNOWN_ALIAS)
    refusal = refusal_of(target, moment.now)
    if refusal is not None:
        return refusal
    match target:
        case PermanentRoom() | Booking():
            reason = Reason.OK_DEGRADED if found.is_stale else Reason.OK
            service = variant_for(target.service, call, moment)
            return Decision(Action.CONTINUE, reason, service)
        case Device() | Reserved() | Quarantined():  # of these only a device is not refused
            return leave(Reason.DEVICE)
        case _:
            assert_never(target)
