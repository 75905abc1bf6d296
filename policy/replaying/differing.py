"""Two answers to one request side by side: what each says, and in what they differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, assert_never

import orjson

from policy.decide.avatar import Drawing
from policy.decide.decision import Decision, Reason
from policy.directory.records import PhonebookSearch
from policy.pictures.initials import Initials
from policy.wire.redaction import masked_result
from policy.wire.results import embedded
from policy.wire.vocabulary import Action, RequestType

Outcome = Decision | Drawing | PhonebookSearch

# What of an answer may differ, besides single fields of its result.
ACTION: Final = "action"
REASON: Final = "reason"
TEXT: Final = "text"
RESULT: Final = "result"

# An identifier, of which ten digits in a row may be masked: they look like a person's number.
_TOKEN: Final = re.compile(r"[0-9a-fx-]{32,36}")

_NO_DECISION: Final = frozenset({Reason.FALLBACK, Reason.LATE, Reason.FAULT})
_FORWARDING: Final = frozenset({Reason.FORWARDED, Reason.FORWARD_FAILED})
# Of these the log hides the alias, by which rules and the directory know them.
_OF_SOMEBODY: Final = frozenset({RequestType.AVATAR, RequestType.PHONEBOOK})


class Unfit(StrEnum):
    """Why a recorded answer says nothing about the rules."""

    UNRECORDED = "no answer was recorded"
    NO_DECISION = "the server could not decide then"
    HIDDEN = "the log hides whom they were about"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side answers; a looked-up picture or phone book counts as what is looked up."""

    action: str
    reason: str
    rule: str = ""
    text: str = ""
    result: object = field(default=None, repr=False)
    shadows: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def answer_of(outcome: Outcome) -> Answer:
    """Give what was decided."""
    match outcome:
        case Decision():
            return Answer(
                outcome.action.value,
                outcome.reason.value,
                outcome.rule,
                outcome.text,
                outcome.result,
                outcome.shadows,
                tuple(rule for rule, _ in outcome.faults),
            )
        case Drawing():
            picture = "initials" if isinstance(outcome.of, Initials) else str(outcome.of)
            size = {"width": outcome.width, "height": outcome.height}
            result = {"picture": picture, **size}
            return Answer(Action.CONTINUE.value, outcome.reason.value, result=result)
        case PhonebookSearch():
            asker = f"{outcome.asker.local}@{outcome.asker.domain}"
            return Answer(Action.CONTINUE.value, Reason.OK.value, result={"alias": asker})
        case _:
            assert_never(outcome)


def differences(before: Answer, after: Answer) -> tuple[str, ...]:
    """Name what differs for the node, fields of the result one by one; the rule is no part of it.

    A result that only one side has, or that is a list, is one thing.
    """
    found = [
        name for name in (ACTION, REASON, TEXT) if getattr(before, name) != getattr(after, name)
    ]
    if before.result != after.result:
        found += _in_results(plain(before.result), plain(after.result))
    return tuple(found)


def _in_results(before: object, after: object) -> list[str]:
    if before == after:
        return []
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return [RESULT]
    missing = object()
    names = sorted({*before, *after})
    return [
        f"{RESULT}.{name}"
        for name in names
        if before.get(name, missing) != after.get(name, missing)
    ]


def plain(result: object) -> object:
    """Give a result as JSON has it: a tuple there is a list."""
    try:
        return orjson.loads(orjson.dumps(result, embedded, orjson.OPT_NON_STR_KEYS))
    except (TypeError, ValueError, RecursionError):  # a script made what nobody can send
        return result


def recorded_answer(answered: Mapping[str, object]) -> Answer:
    """Give what the decision log says was answered."""
    return Answer(
        action=str(answered.get("action", "")),
        reason=_without_age(str(answered.get("reason", ""))),
        rule=str(answered.get("rule", "")),
        result=answered.get("answer"),
    )


def as_recorded(answer: Answer) -> Answer:
    """Give what the decision log would say of an answer."""
    return replace(
        answer,
        reason=_without_age(answer.reason),
        text="",
        result=plain(masked_result(answer.result)),
    )


def _without_age(reason: str) -> str:
    """Take an answer from an old entry as any other: the database was away then, not here."""
    return Reason.OK.value if reason == Reason.OK_DEGRADED else reason


def made_comparable(
    request: RequestType, recorded: Answer, replayed: Answer
) -> tuple[Answer, Answer]:
    """Take out what a log, or a replay, cannot say.

    Another server is not asked again, and pictures and phone books are not looked up.
    """
    if recorded.reason in _FORWARDING and replayed.reason in _FORWARDING:
        recorded = replace(replayed, rule=recorded.rule)
    if request in _OF_SOMEBODY:
        return replace(recorded, result=None), replace(replayed, result=None)
    return recorded, replayed


def why_unfit(request: RequestType, recorded: Answer, replayed: Answer) -> Unfit | None:
    """Say why a recorded answer cannot be compared, None when it can."""
    if not recorded.action or not recorded.reason:
        return Unfit.UNRECORDED
    if recorded.reason in _NO_DECISION:
        return Unfit.NO_DECISION
    depends_on_caller = request in _OF_SOMEBODY or recorded.reason == Reason.OWN_DEVICE
    return Unfit.HIDDEN if depends_on_caller and not replayed.rule else None


def recorded_token(answered: Mapping[str, object] | None) -> str:
    """Give what made the name of a recorded gateway call its own, empty for other answers."""
    result = answered.get("answer") if answered else None
    if not isinstance(result, Mapping) or result.get("service_type") != "gateway":
        return ""
    token = str(result.get("name", "")).rpartition(":")[2]
    return token if _TOKEN.fullmatch(token) else ""
