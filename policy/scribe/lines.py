"""Makes the lines of the decision log, without what may not be kept.

Fields and answers repeat from call to call, so what was made of them is remembered, in bounds. What
is remembered is personal, and stays in the memory of this process.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import orjson

from policy.wire.asked import PATHS, ROOT
from policy.wire.redaction import masked_result, redacted_alias, redacted_field, redacted_query
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Some thousand callers, each with a name, an alias, an address and a port: 300 bytes a field.
REMEMBERED_FIELDS: Final = 32_768
REMEMBERED_ANSWERS: Final = 4096
# What is longer is not remembered, so that nobody can fill the memory: real ones have some 1,000.
MAX_REMEMBERED: Final = 4000

_TYPES: Final = {each.value: each for each in RequestType}
_LINE_END: Final = orjson.OPT_APPEND_NEWLINE


class Entry(NamedTuple):
    """One request and its answer, in values that can be sent to another process.

    `at` is in seconds since 1970, `result` is JSON, and alias and query are as they came.
    """

    at: float
    request: str
    alias: str
    query: str
    action: str
    reason: str
    rule: str
    shadows: tuple[str, ...]
    faults: tuple[str, ...]
    rules_version: str
    took_ms: float
    result: bytes | None


# As which it is sent: a named one costs four times as much to make.
Plain: TypeAlias = tuple[
    float,
    str,
    str,
    str,
    str,
    str,
    str,
    tuple[str, ...],
    tuple[str, ...],
    str,
    float,
    bytes | None,
]


class Lines:
    """Makes lines; `key` is that of the pseudonyms, and has 1 to 64 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._field = partial(redacted_field, key=key)
        self._remembered_field = lru_cache(REMEMBERED_FIELDS)(self._field)
        self._remembered_answer = lru_cache(REMEMBERED_ANSWERS)(_answer)

    def line_of(self, entry: Plain) -> bytes:
        """Give the line that `wire/recorded.py` reads; raises ValueError or TypeError."""
        at, request, alias, query, action, reason, rule, shadows, faults, rules, ms, result = entry
        is_long = len(query) > MAX_REMEMBERED
        kept, said = redacted_query(query, self._field if is_long else self._remembered_field)
        request_type = _TYPES[request]
        if alias:
            alias = redacted_alias(request_type, alias, self._key)
        path = f"{ROOT}{PATHS[request_type]}{alias}"
        return orjson.dumps(
            {
                "at": datetime.fromtimestamp(at, UTC),
                "request": request,
                "target": f"{path}?{kept}" if kept else path,
                "action": action,
                "reason": reason,
                "rule": rule,
                "shadows": shadows,
                "faults": faults,
                "rules": rules,
                "ms": round(ms, 3),
                "answer": None if result is None else self._masked(result, said),
            },
            option=_LINE_END,
        )

    def _masked(self, result: bytes, said: Mapping[str, str]) -> orjson.Fragment:
        if len(result) > MAX_REMEMBERED:
            return orjson.Fragment(orjson.dumps(masked_result(orjson.loads(result), said)))
        masked, texts = self._remembered_answer(result)
        for written in said:
            if written.lower() in texts:  # a rule has repeated what the caller said
                return orjson.Fragment(orjson.dumps(masked_result(orjson.loads(result), said)))
        return masked


def _answer(result: bytes) -> tuple[orjson.Fragment, str]:
    """Give what is kept of an answer that repeats nothing, and its texts in lower case."""
    document = orjson.loads(result)
    masked = orjson.Fragment(orjson.dumps(masked_result(document)))
    texts = result.decode().lower()
    # JSON itself holds every text as it is, unless something is escaped. A sigma is the one letter
    # whose lower case depends on what stands beside it.
    if any(each in texts for each in "\\\u03c3\u03c2"):
        texts = "\n".join(text.lower() for text in _texts(document))
    return masked, texts


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
