"""What rules answer, as expressions of a script. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policy.errors import OutcomeError
from policy.rules.local.places import place_by_subnet, place_text
from policy.rules.local.texts import filled
from policy.rules.local.writing import UnfitError, literal, quoted
from policy.rules.model import (
    Continue,
    NotFound,
    Override,
    Redirect,
    Reject,
    UseLocation,
    UseLocationBySubnet,
    UseRoom,
    UseService,
)
from policy.rules.templates import placeholders
from policy.rules.unfinished import checked_properties, checked_service
from policy.wire.fields import MAX_TEXT
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policy.rules.local.rooms import Rooms
    from policy.rules.local.sheet import Sheet
    from policy.rules.model import Rule

    Document = Mapping[str, object]
    Check = Callable[[object], dict[str, object]]

# How long a text field may be: most fields, names of gateways, addresses of mail.
_LENGTHS: Final = (MAX_TEXT, 213, 100, 80)
_PROBES: Final = ("0", "a b", '<"\\>', "æ:/", "@", "{{")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; where one of `needs` does not hold, the rule cannot be carried out.

    `service_type` is that of an answer on which overrides lie.
    """

    text: str
    needs: tuple[str, ...] = ()
    service_type: str = ""


def answer_of(rule: Rule, sheet: Sheet, rooms: Rooms) -> Answer:
    """Write what a rule answers; raises UnfitError."""
    match rule.then:
        case Continue() | NotFound():
            return Answer(unchanged(sheet.request))
        case Reject() | Redirect():
            return _word(rule.then, rule, sheet)
        case UseService(service):
            return _service(service, rule, sheet)
        case UseRoom(alias):
            room = rooms.service_of(alias.text)
            return Answer(literal(room), (), str(room["service_type"]))
        case Override(properties):
            return _properties(properties, rule, sheet)
        case UseLocation() | UseLocationBySubnet():
            return Answer(f'{{"result": {_place(rule.then, sheet)} }}')
        case _:
            raise UnfitError("forward is for the server alone")


def _place(then: UseLocation | UseLocationBySubnet, sheet: Sheet) -> str:
    if isinstance(then, UseLocation):
        return place_text(then.place, sheet)
    return place_by_subnet(then.subnets, sheet)


def _word(then: Reject | Redirect, rule: Rule, sheet: Sheet) -> Answer:
    if isinstance(then, Redirect):
        target = filled(then.new_alias.text, rule, sheet)
        text = f'{{"action": "redirect", "result": {{"new_alias": {target.text} }} }}'
        return Answer(text, (*target.needs, *_short(target.text, target.needs, MAX_TEXT)))
    said = filled(then.text.text, rule, sheet)
    is_shown = sheet.request is RequestType.PARTICIPANT
    result = f'{{"reject_reason": {said.text} }}' if is_shown else "{}"
    return Answer(f'{{"action": "reject", "result": {result} }}', said.needs)


def unchanged(request: RequestType) -> str:
    """Write the answer that leaves everything as the node has it."""
    match request:
        case RequestType.SERVICE:
            return '{"action": "continue", "result": service_config or {} }'
        case RequestType.LOCATION:
            return '{"result": suggested_media_overflow_locations }'
        case _:
            return '{"action": "continue", "result": {} }'


def leg_answer(service: Document, sheet: Sheet) -> Answer:
    """Write what the outgoing leg of a gateway call is told; raises UnfitError."""
    leg_name = sheet.raw("service_name")
    if not any(placeholders(service)):
        return Answer(_pairs({**_quoted(service), "name": leg_name}))
    plain = {key: value for key, value in service.items() if not any(placeholders(value))}
    ends = {key: sheet.raw(key) for key in ("local_alias", "remote_alias")}
    try:
        checked_service({**plain, "local_alias": "a", "remote_alias": "b"})
    except OutcomeError as exc:
        raise UnfitError(str(exc)) from exc
    needs = [f"0 < {each}|length <= {MAX_TEXT}" for each in ends.values()]
    return Answer(_pairs({**_quoted(plain), **ends, "name": leg_name}), tuple(needs))


def _service(service: Document, rule: Rule, sheet: Sheet) -> Answer:
    fields, needs = _fields(service, checked_service, rule, sheet)
    if service["service_type"] == "gateway":
        # A node puts calls of one name into one service; an outgoing leg must keep its call's.
        leg, name = sheet.leg(), fields["name"]
        own = f'{name} ~ ":" ~ pex_uuid4()'
        fields["name"] = f"({sheet.raw('service_name')} if {leg} == {name} else {own})"
    return Answer(_pairs(fields), tuple(needs), str(service["service_type"]))


def _properties(properties: Document, rule: Rule, sheet: Sheet) -> Answer:
    if properties.get("remote_display_name", "") is None:
        raise UnfitError("a remote_display_name of null is for the server alone")
    fields, needs = _fields(properties, checked_properties, rule, sheet)
    return Answer(f'{{"action": "continue", "result": {_pairs(fields)} }}', tuple(needs))


def _fields(
    document: Document, check: Check, rule: Rule, sheet: Sheet
) -> tuple[dict[str, str], list[str]]:
    fields: dict[str, str] = {}
    needs: list[str] = []
    for key, value in document.items():
        if not any(placeholders(value)):
            fields[key] = literal(value)
            continue
        if not isinstance(value, str):
            raise UnfitError(f"placeholders within {key} are for the server alone")
        text = filled(value, rule, sheet)
        fields[key] = text.text
        needs += [*text.needs, *_short(text.text, text.needs, _longest(document, key, check))]
    return fields, needs


def _longest(document: Document, key: str, check: Check) -> int:
    """Say how long a field's text may be; raises UnfitError for one that not any text fits."""
    whole = {name: "a" if any(placeholders(each)) else each for name, each in document.items()}
    if not _fits(whole, check):
        named = [name for name, each in document.items() if any(placeholders(each))]
        raise UnfitError(f"placeholders in {', '.join(named)} are for the server alone")
    for probe in _PROBES:
        if not _fits({**whole, key: probe}, check):
            raise UnfitError(f"placeholders in {key} are for the server alone")
    found = (most for most in _LENGTHS if _fits({**whole, key: "a" * most}, check))
    return next(found, 1)


def _fits(document: Document, check: Check) -> bool:
    try:
        return check(document) == document
    except OutcomeError:
        return False


def _short(text: str, needs: tuple[str, ...], most: int) -> tuple[str, ...]:
    return (f"{text}|length <= {most}",) if needs else ()


def _quoted(document: Document) -> dict[str, str]:
    return {key: literal(value) for key, value in document.items()}


def _pairs(fields: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{quoted(key)}: {text}' for key, text in fields.items())} }}"
