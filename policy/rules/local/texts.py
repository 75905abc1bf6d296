"""Texts with placeholders as expressions of a script. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policy.rules.local.writing import UnfitError, quoted
from policy.rules.parameters import PARAMETERS, Kind

if TYPE_CHECKING:
    from policy.rules.local.sheet import Sheet
    from policy.rules.model import Rule

# As templates.py reads them.
_PLACEHOLDER: Final = re.compile(r"(\$?)\$\{([^{}]*)\}")
_PARTS: Final = {
    "alias": "text",
    "user": "user",
    "domain": "host",
    "digits": "digits",
    "scheme": "scheme",
}
_READ_AS_SENT: Final = frozenset({Kind.TEXT, Kind.WORD, Kind.ADDRESS})


@dataclass(frozen=True, slots=True)
class Filled:
    """An expression, and what must have a value, else the rule cannot be carried out."""

    text: str
    needs: tuple[str, ...] = ()


def filled(text: str, rule: Rule, sheet: Sheet) -> Filled:
    """Write a text of a rule; raises UnfitError for a placeholder that no script can fill."""
    parts: list[str] = []
    needs: list[str] = []
    at = 0
    plain = ""
    for found in _PLACEHOLDER.finditer(text):
        plain += text[at : found.start()]
        at = found.end()
        if found[1]:
            plain += found[0][1:]
            continue
        value = _value(found[2], rule, sheet)
        parts += [quoted(plain), value] if plain else [value]
        plain = ""
        needs.append(value)
    plain += text[at:]
    parts += [quoted(plain)] if plain or not parts else []
    joined = " ~ ".join(parts)
    return Filled(joined if len(parts) == 1 else f"({joined})", tuple(needs))


def _value(name: str, rule: Rule, sheet: Sheet) -> str:
    captured = _captured(name, rule, sheet)
    if captured:
        return captured
    side, part = ("remote_alias", name[7:]) if name.startswith("remote_") else ("alias", name)
    if part in _PARTS:
        return sheet.alias(side, _PARTS[part])
    if name in PARAMETERS and PARAMETERS[name].kind in _READ_AS_SENT:
        return sheet.direction() if name == "direction" else sheet.raw(name)
    raise UnfitError(f"${{{name}}} is for the server alone")


def _captured(name: str, rule: Rule, sheet: Sheet) -> str:
    """Give what a group captured; of one that takes part several times Python keeps another."""
    if rule.captures is None:
        return ""
    match, portable = sheet.match(sheet.alias("alias", "text"), rule.captures.pattern)
    number = portable.names.get(name) or (int(name) if name.isdigit() else 0)
    if not 0 < number <= portable.groups:
        return ""
    if portable.repeats_groups:
        raise UnfitError(f"${{{name}}}: the regex repeats a group")
    return sheet.put("group", f'({match}[{number}]|default("", true) if {match} else "")')
