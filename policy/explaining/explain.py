"""Explains a decision from what was known when it was made. Pure.

The decision is made once more, with the same facts, at the same moment and on the same way through
the rules, and this time every step is noted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

import orjson

from policy.decide.asking import decide, parse_request
from policy.decide.avatar import Drawing
from policy.decide.decision import Decision, Reason
from policy.directory.records import (
    Booking,
    Device,
    Found,
    PermanentRoom,
    Quarantined,
    Reserved,
)
from policy.explaining.effects import effect_of, effect_of_forward
from policy.explaining.explanation import (
    Decided,
    DialledAlias,
    DirectoryFact,
    Explanation,
    OtherServer,
    RuleStep,
    Sent,
)
from policy.explaining.hiding import Hiding, secrets_in, secrets_of
from policy.explaining.shadows import in_force
from policy.explaining.telling import DECIDES
from policy.rules.known import NeedsAnswer, NeedsEntry
from policy.rules.trace import Trace
from policy.wire import responses
from policy.wire.parameters import Parameters
from policy.wire.requests import (
    AvatarRequest,
    LocationRequest,
    ParticipantRequest,
    PhonebookRequest,
    RegistrationRequest,
    ServiceRequest,
)
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policy.decide.asking import Request
    from policy.decide.grounds import Grounds
    from policy.directory.records import AddressKey, Entry, PhonebookSearch, Target
    from policy.rules.known import Known
    from policy.rules.model import Rule
    from policy.rules.trace import Step
    from policy.wire.alias import Alias
    from policy.wire.answers import ForwardedAnswer
    from policy.wire.asked import Asked
    from policy.wire.vocabulary import CallDirection

_KINDS: Final[Mapping[type, str]] = {
    PermanentRoom: "permanent room",
    Booking: "booked room",
    Device: "device",
    Quarantined: "quarantined",
    Reserved: "reserved",
}
_NOTHING_SAID: Final = "has nothing to say for this call, the rules behind are looked at"


def explain(
    asked: Asked, grounds: Grounds, *, took_s: float = 0.0, missing: str = ""
) -> Explanation:
    """Say why a request is decided so, and what a node does then.

    `grounds` hold what was gathered when it was decided. When something was not, `missing` says
    why, and the explanation ends where it is needed.
    """
    request = parse_request(asked, grounds.plan.own_nodes)
    trace = Trace()
    told: Decision | Drawing | PhonebookSearch | None = None
    effect = ""
    try:
        told = as_told(asked, decide(request, grounds._replace(trace=trace)), grounds)
        effect = effect_of(asked.request_type, told, _direction(request))
        missing = ""
    except NeedsEntry as needs:
        missing = _needed(f"who owns {_address(needs.key)}", missing)
    except NeedsAnswer as needs:
        missing = _needed(f"what policy server {needs.forward.to} says", missing)
        effect = effect_of_forward(needs.forward)
    hiding = Hiding(_secrets(asked, grounds.known, told))
    return Explanation(
        request=asked.request_type.value,
        at=grounds.moment.now.isoformat(timespec="seconds"),
        took_ms=round(took_s * 1000, 2),
        rules_version=grounds.table.version,
        alias=_dialled(_alias_of(request), trace),
        directory=tuple(_fact(key, each) for key, each in grounds.known.entries.items()),
        others=tuple(_other(name, each) for name, each in grounds.known.answers.items()),
        steps=tuple(_steps(request, grounds, trace, told, hiding)),
        decided=None if told is None else _decided(told, hiding),
        sent=None if told is None else _sent(asked.request_type, told, hiding),
        effect=hiding.text(effect),
        missing=missing,
    )


def as_told(
    asked: Asked, outcome: Decision | Drawing | PhonebookSearch, grounds: Grounds
) -> Decision | Drawing | PhonebookSearch:
    """Give the outcome as the node gets it: a phone book says whether it hides what is local."""
    is_phonebook = asked.request_type is RequestType.PHONEBOOK
    if not is_phonebook or not isinstance(outcome, Decision) or outcome.reason is Reason.FORWARDED:
        return outcome
    return replace(outcome, ignore_local=grounds.plan.ignore_local)


def _needed(what: str, why: str) -> str:
    return f"to go on it must be known {what}" + (f": {why}" if why else "")


def _alias_of(request: Request) -> Alias | None:
    match request:
        case ServiceRequest() | ParticipantRequest() | LocationRequest():
            return request.call.alias
        case PhonebookRequest():
            return request.asker
        case AvatarRequest() | RegistrationRequest():
            return request.alias


def _direction(request: Request) -> CallDirection | None:
    if isinstance(request, ServiceRequest | ParticipantRequest | LocationRequest):
        return request.call.direction
    return None


def _dialled(alias: Alias | None, trace: Trace) -> DialledAlias | None:
    if alias is None:
        return None
    last = trace.question.alias.text if trace.question is not None else alias.text
    return DialledAlias(
        text=alias.text,
        user=alias.user,
        host=alias.host,
        scheme=alias.scheme,
        kind=alias.kind.value,
        becomes=last if last != alias.text else "",
    )


def _address(key: AddressKey) -> str:
    return f"{key.local}@{key.domain}" if key.domain else key.local


def _fact(key: AddressKey, found: Found) -> DirectoryFact:
    entry: Entry = found.entry
    target = entry.target
    is_a = "nobody" if target is None else _KINDS[type(target)]
    fact = DirectoryFact(_address(key), entry.own_domain, found.is_stale, is_a)
    if not isinstance(target, PermanentRoom | Booking | Device):
        return fact
    details = (("organisation", target.organisation.value), *_details(target))
    return replace(
        fact, owner=target.owner, subtree=target.subtree, tags=target.tags, details=details
    )


def _details(target: PermanentRoom | Booking | Device) -> Iterator[tuple[str, str]]:
    if isinstance(target, Device):
        yield "device", "enabled" if target.enabled else "disabled"
        proof = "password" if target.username else "none" if target.without_proof else "nothing set"
        yield "proof", f"{proof}, single sign-on" if target.single_sign_on else proof
        if not target.in_own_domain:
            yield "domain", "of somebody else"
        return
    if isinstance(target, PermanentRoom):
        yield "room", target.state.value
    else:
        yield "opens at", target.opens_at.isoformat(timespec="minutes")
        yield "ends at", target.ends_at.isoformat(timespec="minutes")
        if target.cancelled:
            yield "booking", "cancelled"
    yield "service", f"{target.service.get('name')} ({target.service.get('service_type')})"


def _other(name: str, answer: ForwardedAnswer | None) -> OtherServer:
    if answer is None:
        return OtherServer(name, "gave no usable answer")
    what = "a picture" if answer.image else "a result" if answer.result else "nothing else"
    return OtherServer(name, f"answered {answer.action.value} and {what}")


def _steps(
    request: Request,
    grounds: Grounds,
    trace: Trace,
    told: Decision | Drawing | PhonebookSearch | None,
    hiding: Hiding,
) -> Iterator[RuleStep]:
    rules = {rule.name: rule for rule in grounds.table.rules}
    decided_by = told.rule if isinstance(told, Decision) else ""
    ahead: list[Rule] = []  # enforced rules that match, each of which may have changed something
    for step in trace.steps:
        did, log, rule = step.did, step.log, rules[step.rule]
        if not step.condition and step.is_shadow:
            did, log = in_force(request, grounds, ahead, rule)
        elif not step.condition:
            ahead.append(rule)
            did = (*did, *_carried_out(step, rule, decided_by, is_last=told is None))
        yield RuleStep(
            rule=step.rule,
            place=step.place,
            is_shadow=step.is_shadow,
            matches=not step.condition,
            condition=step.condition,
            wanted=step.wanted,
            got=hiding.text(step.got),
            did=tuple(hiding.text(each) for each in did),
            log=tuple(hiding.text(each) for each in log),
        )


def _carried_out(step: Step, rule: Rule, decided_by: str, *, is_last: bool) -> tuple[str, ...]:
    if step.rule == decided_by:
        return (DECIDES,)
    could_not = any(each.startswith("cannot") for each in step.did)
    if rule.then is None or could_not or is_last:
        return ()
    return (_NOTHING_SAID,)


def _decided(told: Decision | Drawing | PhonebookSearch, hiding: Hiding) -> Decided:
    if isinstance(told, Drawing):
        return Decided(Action.CONTINUE.value, told.reason.value)
    if not isinstance(told, Decision):
        return Decided(Action.CONTINUE.value, Reason.OK.value)
    return Decided(
        action=told.action.value,
        reason=told.reason.value,
        rule=told.rule,
        text=hiding.text(told.text),
        shadows=told.shadows,
        faults=told.faults,
    )


def _sent(
    request_type: RequestType, told: Decision | Drawing | PhonebookSearch, hiding: Hiding
) -> Sent:
    if isinstance(told, Drawing):
        return Sent(200, responses.IMAGE_TYPE, described=f"{told.width} x {told.height} pixels")
    if not isinstance(told, Decision):
        listed = f"a list of up to {told.limit} rooms and devices"
        return Sent(200, responses.CONTENT_TYPE, described=listed)
    if told.image:
        return Sent(200, responses.IMAGE_TYPE, described=f"{len(told.image)} bytes")
    if request_type is RequestType.AVATAR:
        return Sent(404, "", described="nothing")
    # Through the bytes, so that nothing is shown but what is sent.
    body = orjson.loads(responses.render(told.action, told.result, told.notes()))
    masked = cast("dict[str, object]", hiding.document(body))
    return Sent(404 if told.action is Action.NOT_FOUND else 200, responses.CONTENT_TYPE, masked)


def _secrets(
    asked: Asked, known: Known, told: Decision | Drawing | PhonebookSearch | None
) -> Iterator[str]:
    yield Parameters(asked.query).text("third_party_passcode")
    targets: Iterator[Target | None] = (each.entry.target for each in known.entries.values())
    for target in targets:
        yield from secrets_of(target)
    if isinstance(told, Decision):
        yield from secrets_in(told.result)
