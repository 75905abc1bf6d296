"""The parameters of one request, as a node of any version may write them.

Reading never fails: nodes leave parameters out, send them empty, as `None`, in quotes or in other
cases, and may send some that nobody knows. What cannot be used is absent.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl, unquote_plus

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

WordT = TypeVar("WordT", bound=StrEnum)

# Nodes send some thirty, and one for each attribute of an identity provider. Reading ten thousand
# would keep every other call waiting for 15 ms.
MAX_FIELDS = 500
# No field is longer, and Python refuses to read thousands of digits.
MAX_DIGITS = 18

_ABSENT = frozenset({"", "none", "null"})
_ENCODED_NAME = re.compile("%(?:5[Ff]|2[Dd]|7[Ee])[^&=]*=")


class Parameters:
    """The fields of a query; of a repeated name the first value counts.

    In a name `_`, `-` and `~` may be percent-encoded; a field without `=` is none. A value is
    looked for and decoded when somebody asks for it: a decision looks at a few of some thirty, and
    reading all of them costs more than the rest of it.
    """

    __slots__ = ("_all", "_query")

    def __init__(self, query: str) -> None:
        """Take a form-url-encoded query; bytes that are not UTF-8 become U+FFFD.

        What comes after the first 500 fields is not looked at.
        """
        if len(query) > MAX_FIELDS and query.count("&") >= MAX_FIELDS:
            query = "&".join(query.split("&", MAX_FIELDS)[:MAX_FIELDS])
        if not query.isascii():
            query = as_utf8(query)
        self._query = f"&{query}"  # each name stands between `&` and `=`
        # Nodes write names as they are; whoever encodes one is read from the start to the end.
        self._all = self.values() if _ENCODED_NAME.search(query) else None

    def __repr__(self) -> str:
        return "Parameters(...)"  # they carry names and aliases of people

    def pairs(self) -> list[tuple[str, str]]:
        """Give every field in its order, decoded."""
        return parse_qsl(self._query, keep_blank_values=True, errors="replace")

    def values(self) -> dict[str, str]:
        """Give the first value of each name, decoded."""
        return dict(reversed(self.pairs()))

    def written(self, name: str) -> str:
        """Give the value as it came, decoded; empty for a missing one."""
        if self._all is not None:
            return self._all.get(name, "")
        value = self._query.partition(f"&{name}=")[2].partition("&")[0]
        return unquote_plus(value, errors="replace")

    def text(self, name: str) -> str:
        """Give the value, empty for missing, empty, `None` and `null` alike."""
        if self._all is not None:
            return _said(self._all.get(name, ""))
        value = self._query.partition(f"&{name}=")[2].partition("&")[0]
        return _decoded(value) if value else ""

    def flag(self, name: str) -> bool:
        """Read `True`, however written; anything else is false."""
        return self.text(name).lower() == "true"

    def number(self, name: str) -> int | None:
        """Give a whole number of up to 18 digits, None for anything else."""
        value = self.text(name)
        return int(value) if _is_small_number(value) else None

    def word(self, name: str, words: type[WordT]) -> WordT | None:
        """Give one of a closed set of words, or None for one that we do not know."""
        return _by_spelling(words).get(self.text(name).lower())

    def address(self, name: str) -> IPv4Address | IPv6Address | None:
        """Give an IP address, None for anything else."""
        return address_of(self.text(name))

    def header(self, name: str) -> tuple[str, ...]:
        """Give the values of a SIP header: plain text or a JSON list, its name in any spelling.

        `P-Asserted-Identity` and `p_Asserted-Identity` are the same header of two versions. The
        spelling that is asked for goes before others.
        """
        if self._all is None:
            _, is_there, rest = self._query.partition(f"&{name}=")
            if is_there:
                value = rest.partition("&")[0]
                return _header_values(unquote_plus(value, errors="replace")) if value else ()
            if _last_part(name) not in self._query.lower():
                return ()
        wanted = _folded(name)
        found = [pair for pair in self.pairs() if _folded(pair[0]) == wanted]
        found.sort(key=lambda pair: pair[0] != name)
        return _header_values(found[0][1]) if found else ()

    def header_addresses(self, name: str) -> tuple[IPv4Address | IPv6Address, ...]:
        """Give the addresses in a SIP header, without what is none."""
        read = map(address_of, self.header(name))
        return tuple(each for each in read if each is not None)

    def attributes(self, prefix: str) -> Mapping[str, tuple[str, ...]]:
        """Give every parameter that begins so, all values of each, by the rest in lower case."""
        if self._all is None and prefix not in self._query:
            return {}
        found: dict[str, list[str]] = {}
        for key, value in self.pairs():
            if key.startswith(prefix):
                found.setdefault(key[len(prefix) :].lower(), []).append(value)
        return {name: tuple(values) for name, values in found.items()}


@lru_cache(maxsize=2048)
def _decoded(value: str) -> str:
    """Read a value as it stands in a query; most values come again and again."""
    if "%" in value:
        # What stands in nearly every alias; the library takes ten times as long to decode it.
        value = (
            value.replace("%3A", ":").replace("%40", "@").replace("%3B", ";").replace("%3D", "=")
        )
    if "%" in value or "+" in value:
        value = unquote_plus(value, errors="replace")
    return _said(value)


def _said(value: str) -> str:
    value = value.strip(" ")
    if len(value) > 1 and value[0] == value[-1] == '"':  # a documented sample has it so
        value = value[1:-1]
    return "" if value.lower() in _ABSENT else value


@cache
def _by_spelling(words: type[WordT]) -> Mapping[str, WordT]:
    return {each.value: each for each in words}


@cache
def _last_part(name: str) -> str:
    """Give what every spelling of a header's name ends with, in lower case."""
    return f"{_folded(name).rpartition('_')[2]}="


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


def _folded(name: str) -> str:
    return name.lower().replace("-", "_")


@lru_cache(maxsize=2048)
def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """Give an IP address as IPv4 where it is one, None for anything else."""
    try:
        address = ip_address(text.strip())
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
