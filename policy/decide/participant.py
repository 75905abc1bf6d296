"""As whom somebody joins: what the rules say, then what the directory knows, else unchanged."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from policy.decide.decision import Decision, Reason
from policy.decide.rules import common, noted, said_by_rules
from policy.decide.scripts import participant_by_script
from policy.directory.records import Booking, Device, PermanentRoom
from policy.rules.model import Override, Reject, RunScript
from policy.rules.unfinished import whole_properties
from policy.wire.fields import MAX_TEXT
from policy.wire.vocabulary import Action, ParticipantType, RequestType, Role

if TYPE_CHECKING:
    from policy.decide.grounds import Grounds
    from policy.rules.model import Rule
    from policy.rules.question import Question
    from policy.rules.walk import Walk
    from policy.wire.call import Call
    from policy.wire.requests import ParticipantRequest


def decide_participant(request: ParticipantRequest, grounds: Grounds) -> Decision:
    """Do what the first matching rule says; else a device of the room's organisation may be host.

    Whoever has a role keeps it, and without a rule or such a device nothing changes. Raises Needs.
    """
    call = request.call
    if call.alias is None:
        return Decision(Action.CONTINUE, Reason.BAD_ALIAS, {})
    walk = grounds.walk(RequestType.PARTICIPANT, call.alias, call.parameters, call.direction)
    decision = said_by_rules(walk, partial(_carry_out, walk, call, grounds))
    if decision is None:
        if grounds.plan.own_devices_are_hosts and request.role is None:
            decision = _by_directory(walk.question)
        else:
            decision = Decision(Action.CONTINUE, Reason.NO_RULE, {})
    return noted(decision, walk)


def counts_as_join(request: ParticipantRequest, decision: Decision) -> bool:
    """Say whether somebody joins now: a browser caller asks twice, and only this once counts."""
    is_join = request.participant_type in {ParticipantType.STANDARD, None}
    return is_join and decision.action is not Action.REJECT


def _carry_out(walk: Walk, call: Call, grounds: Grounds, rule: Rule) -> Decision | None:
    match rule.then:
        case Reject(text):
            said = text.render(walk.question)[:MAX_TEXT]
            # The node shows it to app users.
            return Decision(Action.REJECT, Reason.BY_RULE, {"reject_reason": said})
        case Override(properties, has_placeholders):
            if has_placeholders:
                properties = whole_properties(properties, walk.question)
            return _for(call, Decision(Action.CONTINUE, Reason.BY_RULE, properties))
        case RunScript(script):
            return _for(call, participant_by_script(script, walk.question))
        case _:
            decision = common(rule, walk, grounds.known, {})
            return None if decision is None else _for(call, decision)


def _for(call: Call, decision: Decision) -> Decision:
    """Leave out a name of null for a caller who has one: a node takes it only without."""
    result = decision.result
    if not isinstance(result, dict) or result.get("remote_display_name", "") is not None:
        return decision
    if not call.remote_display_name:
        return decision
    named = {key: value for key, value in result.items() if key != "remote_display_name"}
    return replace(decision, result=named)


def _by_directory(question: Question) -> Decision:
    """Make a registered device a host where its own organisation is at home."""
    room = question.dialled()
    owner = room.owner if isinstance(room, PermanentRoom | Booking | Device) else ""
    device = question.caller() if owner else None
    if isinstance(device, Device) and device.enabled and device.owner == owner:
        result = {"preauthenticated_role": Role.CHAIR.value}
        return Decision(Action.CONTINUE, Reason.OWN_DEVICE, result)
    return Decision(Action.CONTINUE, Reason.NO_RULE, {})
