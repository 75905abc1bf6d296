"""Large lists that stand in files of their own, one entry a line. Pure: the text is read elsewhere.

`#` begins a comment, at the start of a line or behind a space. A list is made ready once for each
way it is used, and shared by its rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from policy.documents import Place
from policy.errors import RequestError
from policy.networks import parse_network
from policy.rules.comparisons import shown
from policy.wire.alias import parse_alias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from policy.errors import Problem
    from policy.networks import Network

ReadT = TypeVar("ReadT")

_COMMENT: Final = re.compile(r"(^|\s)#.*")
# Of a list that is no list nobody reads every line.
_MOST_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True)
class ListText:
    """One list as written; `source` is the path of its file."""

    source: str
    text: str = field(repr=False)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Give each entry with the number of its line."""
        for number, line in enumerate(self.text.removeprefix("\ufeff").split("\n"), 1):
            entry = _COMMENT.sub("", line).strip()
            if entry:
                yield number, entry


class Lists:
    """The lists of a folder by name; `problems` tells every entry that could not be used."""

    def __init__(self, texts: Mapping[str, ListText] | None = None) -> None:
        self._texts = dict(texts or {})
        self._words: dict[str, frozenset[str]] = {}
        self._aliases: dict[str, frozenset[str]] = {}
        self._networks: dict[str, tuple[Network, ...]] = {}
        self.problems: list[Problem] = []

    def names(self) -> list[str]:
        """Give every name, as rules write it."""
        return sorted(self._texts)

    def words(self, name: str) -> frozenset[str]:
        """Give the entries in lower case."""
        if name not in self._words:
            self._words[name] = frozenset(entry.lower() for _, entry in self._texts[name].lines())
        return self._words[name]

    def aliases(self, name: str) -> frozenset[str]:
        """Give the entries as aliases in their one spelling."""
        if name not in self._aliases:
            self._aliases[name] = frozenset(self._read(name, lambda text: parse_alias(text).text))
        return self._aliases[name]

    def networks(self, name: str) -> tuple[Network, ...]:
        """Give the entries as networks; an address is a network of its own."""
        if name not in self._networks:
            self._networks[name] = tuple(self._read(name, parse_network))
        return self._networks[name]

    def unused(self) -> Iterator[Problem]:
        """Find lists that no rule has asked for."""
        used = self._words.keys() | self._aliases.keys() | self._networks.keys()
        for name in sorted(self._texts.keys() - used):
            place = Place(self._texts[name].source)
            yield place.problem("no rule uses this list")

    def _read(self, name: str, read: Callable[[str], ReadT]) -> Iterator[ReadT]:
        listed = self._texts[name]
        wrong = first_untold = 0
        for line, entry in listed.lines():
            try:
                yield read(entry)
            except (RequestError, ValueError) as exc:
                wrong += 1
                if wrong <= _MOST_PROBLEMS:
                    text = _said(entry, exc)
                    self.problems.append(Place(listed.source, line, 1).problem(text))
                first_untold = first_untold or (line if wrong > _MOST_PROBLEMS else 0)
        if first_untold:
            text = f"from here on {wrong - _MOST_PROBLEMS} more entries are wrong"
            self.problems.append(Place(listed.source, first_untold, 1).problem(text))


def _said(entry: str, exc: Exception) -> str:
    if isinstance(exc, RequestError):
        return f"{shown(entry)!r} is no alias, it {str(exc).removeprefix('alias: ')}"
    return str(exc).replace(entry, shown(entry))
