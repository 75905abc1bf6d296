"""Whether a device may register under an alias, and with which credentials."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, assert_never

from policy.decide.addresses import refusal_of
from policy.decide.decision import Decision, Reason
from policy.decide.rules import common, noted, said_by_rules
from policy.directory.records import Device
from policy.rules.model import Credentials
from policy.wire.alias import AliasKind
from policy.wire.vocabulary import Action, AuthType, RequestType

if TYPE_CHECKING:
    from policy.decide.grounds import Grounds
    from policy.rules.model import Rule
    from policy.rules.walk import Walk
    from policy.wire.requests import RegistrationRequest


def decide_registration(request: RegistrationRequest, grounds: Grounds) -> Decision:
    """Rules speak first, then the device; in our own domains nobody else may register.

    Raises Needs.
    """
    alias = request.alias
    if alias is None or alias.kind is not AliasKind.ADDRESS:
        return _refuse(Reason.BAD_ALIAS)
    walk = grounds.walk(RequestType.REGISTRATION, alias, request.parameters)
    decision = said_by_rules(walk, partial(_carry_out, walk, grounds))
    return noted(decision or _by_directory(request, walk, grounds), walk)


def _carry_out(walk: Walk, grounds: Grounds, rule: Rule) -> Decision | None:
    match rule.then:
        case Credentials(result):
            return Decision(Action.CONTINUE, Reason.BY_RULE, result)
        case _:
            return common(rule, walk, grounds.known, {})


def _by_directory(request: RegistrationRequest, walk: Walk, grounds: Grounds) -> Decision:
    found = grounds.known.owned(walk.question.keys())
    target = found.entry.target
    if target is None and not found.entry.own_domain:
        return _leave(Reason.FOREIGN_DOMAIN)
    if target is None:
        return _refuse(Reason.UNKNOWN_ALIAS)
    if not isinstance(target, Device) or not target.in_own_domain:
        return _refuse(Reason.REGISTRATION_DENIED)  # a stolen alias: a room's, or somebody else's
    refusal = refusal_of(target, grounds.moment.now)
    if refusal is not None:
        denied = target.organisation.may_call
        return _refuse(Reason.REGISTRATION_DENIED if denied else refusal.reason)
    reason = Reason.OK_DEGRADED if found.is_stale else Reason.OK
    return _admit(target, request.auth_type, reason)


def _admit(device: Device, auth_type: AuthType, reason: Reason) -> Decision:
    match auth_type:
        case AuthType.SSO if not device.single_sign_on:
            return _refuse(Reason.REGISTRATION_DENIED)
        case AuthType.SSO:
            return Decision(Action.CONTINUE, reason, {})
        case AuthType.CREDENTIALS if not device.username and not device.without_proof:
            return _refuse(Reason.REGISTRATION_DENIED)
        case AuthType.CREDENTIALS:
            # Two empty texts tell the node to ask for none.
            result = {"username": device.username, "password": device.password}
            return Decision(Action.CONTINUE, reason, result)
        case _:
            assert_never(auth_type)


def _refuse(reason: Reason) -> Decision:
    # A node takes a refusal only with an empty result.
    return Decision(Action.REJECT, reason, {})


def _leave(reason: Reason) -> Decision:
    return Decision(Action.CONTINUE, reason, {})
