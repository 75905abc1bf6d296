"""Conditions of rules as Jinja conditions. Pure.

One that a script cannot evaluate is replaced by one that holds wherever it could, and says what it
lacks: a rule that is left out must not hand its calls to the rules behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policy.rules.clauses import AnyGroup, Expression, InWindow, Not, SetsUpACall
from policy.rules.comparisons import AnyOf, InNetworks, Matches, OneOf, Part, Within
from policy.rules.local.clock import window_text
from policy.rules.local.sheet import search_in
from policy.rules.local.writing import UnfitError, joined, literal, quoted
from policy.rules.parameters import PARAMETERS, Kind
from policy.wire.alias import AliasKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from policy.rules.clauses import Clause
    from policy.rules.local.sheet import Sheet

MAX_LIST: Final = 500
_ALWAYS: Final = "true"
_NEVER: Final = "false"


@dataclass(frozen=True, slots=True)
class Said:
    """A condition of a script; with `lacks` it holds more often than the rule's."""

    text: str
    lacks: tuple[str, ...] = ()

    @property
    def is_always(self) -> bool:
        """Whether it holds for every call."""
        return self.text == _ALWAYS


def all_of(clauses: Sequence[Clause], sheet: Sheet) -> Said:
    """Write conditions that must hold together."""
    said = [condition(each, sheet) for each in clauses]
    texts = [each.text for each in said if not each.is_always]
    lacks = tuple(lack for each in said for lack in each.lacks)
    return Said(joined("and", texts) if texts else _ALWAYS, lacks)


def condition(clause: Clause, sheet: Sheet) -> Said:
    """Write one condition."""
    match clause:
        case AnyGroup(groups=groups):
            return _any_of([all_of(group, sheet) for group in groups])
        case Not(clauses=clauses):
            inner = all_of(clauses, sheet)
            return Said(_ALWAYS, inner.lacks) if inner.lacks else Said(f"(not {inner.text})")
        case _:
            try:
                return Said(_exact(clause, sheet))
            except UnfitError as exc:
                return Said(_ALWAYS, (str(exc),))


def _any_of(groups: list[Said]) -> Said:
    lacks = tuple(lack for each in groups for lack in each.lacks)
    if any(each.is_always for each in groups):
        return Said(_ALWAYS, lacks)
    return Said(joined("or", [each.text for each in groups]), lacks)


def _exact(clause: Clause, sheet: Sheet) -> str:
    match clause:
        case SetsUpACall():
            return f'{sheet.direction()} != "non_dial"'
        case OneOf(key=key, values=values):
            return _one_of(key, values, sheet)
        case AnyOf() | Matches() | Part():
            return _texts(clause, sheet)
        case Within(key=key, at_least=at_least, at_most=at_most):
            number = sheet.number(key)
            least = f"{number} >= {max(at_least or 0, 0)}"
            return least if at_most is None else f"({least} and {number} <= {at_most})"
        case InNetworks(key=key, networks=networks):
            _bound(networks)
            subnets = literal([str(each) for each in networks])
            return sheet.gather(
                "within", sheet.addresses(key), f"pex_in_subnet(vdx_each, {subnets})", "1"
            )
        case InWindow(window=window):
            return window_text(window, sheet)
        case Expression(script=script):
            return f"({script.source})"
        case _:
            raise UnfitError(f"{clause.key} is for the server alone")


def _bound(values: Collection[object]) -> None:
    if len(values) > MAX_LIST:
        raise UnfitError(f"a list of {len(values)} entries, {MAX_LIST} are the most")


def _one_of(key: str, values: frozenset[str], sheet: Sheet) -> str:
    _bound(values)
    if key == "alias.kind":  # a script leaves all others alone
        return _ALWAYS if AliasKind.ADDRESS in values else _NEVER
    if key == "direction":
        return _among(sheet.direction(), values)
    if key == "device":
        return _among(sheet.device(), values)
    if key == "role":
        role = sheet.parameter("preauthenticated_role")
        return _among(f'({role} if {role} in ["chair", "guest"] else "none")', values)
    if key in PARAMETERS:
        if PARAMETERS[key].kind is Kind.FLAG:
            return sheet.flag(key) if "true" in values else f"(not {sheet.flag(key)})"
        return _among(sheet.parameter(key), values)
    return _among(_part(key, sheet), values)


def _part(key: str, sheet: Sheet) -> str:
    """Give a text that stands for one part of an alias."""
    side, _, part = key.partition(".")
    if side not in {"alias", "remote_alias"} or part == "kind":
        raise UnfitError(f"{key.partition('.')[0]} is for the server alone")
    return sheet.alias(side, {"": "text", "domain": "host"}.get(part, part))


def _among(variable: str, values: Collection[str]) -> str:
    if len(values) == 1:
        return f"{variable} == {quoted(next(iter(values)))}"
    return f"{variable} in {literal(sorted(values))}"


def _texts(clause: AnyOf | Matches | Part, sheet: Sheet) -> str:
    """Write a condition on texts of which there may be several, or none."""
    key = clause.key
    listed = _listed(key, sheet)
    if listed is not None:
        return sheet.gather("found", listed, _fits(clause, "vdx_each"), "1")
    if key in PARAMETERS:
        variable = is_there = sheet.parameter(key)
    else:
        variable = _part(key, sheet)
        is_there = sheet.alias("remote_alias", "text") if key.startswith("remote") else ""
    if isinstance(clause, Matches):
        found = sheet.match(variable, clause.pattern)[0]
    else:
        found = _fits(clause, variable)
    return f"({is_there} and {found})" if is_there else found


def _listed(key: str, sheet: Sheet) -> str | None:
    if key.startswith("idp_attribute."):
        return sheet.attribute(key.removeprefix("idp_attribute."))
    if key in PARAMETERS and PARAMETERS[key].kind is Kind.TEXTS:
        return sheet.header(key)
    return None


def _fits(clause: AnyOf | Matches | Part, variable: str) -> str:
    match clause:
        case AnyOf(values=values):
            _bound(values)
            return _among(variable, values)
        case Matches(pattern=pattern):
            return search_in(pattern, variable)
        case Part(where="contains", parts=parts):
            _bound(parts)
            return joined("or", [f"{quoted(each)} in {variable}" for each in parts])
        case Part(where=where, parts=parts):
            _bound(parts)
            return f"{variable}.{_METHODS[where]}(({literal(list(parts))[1:-1]},))"


_METHODS: Final = {"prefix": "startswith", "suffix": "endswith"}
