"""`${name}` in the texts of a rule: captures of its regular expression, and facts. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policy.errors import OutcomeError
from policy.rules.comparisons import SECRET
from policy.rules.parameters import PARAMETERS, Kind
from policy.rules.readings import TEXTS, WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from policy.rules.question import Question
    from policy.wire.alias import Alias

# `$${` stands for `${`.
_PLACEHOLDER: Final = re.compile(r"(\$?)\$\{([^{}]*)\}")
# Behind it stands what is put in for want of a value, as shells have it.
_DEFAULT: Final = ":-"
_ALIAS_PARTS: Final = {
    "alias": "text",
    "user": "user",
    "domain": "host",
    "digits": "digits",
    "scheme": "scheme",
}
_REMOTE_PARTS: Final = {f"remote_{name}": part for name, part in _ALIAS_PARTS.items()}
_PLAIN: Final = frozenset(
    name
    for name, parameter in PARAMETERS.items()
    if parameter.kind in {Kind.TEXT, Kind.WORD, Kind.NUMBER, Kind.ADDRESS} and name not in SECRET
)
_DIRECTORY: Final = ("organisation", "room_kind", "device_owner")

NAMES: Final = frozenset({*_ALIAS_PARTS, *_REMOTE_PARTS, *_PLAIN, *_DIRECTORY, "device"})


@dataclass(frozen=True, slots=True)
class Template:
    """A text with placeholders."""

    text: str

    def render(self, question: Question) -> str:
        """Fill the placeholders; raises NeedsEntry, and OutcomeError for one without a value."""

        def value(match: re.Match[str]) -> str:
            if match[1]:
                return match[0][1:]
            name, has_default, default = match[2].partition(_DEFAULT)
            found = _value(name, question)
            if not found and not has_default:
                raise OutcomeError(f"${{{name}}} has no value in this call")
            return found or default

        return _PLACEHOLDER.sub(value, self.text)


def is_template(value: object) -> bool:
    """Say whether a value is a text with placeholders."""
    return isinstance(value, str) and "${" in value


def is_unclosed(text: str) -> bool:
    """Say whether a `${` has no end."""
    return "${" in _PLACEHOLDER.sub("", text)


def filled_with(value: str, text: str) -> str:
    """Put one value in place of every placeholder, to see what may become of the text."""
    return _PLACEHOLDER.sub(value, text)


def placeholders(value: object) -> Iterator[str]:
    """Give every name that stands in the texts of a document."""
    if isinstance(value, str):
        found = (match[2] for match in _PLACEHOLDER.finditer(value) if not match[1])
        yield from (each.partition(_DEFAULT)[0] for each in found)
    elif isinstance(value, dict):
        for each in value.values():
            yield from placeholders(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from placeholders(each)


def unknown_placeholder(names: Iterable[str], captures: Iterable[str]) -> str | None:
    """Give the first name that nothing could ever fill; facts and attributes are open sets."""
    known = NAMES.union(captures)
    return next(
        (name for name in names if name not in known and not name.startswith(("fact.", "idp."))),
        None,
    )


def rendered(value: object, question: Question) -> object:
    """Fill every placeholder of a document; raises NeedsEntry and OutcomeError."""
    if isinstance(value, str):
        return Template(value).render(question) if "${" in value else value
    if isinstance(value, dict):
        return {key: rendered(each, question) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rendered(each, question) for each in value]
    return value


def _value(name: str, question: Question) -> str:
    if name in question.captures:
        return question.captures[name]
    if name in _ALIAS_PARTS:
        return str(getattr(question.alias, _ALIAS_PARTS[name]))
    if name in _REMOTE_PARTS:
        remote: Alias | None = question.remote()
        return str(getattr(remote, _REMOTE_PARTS[name])) if remote else ""
    kind, _, rest = name.partition(".")
    if kind == "fact":
        return question.facts.get(rest, "")
    if kind == "idp":
        return next(iter(question.idp_attributes().get(rest.lower(), ())), "")
    return _of_request(name, question)


def _of_request(name: str, question: Question) -> str:
    if name in TEXTS:
        return next(iter(TEXTS[name](question)), "")
    if name in WORDS:
        read: Callable[[Question], str] = WORDS[name]
        return str(read(question))
    return question.parameters.text(PARAMETERS[name].wire or name)
