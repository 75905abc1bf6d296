"""As whom somebody joins: what the rules say, then what the directory knows, else unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy.decide.addresses import find_owned, keys_of
from policy.decide.decision import Decision, Needs, Reason
from policy.decide.location import owner_of
from policy.directory.records import Device
from policy.errors import RequestError
from policy.rules.model import NotFound, Override, Reject
from policy.rules.table import Question
from policy.wire.alias import parse_alias
from policy.wire.vocabulary import Action, ParticipantType, RequestType, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.decide.decision import Dialling
    from policy.directory.records import AddressKey, Found
    from policy.rules.model import Rule
    from policy.rules.table import RuleTable
    from policy.wire.alias import Alias
    from policy.wire.call import Call
    from policy.wire.requests import ParticipantRequest

    Known = Mapping[AddressKey, Found]


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is a host without a PIN, besides what rules say."""

    own_devices_are_hosts: bool = False


def decide_participant(
    request: ParticipantRequest, table: RuleTable, known: Known, dialling: Dialling, roles: Roles
) -> Decision | Needs:
    """Do what the first matching rule says; else a device of the room's organisation may be host.

    Whoever has a role keeps it, and without a rule or such a device nothing changes.
    """
    call = request.call
    if call.alias is None:
        return Decision(Action.CONTINUE, Reason.BAD_ALIAS, {})
    asks = table.asks_for_organisation(RequestType.PARTICIPANT)
    owner = owner_of(call, known, dialling) if asks else ""
    if isinstance(owner, Needs):
        return owner
    rule = table.first_match(RequestType.PARTICIPANT, _question(request, call.alias, owner))
    if rule is not None:
        return _by_rule(rule, call)
    if not roles.own_devices_are_hosts or request.role is not None:
        return Decision(Action.CONTINUE, Reason.NO_RULE, {})
    return _by_directory(call, known, dialling)


def counts_as_join(request: ParticipantRequest, decision: Decision) -> bool:
    """Say whether somebody joins now: a browser caller asks twice, and only this once counts."""
    is_join = request.participant_type in {ParticipantType.STANDARD, None}
    return is_join and decision.action is not Action.REJECT


def _question(request: ParticipantRequest, alias: Alias, owner: str) -> Question:
    call = request.call
    return Question(
        alias,
        call.protocol,
        call.direction,
        organisation=owner,
        role=request.role,
        participant_type=request.participant_type,
        idp_attributes=request.idp_attributes,
    )


def _by_rule(rule: Rule, call: Call) -> Decision:
    match rule.then:
        case Reject(text):
            result = {"reject_reason": text}  # the node shows it to app users
            return Decision(Action.REJECT, Reason.BY_RULE, result, rule.name)
        case NotFound():
            return Decision(Action.NOT_FOUND, Reason.BY_RULE, rule=rule.name)
        case Override(properties):
            if properties.get("remote_display_name", "") is None and call.remote_display_name:
                # A node takes null only where there was no name.
                properties = {k: v for k, v in properties.items() if k != "remote_display_name"}
            return Decision(Action.CONTINUE, Reason.BY_RULE, properties, rule.name)
        case _:  # `continue`; no rule file can ask this request for anything else
            return Decision(Action.CONTINUE, Reason.BY_RULE, {}, rule.name)


def _by_directory(call: Call, known: Known, dialling: Dialling) -> Decision | Needs:
    """Make a registered device a host where its own organisation is at home.

    Only registration proves an alias; anybody may claim one.
    """
    owner = owner_of(call, known, dialling)
    if isinstance(owner, Needs):
        return owner
    caller = _caller(call) if owner and call.registered else None
    if caller is None:
        return Decision(Action.CONTINUE, Reason.NO_RULE, {})
    found = find_owned(keys_of(caller, dialling.domain_for(call.location)), known)
    if isinstance(found, Needs):
        return found
    device = found.entry.target
    if isinstance(device, Device) and device.enabled and device.owner == owner:
        result = {"preauthenticated_role": Role.CHAIR.value}
        return Decision(Action.CONTINUE, Reason.OWN_DEVICE, result)
    return Decision(Action.CONTINUE, Reason.NO_RULE, {})


def _caller(call: Call) -> Alias | None:
    try:
        return parse_alias(call.remote_alias)
    except RequestError:
        return None
