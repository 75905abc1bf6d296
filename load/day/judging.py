"""Whether an answer is whole and is the right one for what was asked."""

from __future__ import annotations

from operator import not_
from typing import TYPE_CHECKING, Final

import orjson

from load.day.plan import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OK: Final = 200
NOT_FOUND: Final = 404
# What the service says when it had to answer without knowing: right while the database is away.
INSTEAD: Final = frozenset({"FALLBACK", "LATE"})
_KNOWN: Final = frozenset({"OK", "OK_DEGRADED"})


def fault_of(kind: Kind, status: int, body: bytes) -> str | None:
    """Say what is wrong with an answer, None when nothing is; "instead" for a fallback."""
    if kind is Kind.AVATAR:
        # Nobody in the directory has a picture, and a 404 has no body.
        return None if status == NOT_FOUND and not body else f"{status} to an avatar"
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return f"{status}, no JSON"
    if not isinstance(answer, dict):
        return f"{status}, no object"
    reason = str(answer.get("reason"))
    if reason in INSTEAD:
        is_empty = not answer.get("result")
        return "instead" if is_empty else f"{reason} with a result"
    if status != OK or answer.get("status") != "success":
        return f"{status} {answer.get('status')} {reason}"
    return None if _is_right(kind, answer, reason) else f"{answer.get('action')} {reason}"


def _is_right(kind: Kind, answer: Mapping[str, object], reason: str) -> bool:
    action, reasons, has_right_result = _RIGHT[kind]
    is_expected = answer.get("action") == action and reason in reasons
    return is_expected and has_right_result(answer.get("result"))


def _is_service(result: object) -> bool:
    return isinstance(result, dict) and {"name", "service_type"} <= result.keys()


def _is_place(result: object) -> bool:
    return isinstance(result, dict) and "location" in result


# The action, the reasons and the result of an answer that is right.
_RIGHT: Final[Mapping[Kind, tuple[str | None, frozenset[str], Callable[[object], bool]]]] = {
    Kind.ROOM: ("continue", _KNOWN, _is_service),
    Kind.EARLY: ("reject", frozenset({"TOO_EARLY"}), not_),
    Kind.UNKNOWN: ("reject", frozenset({"UNKNOWN_ALIAS"}), not_),
    Kind.WITHDRAWN: ("reject", frozenset({"CANCELLED", "RETIRED"}), not_),
    Kind.NON_DIAL: ("continue", frozenset({"NON_DIAL"}), not_),
    Kind.PARTICIPANT: ("continue", frozenset({"NO_RULE"}), not_),
    Kind.LOCATION: ("continue", frozenset({"BY_RULE"}), _is_place),
    Kind.REGISTRATION: ("continue", _KNOWN, bool),
    Kind.PHONEBOOK: ("continue", frozenset({"OK"}), lambda result: isinstance(result, list)),
}
