"""Large lists that stand in files of their own, one entry a line. Pure: the text is read elsewhere.

`#` begins a comment. A list is made ready once for each way it is used, and shared by its rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from policy.documents import Place
from policy.errors import RequestError
from policy.networks import parse_network
from policy.wire.alias import parse_alias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from policy.errors import Problem
    from policy.networks import Network

ReadT = TypeVar("ReadT")


@dataclass(frozen=True, slots=True)
class ListText:
    """One list as written; `source` is the path of its file."""

    source: str
    text: str = field(repr=False)

    def lines(self) -> Iterator[tuple[int, str]]:
        """Give each entry with the number of its line."""
        for number, line in enumerate(self.text.splitlines(), 1):
            entry = line.partition("#")[0].strip()
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

    def _read(self, name: str, read: Callable[[str], ReadT]) -> Iterator[ReadT]:
        listed = self._texts[name]
        for line, entry in listed.lines():
            try:
                yield read(entry)
            except RequestError as exc:
                reason = str(exc).removeprefix("alias: ")
                text = f"{entry!r} is no alias, it {reason}"
                self.problems.append(Place(listed.source, line, 1).problem(text))
            except ValueError as exc:
                self.problems.append(Place(listed.source, line, 1).problem(str(exc)))
