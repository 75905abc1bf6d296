"""Reads requests that somebody recorded: pasted by an operator, or lines of a log file."""

from __future__ import annotations

import difflib
import re
import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlencode

import orjson

from policy.errors import RequestError
from policy.wire.asked import ROOT, Asked
from policy.wire.parameters import as_utf8
from policy.wire.redaction import DOCUMENTED, IDP_ATTRIBUTE
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# A line of the decision log with a hundred phone book entries has some 20,000.
MAX_CHARACTERS: Final = 1_000_000
EXPECTED: Final = (
    "write a URL or path with /policy/v1/..., a query string, "
    "a line of the support log, or words such as local_alias=721834 protocol=sip"
)

_WITH_ALIAS: Final = frozenset({RequestType.AVATAR, RequestType.REGISTRATION})
_ALIAS: Final = "alias"  # what the path holds, when there is no path
# In an export of logs the quotes of a line may themselves be escaped.
_URL: Final = re.compile(r'\bURL\s*=\s*(?:\\?"((?:[^"\\]|\\[^"])*)|([^\s"]+))', re.IGNORECASE)
_MESSAGE: Final = re.compile(r'\bMessage\s*=\s*\\?"([^"\\]*)', re.IGNORECASE)
_REQUEST_MESSAGE: Final = "external policy request"
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_TIME_WITHIN: Final = 100  # behind it a time may be anything's
_NAME: Final = re.compile(r"[A-Za-z_][\w~ -]{0,100}", re.ASCII)
_NEAR: Final = 0.75  # what is less alike may be a parameter that a later version sends
_BETWEEN: Final = " \t\r\n\"'<>`"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request, when it was asked, and, when known, what was answered.

    `answered` has the keys of a line of the decision log: action, reason, rule, answer and more.
    """

    asked: Asked
    at: datetime | None
    answered: Mapping[str, object] | None = field(repr=False)


def read_call(text: str, *, request_type: RequestType | None = None) -> Asked:
    """Read one request in any form that an operator has at hand; raises RequestError.

    A query string is percent-encoded, as its `&` show; words between blanks are plain, with quotes
    around those that hold a blank. Both leave the type of the request open, which is service unless
    said otherwise, and name what else the path holds, for a registration or an avatar, `alias`.
    """
    text = _checked(text)
    recorded = _recorded(text)
    if recorded is None:
        return _from_pairs(text, request_type or RequestType.SERVICE)
    asked = recorded.asked
    if request_type not in (None, asked.request_type):
        raise RequestError("call", f"is a {asked.request_type} request, no {request_type} request")
    return asked


def read_line(line: str) -> Recorded | None:
    """Read a line of a support log, of an access log or of our decision log.

    None is a line about something else; RequestError is raised for a request that is broken.
    """
    if not line.strip() or line.startswith("#"):
        return None
    line = _checked(line)
    message = None if line.startswith("{") else _MESSAGE.search(line)
    if message and message[1].strip().lower() != _REQUEST_MESSAGE:
        return None  # about a request, but not its asking
    return _recorded(line)


def _checked(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise RequestError("call", f"is longer than {MAX_CHARACTERS} characters")
    try:
        text = as_utf8(text).strip()
    except UnicodeEncodeError as exc:
        raise RequestError("call", "holds characters that are no text") from exc
    if not text:
        raise RequestError("call", f"is empty: {EXPECTED}")
    return text


def _recorded(text: str) -> Recorded | None:
    if text.startswith("{"):
        logged = _logged(text)
        if logged is not None:
            return logged
    target = _target(text)
    return None if target is None else Recorded(_parsed("target", target), _time(text), None)


def _logged(text: str) -> Recorded | None:
    """Read a line of the decision log; None for JSON of others."""
    try:
        entry = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise RequestError("line", "begins like JSON, but is not: is it cut off?") from exc
    if not isinstance(entry, dict) or "target" not in entry:
        return None
    asked = _parsed("target", str(entry.pop("target")))
    at = entry.pop("at", None)
    if entry.pop("request", asked.request_type) != asked.request_type:
        raise RequestError("request", f"is not {asked.request_type}, as the target says")
    return Recorded(asked, None if at is None else _parsed_time(str(at)), entry or None)


def _parsed(name: str, target: str) -> Asked:
    asked = Asked.parse(target)
    if asked is None:
        raise RequestError(name, f"has none of the six paths behind {ROOT}")
    return asked


def _target(text: str) -> str | None:
    """Find a URL or path of a policy request, which may stand within a line of a log."""
    written = _URL.search(text)
    if written and ROOT in written[0]:
        return written[1] or written[2].strip("'")
    if ROOT not in text or _begins_with_pair(text):
        return None
    if text.startswith(("/", "http://", "https://")):
        if len(text.split(maxsplit=1)) > 1:
            raise RequestError("call", "has a blank within the URL: write + or %20 for it")
        return text
    at = text.index(ROOT)
    begin = max(text.rfind(each, 0, at) for each in _BETWEEN) + 1
    ends = (text.find(each, at) for each in _BETWEEN)
    end = min((each for each in ends if each >= 0), default=len(text))
    return text[begin:end].rstrip("\\")


def _begins_with_pair(text: str) -> bool:
    return _is_documented(text.lstrip("?\"'").partition("=")[0])


def _is_documented(name: str) -> bool:
    return name in DOCUMENTED or name.startswith(IDP_ATTRIBUTE)


def _time(text: str) -> datetime | None:
    """Give the time at the beginning of a line of a log, which is UTC unless it says more."""
    found = _TIME.search(text[:_TIME_WITHIN])
    try:
        return _parsed_time(found[0]) if found else None
    except RequestError:
        return None


def _parsed_time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.replace(",", "."))
    except ValueError as exc:
        raise RequestError("at", "is no time such as 2026-03-01T12:00:00+01:00") from exc
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _from_pairs(text: str, request_type: RequestType) -> Asked:
    """Read a query string, or words."""
    is_query = text.startswith("?") or ("&" in text and len(text.split(maxsplit=1)) == 1)
    pairs = _pairs_of_query(text.lstrip("?")) if is_query else _pairs_of_words(text)
    aliases = [value for name, value in pairs if name == _ALIAS]
    if request_type in _WITH_ALIAS:
        if not aliases:
            raise RequestError(
                _ALIAS, f"is missing: a request of type {request_type} needs alias=..."
            )
        pairs = [pair for pair in pairs if pair[0] != _ALIAS]
        return Asked(request_type, quote(aliases[0], safe=""), urlencode(pairs))
    if aliases:
        raise RequestError(_ALIAS, "is no parameter of this request, did you mean 'local_alias'?")
    return Asked(request_type, "", urlencode(pairs))


def _pairs_of_query(text: str) -> Sequence[tuple[str, str]]:
    pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
    if not any(_is_documented(name) or name == _ALIAS for name, _ in pairs):
        raise RequestError("call", f"has no parameter of a policy request: {EXPECTED}")
    return pairs


def _pairs_of_words(text: str) -> Sequence[tuple[str, str]]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.escape = lexer.commenters = ""  # `DOMAIN\user` and `#1` are values
    try:
        return [_pair(number, word) for number, word in enumerate(lexer, 1)]
    except ValueError as exc:
        raise RequestError("call", "has a quote that is not closed") from exc


def _pair(number: int, word: str) -> tuple[str, str]:
    """Split a word; what it says is not repeated, for it may be a name without its quotes."""
    name, equals, value = word.partition("=")
    if not equals or not _NAME.fullmatch(name):
        raise RequestError(
            "call", f"word {number} is no name=value, or needs quotes around it: {EXPECTED}"
        )
    if any(_is_documented(each.partition("=")[0]) for each in value.split("&")[1:]):
        raise RequestError("call", f"word {number} is a query string: write + or %20 for blanks")
    if not _is_documented(name) and name != _ALIAS:
        near = difflib.get_close_matches(name, sorted(DOCUMENTED), n=1, cutoff=_NEAR)
        if near:
            raise RequestError(name, f"is no parameter, did you mean {near[0]!r}?")
    return name, value
