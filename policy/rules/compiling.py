"""Conditions as written to clauses, the cheap ones first. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, assert_never, cast

from policy.rules.clauses import (
    AnyGroup,
    Clause,
    Expression,
    InShare,
    InWindow,
    Not,
    SetsUpACall,
    parts_of,
)
from policy.rules.comparisons import (
    AnyOf,
    FromVersion,
    Matches,
    OneOf,
    Part,
    Within,
    in_networks,
)
from policy.rules.conditions import AliasCondition, groups_in, written
from policy.rules.forms import TextForm
from policy.rules.parameters import (
    PARAMETERS,
    Kind,
    addresses_reader,
    flag_reader,
    number_reader,
    text_reader,
    texts_reader,
    version_reader,
)
from policy.rules.readings import (
    TEXTS,
    WORDS,
    caller_addresses,
    completion_of,
    fact,
    idp_attribute,
    text_of_alias,
    texts_of_alias,
)
from policy.scripts.script import compile_expression
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from policy.networks import Address
    from policy.rules.calendar import TimeCondition
    from policy.rules.conditions import AddressForm, When
    from policy.rules.forms import NumberForm, ShareForm, VersionForm
    from policy.rules.lists import Lists
    from policy.rules.question import Question

    Times = tuple[TimeCondition, ...]
    Addresses = Callable[[Question], tuple[Address, ...]]
    Texts = Callable[[Question], tuple[str, ...]]

_LOOKED_UP: Final = frozenset({*TEXTS, "room_kind", "room_state"})
_GROUP, _LOOK_UP, _SCRIPT = 1, 2, 3
_CALLS: Final = SetsUpACall()
_MAY_BE_NON_DIAL: Final = frozenset(
    {RequestType.SERVICE, RequestType.PARTICIPANT, RequestType.LOCATION}
)


def clauses_of(
    when: When, name: str, requests: frozenset[RequestType], lists: Lists
) -> tuple[Clause, ...]:
    """Give all clauses of a rule; `name` is the rule's, whose share is its own."""
    clauses = _clauses(when, name, lists)
    if requests & _MAY_BE_NON_DIAL and not _says(when, "direction"):
        return in_order((_CALLS, *clauses))
    return clauses


def _says(when: When, key: str) -> bool:
    """Say whether a condition stands here or in any group."""
    if key in when.model_fields_set:
        return True
    return any(_says(group, key) for _, group in groups_in(when))


def _clauses(when: When, name: str, lists: Lists) -> tuple[Clause, ...]:
    clauses = [
        clause for key, form in written(when).items() for clause in _of_key(key, form, name, lists)
    ]
    return in_order(clauses)


def in_order(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """Put what costs nothing first, then groups, then what needs a look-up, then scripts."""
    return tuple(sorted(clauses, key=_cost))  # stable: else in the model's order


def _cost(clause: Clause) -> int:
    parts = list(parts_of(clause))
    if any(isinstance(each, Expression) for each in parts):
        return _SCRIPT
    if any(each.key in _LOOKED_UP for each in parts):
        return _LOOK_UP
    return _GROUP if len(parts) > 1 else 0


def _of_key(key: str, form: object, name: str, lists: Lists) -> Iterator[Clause]:
    if key in WORDS:
        yield OneOf(key, WORDS[key], frozenset(str(each) for each in _values(form)))
    elif key in PARAMETERS:
        yield _of_parameter(key, form, lists)
    elif isinstance(form, AliasCondition):
        yield from _of_alias(key, form, lists)
    elif key in TEXTS:
        yield _of_texts(key, TEXTS[key], form, lists)
    else:
        yield from _of_special(key, form, name, lists)


def _of_parameter(key: str, form: object, lists: Lists) -> Clause:
    parameter = PARAMETERS[key]
    wire = parameter.wire or key
    match parameter.kind:
        case Kind.WORD:
            return OneOf(key, text_reader(wire), frozenset(str(each) for each in _values(form)))
        case Kind.FLAG:
            return OneOf(key, flag_reader(wire), frozenset({"true" if form else "false"}))
        case Kind.TEXT | Kind.TEXTS:
            return _of_text(key, wire, cast("TextForm", form), lists)
        case Kind.NUMBER:
            bounds = cast("NumberForm", form)
            return Within(key, number_reader(wire), bounds.at_least, bounds.at_most)
        case Kind.ADDRESS | Kind.ADDRESSES:
            return _of_addresses(key, addresses_reader(wire, parameter.kind), form, lists)
        case Kind.VERSION:
            return FromVersion(key, version_reader(wire), *cast("VersionForm", form).bounds())
        case _:
            assert_never(parameter.kind)


def _of_text(key: str, wire: str, form: TextForm, lists: Lists) -> Clause:
    if PARAMETERS[key].kind is Kind.TEXTS:
        return _of_texts(key, texts_reader(wire), form, lists)
    if form.exact:
        return OneOf(key, text_reader(wire), form.exact)
    if form.list_:
        return OneOf(key, text_reader(wire), lists.words(form.list_), form.list_)
    return _of_texts(key, texts_reader(wire), form, lists)


def _of_texts(key: str, read: Texts, form: object, lists: Lists) -> Clause:
    """Compare one of several texts; a plain collection of words stands for itself."""
    if not isinstance(form, TextForm):
        return AnyOf(key, read, frozenset(str(each).lower() for each in _values(form)))
    if form.exact:
        return AnyOf(key, read, form.exact)
    if form.list_:
        return AnyOf(key, read, lists.words(form.list_), form.list_)
    if form.regex:
        return Matches(key, read, form.regex)
    where = next(iter(form.model_fields_set))
    return Part(key, read, where, tuple(sorted(getattr(form, where))))


def _of_addresses(key: str, read: Addresses, form: object, lists: Lists) -> Clause:
    written_form = cast("AddressForm", form)
    if written_form.list_:
        networks = lists.networks(written_form.list_)
        return in_networks(key, read, networks, written_form.list_)
    return in_networks(key, read, tuple(sorted(written_form.networks, key=str)))


def _of_alias(key: str, form: AliasCondition, lists: Lists) -> Iterator[Clause]:
    part = partial(text_of_alias, key)
    texts = partial(texts_of_alias, key)
    also = {each: completion_of(each) for each in ("text", "host") if key == "alias"}
    if form.list_:
        aliases = lists.aliases(form.list_)
        yield OneOf(key, part("text"), aliases, form.list_, also.get("text"))
    schemes = frozenset("" if each == "none" else each for each in form.scheme)
    words = (
        (key, "text", form.exact),
        (f"{key}.domain", "host", form.domain),
        (f"{key}.scheme", "scheme", schemes),
        (f"{key}.kind", "kind", frozenset(str(each) for each in form.kind)),
    )
    for name, read, values in words:
        if values:
            yield OneOf(name, part(read), values, also=also.get(read))
    for name, parts in (("user", form.user), ("digits", form.digits)):
        if parts is not None:
            yield _of_texts(f"{key}.{name}", texts(name), parts, lists)
    if form.regex:
        yield Matches(key, texts("text"), form.regex)


def _of_special(key: str, form: object, name: str, lists: Lists) -> Iterator[Clause]:
    match key:
        case "subnet":
            yield _of_addresses(key, caller_addresses, form, lists)
        case "idp_attribute" | "fact":
            read = idp_attribute if key == "idp_attribute" else fact
            for attribute, text in cast("Mapping[str, object]", form).items():
                yield _of_texts(f"{key}.{attribute}", partial(read, attribute), text, lists)
        case "time":
            windows = [InWindow(key, each.compiled()) for each in cast("Times", form)]
            is_one = len(windows) == 1
            yield windows[0] if is_one else AnyGroup(key, tuple((each,) for each in windows))
        case "share":
            share = cast("ShareForm", form)
            yield InShare(key, share.name or name, share.percent, share.by == "alias")
        case "expr":
            yield Expression(key, compile_expression(str(form)))
        case _:
            yield from _of_group(key, form, name, lists)


def _of_group(key: str, form: object, name: str, lists: Lists) -> Iterator[Clause]:
    if key == "not":
        yield Not(key, _clauses(cast("When", form), name, lists))
        return
    groups = [_clauses(each, name, lists) for each in cast("tuple[When, ...]", form)]
    if key == "any":
        yield AnyGroup(key, tuple(groups))
    else:
        yield from (clause for group in groups for clause in group)


def _values(form: object) -> tuple[object, ...]:
    return tuple(cast("Collection[object]", form))
