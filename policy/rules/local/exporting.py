"""Rules to a script of local policy, for the day on which nodes cannot reach the server. Pure.

The first rule that matches decides, as on the server. A rule that a script cannot carry out must
not hand its calls to the rules behind it: they are left to the platform, as far as the script can
tell which they are; where it cannot tell at all, nothing behind that rule is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from policy.rules.local.answers import Answer, answer_of, leg_answer, unchanged
from policy.rules.local.conditions import Said, all_of
from policy.rules.local.overrides import overridden_text, override_text
from policy.rules.local.rooms import Rooms
from policy.rules.local.sheet import Sheet
from policy.rules.local.writing import UnfitError, comment, joined, quoted
from policy.rules.model import RunScript, UseDirectory, UseService
from policy.rules.templates import placeholders
from policy.scripts.script import MAX_SCRIPT
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policy.rules.model import Rule

SCRIPTED: Final = (RequestType.SERVICE, RequestType.PARTICIPANT, RequestType.LOCATION)
_LARGEST_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A rule that is not in the script, and why."""

    name: str
    place: str
    why: str


@dataclass(frozen=True, slots=True)
class Export:
    """A script; `sizes` tells how many characters each rule takes, the largest first."""

    text: str
    written: int
    left_out: tuple[LeftOut, ...]
    sizes: tuple[tuple[str, int], ...]

    @property
    def too_long_by(self) -> int:
        """Say by how many characters no node would take it, 0 when it fits."""
        return max(0, len(self.text) - MAX_SCRIPT)

    def largest(self) -> str:
        """Name the largest rules."""
        return ", ".join(f"{name} ({size})" for name, size in self.sizes[:_LARGEST_SHOWN])


@dataclass(frozen=True, slots=True)
class Site:
    """What a script is written for besides the rules; `version` names their text.

    `completes` says that a bare alias may be completed by a domain, which a script does not do.
    """

    own_nodes: frozenset[str] = frozenset()
    rooms: Rooms = field(default_factory=Rooms)
    version: str = ""
    completes: bool = False


@dataclass(slots=True)  # filled while a script is written
class _Chain:
    sheet: Sheet
    rooms: Rooms
    legs: list[tuple[str, str]] = field(default_factory=list)
    branches: list[tuple[str, str]] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    sizes: list[tuple[str, int]] = field(default_factory=list)
    written: int = 0
    is_closed: bool = False


def export_rules(rules: Sequence[Rule], request: RequestType, site: Site) -> Export:
    """Write the script of one request type; whether a node takes its length is not looked at."""
    chain = _Chain(Sheet(request, site.own_nodes), site.rooms)
    if request is RequestType.SERVICE:
        for rule in _gateways(rules):
            _add_leg(rule, chain)
    if site.completes:
        user, host = (chain.sheet.alias("alias", part) for part in ("user", "host"))
        chain.branches.append((f"{user} and not {host}", unchanged(request)))
    asked = [rule for rule in rules if request in rule.requests and not rule.is_shadow]
    for position, rule in enumerate(asked):
        if chain.is_closed:
            chain.left_out.append(_left_out(rule, "stands behind a rule that may catch any call"))
            continue
        before = len(chain.sheet.text()) + _size(chain.branches)
        is_last = position == len(asked) - 1 and not site.rooms.services
        _add(rule, chain, is_last=is_last)
        after = len(chain.sheet.text()) + _size(chain.branches)
        chain.sizes.append((rule.name, after - before))
    text = _script(chain, request, site)
    sizes = sorted(chain.sizes, key=lambda each: -each[1])
    return Export(text, chain.written, tuple(chain.left_out), tuple(sizes))


def _gateways(rules: Iterable[Rule]) -> list[Rule]:
    """Give the first rule of each gateway name, as calls that it made find it again."""
    found: dict[str, Rule] = {}
    for rule in rules:
        then = rule.then
        if isinstance(then, UseService) and then.service["service_type"] == "gateway":
            name = str(then.service["name"])
            if not rule.is_shadow and not any(placeholders(name)):
                found.setdefault(name, rule)
    return list(found.values())


def _add(rule: Rule, chain: _Chain, *, is_last: bool) -> None:
    said = all_of(rule.clauses, chain.sheet)
    try:
        if _only_sets(rule):
            return
        _check(said)
        override = _override_of(rule)
        answer = _answer_of(rule, chain)
        if isinstance(rule.then, RunScript):
            _add_script(rule, rule.then, said, chain, is_last=is_last)
            return
    except UnfitError as exc:
        chain.left_out.append(_left_out(rule, str(exc)))
        _branch(said, unchanged(chain.sheet.request), rule, chain, note="left to the platform")
        return
    chain.written += 1
    if override:
        name = chain.sheet.fresh("over")
        chain.sheet.add(f"{{% set {name} = {override} if {said.text} else {{}} %}}")
        chain.overrides.append(name)
    if isinstance(rule.then, UseDirectory):
        _branch(said, _rest(chain), rule, chain)
    elif answer is not None:
        texts = [each for each in (said.text, *answer.needs) if each != "true"]
        whole = Said(joined("and", texts) if texts else "true")
        _branch(whole, _whole(answer, chain), rule, chain)


def _check(said: Said) -> None:
    if said.lacks:
        raise UnfitError("; ".join(dict.fromkeys(said.lacks)))


def _only_sets(rule: Rule) -> bool:
    """Say whether a rule does nothing but set facts; who reads them is left out anyway."""
    changes = rule.changes
    if rule.then is not None or changes is None:
        return False
    return changes.alias is None and not changes.override


def _override_of(rule: Rule) -> str:
    changes = rule.changes
    if changes is None:
        return ""
    if changes.alias is not None:
        raise UnfitError("rewrite is for the server alone")
    if any(any(placeholders(each.text)) for each in changes.facts.values()):
        raise UnfitError("set: placeholders are for the server alone")
    return override_text(changes.override) if changes.override else ""


def _answer_of(rule: Rule, chain: _Chain) -> Answer | None:
    if rule.then is None or isinstance(rule.then, RunScript | UseDirectory):
        return None
    return answer_of(rule, chain.sheet, chain.rooms)


def _add_script(rule: Rule, then: RunScript, said: Said, chain: _Chain, *, is_last: bool) -> None:
    if not is_last or chain.overrides or rule.changes is not None:
        raise UnfitError("expr: is for the server unless it is the last rule, without overrides")
    chain.written += 1
    chain.is_closed = said.is_always
    chain.branches.append((said.text, f"{{# {comment(rule.name)} #}}\n{then.script.source}"))


def _branch(said: Said, answer: str, rule: Rule, chain: _Chain, note: str = "") -> None:
    about = comment(f"{rule.name}: {note}" if note else rule.name)
    chain.branches.append((said.text, f"{{# {about} #}}\n{_written(answer)}"))
    chain.is_closed = said.is_always


def _written(answer: str) -> str:
    return f"{{{{ {answer}|pex_to_json }}}}"


def _whole(answer: Answer, chain: _Chain) -> str:
    if not answer.service_type:
        return answer.text
    service = overridden_text(answer.text, chain.overrides, quoted(answer.service_type))
    return f'{{"action": "continue", "result": {service} }}'


def _add_leg(rule: Rule, chain: _Chain) -> None:
    """Write what the outgoing leg of a running gateway call is told, in front of all rules."""
    then, same = rule.then, _written(unchanged(chain.sheet.request))
    if not isinstance(then, UseService):
        return
    about = f"{{# {comment(rule.name)}: outgoing leg #}}"
    is_leg = f"{chain.sheet.leg()} == {quoted(str(then.service['name']))}"
    try:
        answer = leg_answer(then.service, chain.sheet)
    except UnfitError:
        chain.legs.append((is_leg, f"{about}\n{same}"))
        return
    told = f'{{"action": "continue", "result": {answer.text} }}'
    chain.legs.append((joined("and", [is_leg, *answer.needs]), f"{about}\n{_written(told)}"))
    if answer.needs:
        chain.legs.append((is_leg, same))


def _rest(chain: _Chain) -> str:
    """Write what becomes of calls that no rule decides: a room of the directory, or no change."""
    sheet = chain.sheet
    passed = unchanged(sheet.request)
    if sheet.request is not RequestType.SERVICE:
        return passed
    if chain.overrides:
        own = overridden_text("service_config", chain.overrides, "service_config.service_type")
        laid = f'service_config and {sheet.direction()} != "non_dial"'
        passed = f'{{"action": "continue", "result": {own} if {laid} else service_config or {{}} }}'
    if not chain.rooms.services:
        return passed
    room = chain.rooms.lines(sheet)
    service = overridden_text(room, chain.overrides, f"{room}.service_type")
    whole = f'{{"action": "continue", "result": {service} }}'
    return f'({whole} if {room} and {sheet.direction()} != "non_dial" else {passed})'


def _script(chain: _Chain, request: RequestType, site: Site) -> str:
    sheet = chain.sheet
    left = _written(unchanged(request))
    is_unread = ["not vdx_alias_ok"]
    if request is RequestType.SERVICE:
        is_unread.append("call_info.breakout_uuid")
    branches = [(joined("or", is_unread), left), *chain.legs]
    if sheet.looks_at_caller:
        branches.append((f"({sheet.raw('remote_alias')} and not vdx_remote_ok)", left))
    branches += chain.branches
    if not chain.is_closed:
        branches.append(("true", _written(_rest(chain))))
    lines: list[str] = []
    for number, (condition, body) in enumerate(branches):
        word = "elif" if number else "if"
        lines += ["{% else %}" if condition == "true" else f"{{% {word} {condition} %}}", body]
    return "\n".join(
        (
            _header(chain, request, site),
            "{% if call_info.external_policy_disposition %}",
            "{{ call_info.external_policy_disposition|pex_require_min_length(99) }}",
            "{% else %}",
            sheet.text(),
            *lines,
            "{% endif %}",
            "{% endif %}",
        )
    )


def _header(chain: _Chain, request: RequestType, site: Site) -> str:
    version = f", version {site.version}" if site.version else ""
    left = [f"  {each.name} ({each.place}): {each.why}" for each in chain.left_out]
    said = (
        f"Written by vdx-policy export-local-policy for {request} requests: {chain.written} rules",
        f"in force{version}. Write it again when they change.",
        "It speaks only when the policy server did not answer. Not read as the server does, and",
        "left to the platform: aliases with letters beyond western Europe's, domains with any but",
        "ASCII letters, IPv6 addresses as domains, Microsoft's meetings, and breakout rooms.",
        *(["Rules that are not here, whose calls are left to the platform:"] if left else []),
        *left,
    )
    return f"{{# {comment(chr(10).join(said))} #}}"


def _left_out(rule: Rule, why: str) -> LeftOut:
    return LeftOut(rule.name, rule.place, why)


def _size(branches: Iterable[tuple[str, str]]) -> int:
    return sum(len(condition) + len(body) for condition, body in branches)
