"""What is wrong with one rule although each of its parts may be written so. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from policy.directory.records import AddressKey
from policy.platform_names import unknown_names
from policy.rules.comparisons import compiled
from policy.rules.conditions import groups_in, requests_for, written
from policy.rules.outcomes import CHANGES, OUTCOMES, TEMPLATED
from policy.rules.templates import (
    NAMES,
    is_template,
    is_unclosed,
    placeholders,
    unknown_placeholder,
)
from policy.wire.alias import parse_alias
from policy.wording import Loc, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policy.documents import Marks, Place
    from policy.platform_names import PlatformNames
    from policy.rules.conditions import When
    from policy.rules.forms import TextForm
    from policy.rules.outcomes import Then
    from policy.rules.syntax import RuleText

# Conditions whose texts are names of system locations.
_LOCATIONS: Final = ("location", "proxy_node_location")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong, and where in the rule; `is_key` when the key itself is wrong."""

    loc: Loc
    text: str
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class NamedRoom:
    """An alias that a rule leads to; with `rewrite` other rules may answer for it."""

    key: AddressKey
    place: Place
    by: str  # room or rewrite


def wrong_in(
    rule: RuleText, document: Mapping[str, object], platform: PlatformNames
) -> Iterator[Wrong]:
    """Hold the parts of a rule against each other; `document` is what stands in the file."""
    yield from _not_for_these_requests(rule)
    yield from _conditions_of_other_requests(rule, rule.when, ("when",))
    yield from _placeholders(rule, document["then"])
    for loc, text in unknown_names(rule.then.names(), platform):
        yield Wrong(("then", *loc), text)
    yield from _unknown_locations(rule.when, platform, ("when",))


def _not_for_these_requests(rule: RuleText) -> Iterator[Wrong]:
    key = rule.then.key()
    for request in sorted(rule.for_):
        if key and key not in OUTCOMES[request]:
            known = ", ".join(sorted(OUTCOMES[request]))
            text = f"outcome {key!r} is not for {request} requests, known there: {known}"
            yield Wrong(("then", key), text, is_key=True)
        for change in sorted(rule.then.changing()):
            if request not in CHANGES[change]:
                known = ", ".join(sorted(CHANGES[change]))
                text = f"{change!r} is not for {request} requests, only for {known}"
                yield Wrong(("then", change), text, is_key=True)


def _conditions_of_other_requests(rule: RuleText, when: When, loc: Loc) -> Iterator[Wrong]:
    for key in written(when):
        known = requests_for(key)
        if not rule.for_ <= known:
            others = " and ".join(sorted(rule.for_ - known))
            text = f"condition {key!r} is not for {others} requests, only for "
            yield Wrong((*loc, key), text + ", ".join(sorted(known)), is_key=True)
    for place, group in groups_in(when):
        yield from _conditions_of_other_requests(rule, group, (*loc, *place))


def _placeholders(rule: RuleText, then: object) -> Iterator[Wrong]:
    if not isinstance(then, dict):
        return
    regex = rule.when.alias.regex if "alias" in rule.when.model_fields_set else ""
    captures = _groups_of(regex) if regex else []
    for key, value in then.items():
        for loc, text in _texts(value, ("then", str(key))):
            if "${" not in text or key == "expr":
                continue
            said = _wrong_template(text, captures) if key in TEMPLATED else None
            if key not in TEMPLATED and any(placeholders(text)):
                known = ", ".join(sorted(TEMPLATED))
                said = f"placeholders are not filled here, only in {known}"
            if said is not None:
                yield Wrong(loc, said)


def _wrong_template(text: str, captures: list[str]) -> str | None:
    if is_unclosed(text):
        return "'${' is not closed: write ${name}, or $${ for the text '${'"
    unknown = unknown_placeholder(placeholders(text), captures)
    if unknown is None:
        return None
    hint = did_you_mean(unknown, sorted({*NAMES, *captures}))
    if unknown.isdigit():
        numbered = sum(name.isdigit() for name in captures)
        hint = f": the regex of alias has {numbered or 'no'} group{'s' * (numbered != 1)}"
    return f"${{{unknown}}} is not known{hint}"


def _groups_of(pattern: str) -> list[str]:
    regex = compiled(pattern)
    return [*(str(number) for number in range(1, regex.groups + 1)), *regex.groupindex]


def _texts(value: object, loc: Loc) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(each, (*loc, str(key)))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*loc, index))


def _unknown_locations(when: When, platform: PlatformNames, loc: Loc) -> Iterator[Wrong]:
    """Find locations that no node is in; conditions do not look at letter case."""
    if platform.locations is None:
        return
    known = {each.lower() for each in platform.locations}
    for key in set(_LOCATIONS) & when.model_fields_set:
        form = cast("TextForm", getattr(when, key))
        for name in sorted(form.exact - known - {""}):
            hint = did_you_mean(name, sorted(known))
            yield Wrong((*loc, key), f"{key}: {name!r} is not among platform.locations{hint}")
    for place, group in groups_in(when):
        yield from _unknown_locations(group, platform, (*loc, *place))


def rooms_of(then: Then, marks: Marks, loc: Loc) -> Iterator[NamedRoom]:
    """Give the aliases that a rule leads to whatever is dialled."""
    for key, alias in (("room", then.room), ("rewrite", then.rewrite)):
        if alias and not is_template(alias):
            parsed = parse_alias(alias)
            yield NamedRoom(AddressKey(parsed.user, parsed.host), marks.place_of((*loc, key)), key)
