"""The parameters of one request, as a node of any version may write them.

Reading never fails: nodes leave parameters out, send them empty, as `None`, in quotes or in other
cases, and may send some that nobody knows. What cannot be used is absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import parse_qsl

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WordT = TypeVar("WordT", bound=StrEnum)

# Nodes send some thirty, and one for each attribute of an identity provider. Reading ten thousand
# would keep every other call waiting for 15 ms.
MAX_FIELDS = 500
# No field is longer, and Python refuses to read thousands of digits.
MAX_DIGITS = 18

_ABSENT = frozenset({"", "none", "null"})


@dataclass(frozen=True, slots=True)
class Parameters:
    """Decoded pairs in their order; of a repeated key the first value counts.

    Values are read when somebody asks for them: a decision looks at a few of some thirty.
    """

    pairs: Sequence[tuple[str, str]] = field(repr=False)
    values: Mapping[str, str] = field(repr=False)

    @classmethod
    def parse(cls, query: str) -> Self:
        """Read a form-url-encoded query; bytes that are not UTF-8 become U+FFFD.

        What comes after the first 500 fields is not looked at.
        """
        if query.count("&") >= MAX_FIELDS:
            query = "&".join(query.split("&", MAX_FIELDS)[:MAX_FIELDS])
        pairs = parse_qsl(as_utf8(query), keep_blank_values=True, errors="replace")
        return cls(pairs, dict(reversed(pairs)))

    def text(self, name: str) -> str:
        """Give the value, empty for missing, empty, `None` and `null` alike."""
        value = _unquoted(self.values.get(name, ""))
        return "" if value.lower() in _ABSENT else value

    def flag(self, name: str) -> bool:
        """Read `True`, however written; anything else is false."""
        return self.text(name).lower() == "true"

    def number(self, name: str) -> int | None:
        """Give a whole number of up to 18 digits, None for anything else."""
        value = self.text(name)
        return int(value) if _is_small_number(value) else None

    def word(self, name: str, words: type[WordT]) -> WordT | None:
        """Give one of a closed set of words, or None for one that we do not know."""
        try:
            return words(self.text(name).lower())
        except ValueError:
            return None

    def address(self, name: str) -> IPv4Address | IPv6Address | None:
        """Give an IP address, None for anything else."""
        return _address(self.text(name))

    def header(self, name: str) -> tuple[str, ...]:
        """Give the values of a SIP header: plain text or a JSON list, its name in any spelling.

        `P-Asserted-Identity` and `p_Asserted-Identity` are the same header of two versions.
        """
        wanted = _folded(name)
        for key, value in self.pairs:
            if len(key) == len(name) and _folded(key) == wanted:
                return _header_values(value)
        return ()

    def header_addresses(self, name: str) -> tuple[IPv4Address | IPv6Address, ...]:
        """Give the addresses in a SIP header, without what is none."""
        read = (_address(each.strip()) for each in self.header(name))
        return tuple(each for each in read if each is not None)

    def attributes(self, prefix: str) -> Mapping[str, tuple[str, ...]]:
        """Give every parameter that begins so, all values of each, by the rest in lower case."""
        found: dict[str, list[str]] = {}
        for key, value in self.pairs:
            if key.startswith(prefix):
                found.setdefault(key[len(prefix) :].lower(), []).append(value)
        return {name: tuple(values) for name, values in found.items()}


def version_parts(text: str) -> tuple[int, ...]:
    """Give `21.1` as (21, 1), empty for what is no version; as text or float it sorts wrong."""
    parts = text.split(".")
    return tuple(int(part) for part in parts if _is_small_number(part))[:4]


def _is_small_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS


def as_utf8(raw: str) -> str:
    """Undo the surrogates that stand for bytes which were not ASCII in the request line."""
    if raw.isascii():
        return raw
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _unquoted(value: str) -> str:
    value = value.strip(" ")
    if len(value) > 1 and value[0] == value[-1] == '"':  # a documented sample has it so
        return value[1:-1]
    return value


def _folded(name: str) -> str:
    return name.lower().replace("-", "_")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _header_values(value: str) -> tuple[str, ...]:
    value = value.strip(" ")
    if value.startswith("["):
        try:
            listed = orjson.loads(value)
        except orjson.JSONDecodeError:
            listed = None
        if isinstance(listed, list):
            return tuple(str(each) for each in listed)
    return () if value.lower() in _ABSENT else (value,)
