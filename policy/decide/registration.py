"""Whether a device may register under an alias, and with which credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from policy.decide.addresses import find_owned, keys_of, refusal_of
from policy.decide.decision import Decision, Needs, Reason
from policy.directory.records import Device
from policy.rules.model import Credentials, NotFound, Reject
from policy.rules.table import Question
from policy.wire.alias import AliasKind
from policy.wire.vocabulary import Action, AuthType, RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.decide.decision import Dialling, Moment
    from policy.directory.records import AddressKey, Found
    from policy.rules.model import Rule
    from policy.rules.table import RuleTable
    from policy.wire.requests import RegistrationRequest

    Known = Mapping[AddressKey, Found]


def decide_registration(
    request: RegistrationRequest, table: RuleTable, known: Known, moment: Moment, dialling: Dialling
) -> Decision | Needs:
    """Rules speak first, then the device; in our own domains nobody else may register."""
    alias = request.alias
    if alias is None or alias.kind is not AliasKind.ADDRESS:
        return _refuse(Reason.BAD_ALIAS)
    rule = table.first_match(RequestType.REGISTRATION, Question(alias, request.protocol, None))
    if rule is not None:
        return _by_rule(rule)
    found = find_owned(keys_of(alias, dialling.domain_for(request.location)), known)
    if isinstance(found, Needs):
        return found
    target = found.entry.target
    if target is None and not found.entry.own_domain:
        return _leave(Reason.FOREIGN_DOMAIN)
    if target is None:
        return _refuse(Reason.UNKNOWN_ALIAS)
    if not isinstance(target, Device) or not target.in_own_domain:
        return _refuse(Reason.REGISTRATION_DENIED)  # a stolen alias: a room's, or somebody else's
    refusal = refusal_of(target, moment.now)
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


def _by_rule(rule: Rule) -> Decision:
    match rule.then:
        case Reject(text):
            return Decision(Action.REJECT, Reason.BY_RULE, {}, rule.name, text)
        case NotFound():
            return Decision(Action.NOT_FOUND, Reason.BY_RULE, rule=rule.name)
        case Credentials(result):
            return Decision(Action.CONTINUE, Reason.BY_RULE, result, rule.name)
        case _:  # `continue`; no rule file can ask this request for anything else
            return Decision(Action.CONTINUE, Reason.BY_RULE, {}, rule.name)


def _refuse(reason: Reason) -> Decision:
    # A node takes a refusal only with an empty result.
    return Decision(Action.REJECT, reason, {})


def _leave(reason: Reason) -> Decision:
    return Decision(Action.CONTINUE, reason, {})
