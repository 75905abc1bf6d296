"""Which rules look at what the decision log hides: a replay from it shows them something else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policy.rules.clauses import AnyGroup, Expression, Not
from policy.rules.model import RunScript
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from policy.rules.clauses import Clause
    from policy.rules.model import Rule
    from policy.scripts.script import Script

# Parameters whose value `wire/redaction.py` replaces.
HIDDEN_PARAMETERS: Final = frozenset(
    {
        "call_tag",
        "p_asserted_identity",
        "q",
        "remote_display_name",
        "telehealth_request_id",
        "third_party_passcode",
    }
)
# What is drawn, or looked up, by the caller's alias.
_BY_CALLER: Final = frozenset({"device_owner", "device_subtree", "device_tag", "share"})
_REMOTE: Final = "remote_alias"
# Scheme and domain of an alias stay.
_KEPT: Final = frozenset({"domain", "scheme", "kind"})
# Of these, the alias is somebody's, and so is what the directory knows of it.
_OF_SOMEBODY: Final = frozenset({RequestType.AVATAR, RequestType.PHONEBOOK})
_BY_ALIAS: Final = frozenset({"room_kind", "organisation", "subtree", "tag"})
_NAMES_IN_SCRIPTS: Final = (_REMOTE, "idp_attribute", *sorted(HIDDEN_PARAMETERS - {"q"}))


def looking_at_hidden(rules: Iterable[Rule]) -> Sequence[str]:
    """Name the rules with a condition or a script on something that the log hides."""
    return [rule.name for rule in rules if _looks(rule)]


def _looks(rule: Rule) -> bool:
    is_of_somebody = bool(rule.requests & _OF_SOMEBODY)
    if isinstance(rule.then, RunScript) and _names_hidden(rule.then.script):
        return True
    return any(_is_hidden(clause, is_of_somebody) for clause in _flat(rule.clauses))


def _flat(clauses: Iterable[Clause]) -> Iterator[Clause]:
    for clause in clauses:
        match clause:
            case AnyGroup(groups=groups):
                for group in groups:
                    yield from _flat(group)
            case Not(clauses=inner):
                yield from _flat(inner)
            case _:
                yield clause


def _is_hidden(clause: Clause, is_of_somebody: bool) -> bool:  # noqa: FBT001  a fact, no switch
    if isinstance(clause, Expression):
        return _names_hidden(clause.script)
    name, _, part = clause.key.partition(".")
    if name == _REMOTE:
        return part not in _KEPT
    if name == "alias":
        return is_of_somebody and part not in _KEPT
    if name in _BY_ALIAS:
        return is_of_somebody
    return name in HIDDEN_PARAMETERS or name in _BY_CALLER or name == "idp_attribute"


def _names_hidden(script: Script) -> bool:
    return any(name in script.source for name in _NAMES_IN_SCRIPTS)
