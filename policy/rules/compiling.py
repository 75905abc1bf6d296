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
from policy.rules.conditions import AliasCondition, written
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
    alias_text,
    alias_texts,
    caller_addresses,
    fact,
    idp_attribute,
)
from policy.rules.scripts import compile_expression
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from policy.networks import Address
    from policy.rules.calendar import TimeCondition
    from policy.rules.conditions import AddressForm, When
    from policy.rules.forms import NumberForm, ShareForm, VersionForm
    from policy.rules.lists import Lists
    from policy.rules.question import Question

    Times = tuple[TimeCondition, ...]
    Addresses = Callable[[Question], tuple[Address, ...]]
    Texts = Callable[[Question], tuple[str, ...]]

# What costs a look-up or a script is looked at when all else holds.
_DEAR: Final = frozenset(
    {
        "room_kind",
        "organisation",
        "subtree",
        "tag",
        "device_owner",
        "device_subtree",
        "device_tag",
        "any",
        "all",
        "not",
        "expr",
    }
)
_MAY_BE_NON_DIAL: Final = frozenset(
    {RequestType.SERVICE, RequestType.PARTICIPANT, RequestType.LOCATION}
)


def clauses_of(
    when: When, name: str, requests: frozenset[RequestType], lists: Lists
) -> tuple[Clause, ...]:
    """Give all clauses of a rule; `name` is the rule's, whose share is its own."""
    clauses = _clauses(when, name, lists)
    if requests & _MAY_BE_NON_DIAL and not _says(when, "direction"):
        clauses = (SetsUpACall(), *clauses)
    return clauses


def _says(when: When, key: str) -> bool:
    """Say whether a condition stands here or in any group."""
    groups = (*when.any, *when.all, *((when.not_,) if when.not_ else ()))
    return key in when.model_fields_set or any(_says(group, key) for group in groups)


def _clauses(when: When, name: str, lists: Lists) -> tuple[Clause, ...]:
    clauses: list[Clause] = []
    said = written(when)
    for key in sorted(said, key=lambda key: key in _DEAR):  # stable: else in the model's order
        clauses += _of_key(key, said[key], name, lists)
    return tuple(clauses)


def _of_key(key: str, form: object, name: str, lists: Lists) -> Iterator[Clause]:
    if key in PARAMETERS:
        yield _of_parameter(key, form, lists)
    elif isinstance(form, AliasCondition):
        yield from _of_alias(key, form, lists)
    elif key in WORDS:
        yield OneOf(key, WORDS[key], frozenset(str(each) for each in _values(form)))
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
    part = partial(partial, alias_text, key)
    texts = partial(partial, alias_texts, key)
    if form.exact:
        yield OneOf(key, part("text"), form.exact)
    if form.list_:
        yield OneOf(key, part("text"), lists.aliases(form.list_), form.list_)
    if form.domain:
        yield OneOf(f"{key}.domain", part("host"), form.domain)
    if form.scheme:
        values = frozenset("" if each == "none" else each for each in form.scheme)
        yield OneOf(f"{key}.scheme", part("scheme"), values)
    if form.kind:
        yield OneOf(f"{key}.kind", part("kind"), frozenset(str(each) for each in form.kind))
    if form.user is not None:
        yield _of_texts(f"{key}.user", texts("user"), form.user, lists)
    if form.digits is not None:
        yield _of_texts(f"{key}.digits", texts("digits"), form.digits, lists)
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
            yield InShare(key, share.name or name, share.percent)
        case "expr":
            yield Expression(key, compile_expression(str(form)))
        case "not":
            yield Not(key, _clauses(cast("When", form), name, lists))
        case "any":
            whens = cast("tuple[When, ...]", form)
            yield AnyGroup(key, tuple(_clauses(each, name, lists) for each in whens))
        case _:
            for each in cast("tuple[When, ...]", form):
                yield from _clauses(each, name, lists)


def _values(form: object) -> tuple[object, ...]:
    return tuple(cast("Collection[object]", form))
