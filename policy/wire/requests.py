"""One frozen type per policy request, read from the raw query once, at the border.

Reading never fails: nodes of different versions leave parameters out, send them empty, as `None`,
in quotes or in other cases, and may send some that nobody knows. What cannot be used is absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import parse_qsl, unquote

from policy.errors import RequestError
from policy.wire.alias import Alias, parse_alias
from policy.wire.vocabulary import AuthType, CallDirection, CallProtocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

WordT = TypeVar("WordT", bound=StrEnum)

_ABSENT = frozenset({"", "none", "null"})


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one request; of a repeated key the first value counts."""

    values: Mapping[str, str]

    @classmethod
    def parse(cls, query: str) -> Self:
        """Read a form-url-encoded query; bytes that are not UTF-8 become U+FFFD."""
        values: dict[str, str] = {}
        for key, value in parse_qsl(_as_utf8(query), keep_blank_values=True, errors="replace"):
            values.setdefault(key, value)
        return cls(values)

    def text(self, name: str) -> str:
        """Give the value, empty for missing, empty, `None` and `null` alike."""
        value = _unquoted(self.values.get(name, ""))
        return "" if value.lower() in _ABSENT else value

    def flag(self, name: str) -> bool:
        """Read `True`, however written; anything else is false."""
        return self.text(name).lower() == "true"

    def word(self, name: str, words: type[WordT]) -> WordT | None:
        """Give one of a closed set of words, or None for one that we do not know."""
        try:
            return words(self.text(name).lower())
        except ValueError:
            return None


def _unquoted(value: str) -> str:
    value = value.strip(" ")
    if len(value) > 1 and value[0] == value[-1] == '"':  # a documented sample has it so
        return value[1:-1]
    return value


def _as_utf8(raw: str) -> str:
    """Undo the surrogates that stand for bytes which were not ASCII in the request line."""
    if raw.isascii():
        return raw
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Call:
    """The facts of one request about a call.

    `alias` is None when what was dialled is empty or cannot be an alias. A direction that is
    missing or unknown counts as an incoming call, the only one that may be refused.
    """

    alias: Alias | None
    direction: CallDirection
    protocol: CallProtocol | None
    remote_alias: str = field(repr=False)
    location: str
    registered: bool
    service_name: str

    @classmethod
    def read(cls, parameters: Parameters, own_nodes: AbstractSet[str]) -> Self:
        """Take from the parameters what a decision can use."""
        return cls(
            alias=_alias(parameters.text("local_alias"), parameters, own_nodes),
            direction=parameters.word("call_direction", CallDirection) or CallDirection.DIAL_IN,
            protocol=parameters.word("protocol", CallProtocol),
            remote_alias=parameters.text("remote_alias"),
            location=parameters.text("location"),
            registered=parameters.flag("registered"),
            service_name=parameters.text("service_name"),
        )


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """Ask which room that is, and whether they may in."""

    call: Call

    @classmethod
    def parse(cls, query: str, own_nodes: AbstractSet[str]) -> Self:
        """Read the raw query."""
        return cls(Call.read(Parameters.parse(query), own_nodes))


@dataclass(frozen=True, slots=True)
class ParticipantRequest:
    """Ask as whom somebody joins; browser callers ask twice: `api`, then `standard`."""

    call: Call
    participant_type: str

    @classmethod
    def parse(cls, query: str, own_nodes: AbstractSet[str]) -> Self:
        """Read the raw query."""
        parameters = Parameters.parse(query)
        return cls(Call.read(parameters, own_nodes), parameters.text("participant_type"))


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """Ask whether a device may register under an alias; there is no other alias."""

    alias: Alias | None
    protocol: CallProtocol | None
    auth_type: AuthType
    location: str

    @classmethod
    def parse(cls, path_segment: str, query: str, own_nodes: AbstractSet[str]) -> Self:
        """Read the percent-encoded alias of the raw path, and the query."""
        parameters = Parameters.parse(query)
        written = unquote(_as_utf8(path_segment), errors="replace")
        return cls(
            alias=_alias(written, parameters, own_nodes),
            protocol=parameters.word("protocol", CallProtocol),
            auth_type=parameters.word("auth_type", AuthType) or AuthType.CREDENTIALS,
            location=parameters.text("location"),
        )


def _alias(written: str, parameters: Parameters, own_nodes: AbstractSet[str]) -> Alias | None:
    # The asking node is an own node too, whether or not the settings list it.
    node = parameters.text("node_ip")
    try:
        return parse_alias(written, own_nodes | {node} if node else own_nodes)
    except RequestError:
        return None
