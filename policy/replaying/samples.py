"""One call whose answers differ, fit to be shown: nobody's name, PIN or caller alias. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from policy.replaying.differing import RESULT, TEXT, Answer
from policy.wire.parameters import Parameters
from policy.wire.redaction import masked_result, with_stand_ins
from policy.wire.requests import alias_of_path

if TYPE_CHECKING:
    from policy.wire.asked import Asked
    from policy.wire.vocabulary import RequestType

MAX_SHOWN: Final = 120
ABSENT: Final = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; both texts are the same for what must not be shown."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A call, where it stands, and what differs; `caller` has a pseudonym for its user."""

    place: str
    request: RequestType
    dialled: str
    caller: str
    changes: tuple[Change, ...]


def sample_of(
    place: str, asked: Asked, sides: tuple[Answer, Answer], differs: tuple[str, ...], key: bytes
) -> Sample:
    """Show a call; `key` has 1 to 64 bytes."""
    kept, said = with_stand_ins(asked, key)
    parameters = Parameters(kept.query)
    before, after = (_masked(side, said) for side in sides)
    changes = [Change(name, _value(before, name), _value(after, name)) for name in differs]
    return Sample(
        place,
        asked.request_type,
        _cut(alias_of_path(kept.alias) or parameters.text("local_alias")),
        _cut(parameters.text("remote_alias") or parameters.text("registration_alias")),
        tuple(changes),
    )


def _masked(answer: Answer, said: Mapping[str, str]) -> Mapping[str, object]:
    """Give the parts of an answer that differences name."""
    # A refusal's text is written as the reason that a participant's answer has.
    text = masked_result({"reject_reason": answer.text}, said)
    return {
        "action": answer.action,
        "reason": answer.reason,
        TEXT: text["reject_reason"] if isinstance(text, Mapping) else "",
        RESULT: masked_result(answer.result, said),
    }


def _value(parts: Mapping[str, object], name: str) -> str:
    part, _, key = name.partition(".")
    value = parts.get(part)
    if key:
        value = value.get(key, ABSENT) if isinstance(value, Mapping) else ABSENT
    return _cut(_written(value))


def _written(value: object) -> str:
    if isinstance(value, str):
        return value or ABSENT
    if value is None:
        return ABSENT
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError, RecursionError):
        return "what JSON cannot say"


def _cut(text: str) -> str:
    """Keep a line a line, and short."""
    text = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
