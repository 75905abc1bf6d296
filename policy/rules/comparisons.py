"""Conditions that compare one thing in a request with what is written; compiled. Pure.

Each says whether it holds, and tells a person why not. They are values without compiled parts, so
that a table of rules can be made in another process. `key` is what is compared, as a rule file
calls it; two comparisons of one key read the same, so that `read` takes no part in comparing them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import re2

from policy.rules.question import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from policy.networks import Address, Network

# What a person is shown of a long list or text.
MAX_SHOWN: Final = 60
NOTHING: Final = "nothing"
# Of these nobody is told what they hold, neither in a trace nor in a template.
SECRET: Final = frozenset({"third_party_passcode"})

Text = Callable[[Question], str]
Texts = Callable[[Question], tuple[str, ...]]
Number = Callable[[Question], int | None]
Version = Callable[[Question], tuple[int, ...]]
Addresses = Callable[[Question], "tuple[Address, ...]"]


@dataclass(frozen=True, slots=True)
class OneOf:
    """A text is among some, all in lower case; `source` is the list file they come from.

    `also` reads another spelling of the same, empty when there is none.
    """

    key: str
    read: Text = field(compare=False, repr=False)
    values: frozenset[str] = field(repr=False)
    source: str = ""
    also: Text | None = field(default=None, compare=False, repr=False)

    def holds(self, question: Question) -> bool:
        """Compare."""
        if self.read(question) in self.values:
            return True
        return self.also is not None and self.also(question) in self.values

    def wanted(self) -> str:
        """Name the values, or their file."""
        return _listed(self.values, self.source)

    def got(self, question: Question) -> str:
        """Show the text."""
        also = self.also(question) if self.also is not None else ""
        return _seen(self.key, (self.read(question), also) if also else (self.read(question),))

    def covers(self, other: object) -> bool:
        """Hold wherever fewer values are asked for; a domain covers the aliases that it has."""
        if not isinstance(other, OneOf):
            return False
        if self.key == f"{other.key}.domain":
            return all(
                "@" in each and each.rpartition("@")[2] in self.values for each in other.values
            )
        return self.key == other.key and _holds_all(self.values, other.values)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of several texts is among some, all in lower case."""

    key: str
    read: Texts = field(compare=False, repr=False)
    values: frozenset[str] = field(repr=False)
    source: str = ""

    def holds(self, question: Question) -> bool:
        """Compare."""
        return not self.values.isdisjoint(self.read(question))

    def wanted(self) -> str:
        """Name the values, or their file."""
        return _listed(self.values, self.source)

    def got(self, question: Question) -> str:
        """Show the texts."""
        return _seen(self.key, self.read(question))

    def covers(self, other: object) -> bool:
        """Hold wherever fewer values are asked for."""
        if not isinstance(other, AnyOf) or self.key != other.key:
            return False
        return _holds_all(self.values, other.values)


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression fits at least one text, wholly; letter case does not count."""

    key: str
    read: Texts = field(compare=False, repr=False)
    pattern: str

    def holds(self, question: Question) -> bool:
        """Compare, in time linear in the text."""
        return any(self.fits(each) for each in self.read(question))

    def fits(self, text: str) -> bool:
        """Hold the pattern against one text."""
        return compiled(self.pattern).fullmatch(text) is not None

    def groups(self, question: Question) -> Mapping[str, str]:
        """Give what the groups captured, by number and name; of an idle group nothing."""
        for each in self.read(question):
            match = compiled(self.pattern).fullmatch(each)
            if match is not None:
                numbered = {str(n + 1): text or "" for n, text in enumerate(match.groups())}
                return numbered | {name: text or "" for name, text in match.groupdict().items()}
        return {}

    def wanted(self) -> str:
        """Show the pattern."""
        return f"regex {self.pattern}"

    def got(self, question: Question) -> str:
        """Show the texts."""
        return _seen(self.key, self.read(question))

    def covers(self, other: object) -> bool:
        """Hold for the same pattern, and where each of a few texts that are asked for fits it."""
        if not isinstance(other, OneOf | AnyOf | Matches) or self.key != other.key:
            return False
        if isinstance(other, Matches):
            return self.pattern in {other.pattern, "(?s).*"}
        if other.source:
            return False  # a long list takes too long
        pattern = compiled(self.pattern)
        # An empty text is how an absent one is compared, and of that there is nothing to match.
        return all(each and pattern.fullmatch(each) is not None for each in other.values)


@dataclass(frozen=True, slots=True)
class Part:
    """At least one text begins, ends with, or contains one of some, all in lower case."""

    key: str
    read: Texts = field(compare=False, repr=False)
    where: str  # prefix, suffix or contains
    parts: tuple[str, ...]

    def holds(self, question: Question) -> bool:
        """Compare."""
        return any(self._fits(each) for each in self.read(question))

    def _fits(self, text: str) -> bool:
        match self.where:
            case "prefix":
                return text.startswith(self.parts)
            case "suffix":
                return text.endswith(self.parts)
            case _:
                return any(part in text for part in self.parts)

    def wanted(self) -> str:
        """Name the parts."""
        return f"{self.where} {_listed(self.parts, '')}"

    def got(self, question: Question) -> str:
        """Show the texts."""
        return _seen(self.key, self.read(question))

    def covers(self, other: object) -> bool:
        """Hold wherever the same is asked for, or each of a few texts has such a part."""
        if not isinstance(other, OneOf | AnyOf | Part) or self.key != other.key:
            return False
        if isinstance(other, Part):
            return self.where == other.where and set(other.parts) <= set(self.parts)
        return not other.source and all(self._fits(each) for each in other.values)


@dataclass(frozen=True, slots=True)
class Within:
    """A number is between two, both included; a request without it does not match."""

    key: str
    read: Number = field(compare=False, repr=False)
    at_least: int | None
    at_most: int | None

    def holds(self, question: Question) -> bool:
        """Compare."""
        number = self.read(question)
        if number is None or (self.at_least is not None and number < self.at_least):
            return False
        return self.at_most is None or number <= self.at_most

    def wanted(self) -> str:
        """Name the bounds."""
        if self.at_least == self.at_most:
            return str(self.at_least)
        least = "" if self.at_least is None else f"at least {self.at_least}"
        most = "" if self.at_most is None else f"at most {self.at_most}"
        return f"{least} {most}".strip()

    def got(self, question: Question) -> str:
        """Show the number."""
        number = self.read(question)
        return NOTHING if number is None else str(number)

    def covers(self, other: object) -> bool:
        """Hold wherever the bounds of the other are narrower."""
        if not isinstance(other, Within) or self.key != other.key:
            return False
        low = self.at_least is None or (
            other.at_least is not None and self.at_least <= other.at_least
        )
        return low and (
            self.at_most is None or (other.at_most is not None and other.at_most <= self.at_most)
        )


@dataclass(frozen=True, slots=True)
class FromVersion:
    """The platform's version is between two, both included, part by part."""

    key: str
    read: Version = field(compare=False, repr=False)
    at_least: tuple[int, ...]
    at_most: tuple[int, ...]

    def holds(self, question: Question) -> bool:
        """Compare `21.1` as (21, 1); an unknown version does not match."""
        version = self.read(question)
        if not version or version < self.at_least:
            return False
        return not self.at_most or version[: len(self.at_most)] <= self.at_most

    def wanted(self) -> str:
        """Name the bounds."""
        least = f"at least {_dotted(self.at_least)}" if self.at_least else ""
        most = f"at most {_dotted(self.at_most)}" if self.at_most else ""
        return f"{least} {most}".strip()

    def got(self, question: Question) -> str:
        """Show the version."""
        return _dotted(self.read(question)) or NOTHING

    def covers(self, other: object) -> bool:
        """Hold wherever the same is asked for."""
        return self == other


@dataclass(frozen=True, slots=True)
class InNetworks:
    """At least one address is in one of some networks: one dictionary per prefix length."""

    key: str
    read: Addresses = field(compare=False, repr=False)
    networks: tuple[Network, ...] = field(repr=False)
    # By IP version and host bits: the networks' leading bits.
    sections: Mapping[tuple[int, int], frozenset[int]] = field(repr=False, compare=False)
    source: str = ""

    def holds(self, question: Question) -> bool:
        """Compare."""
        for address in self.read(question):
            number = int(address)
            for (version, host_bits), heads in self.sections.items():
                if version == address.version and (number >> host_bits) in heads:
                    return True
        return False

    def wanted(self) -> str:
        """Name the networks, or their file."""
        return _listed([str(each) for each in self.networks], self.source)

    def got(self, question: Question) -> str:
        """Show the addresses."""
        return ", ".join(str(each) for each in self.read(question)) or NOTHING

    def covers(self, other: object) -> bool:
        """Hold wherever each network of the other is in one of these."""
        if not isinstance(other, InNetworks) or self.key != other.key:
            return False
        return all(self._has(each) for each in other.networks)

    def _has(self, network: Network) -> bool:
        number, bits = int(network.network_address), network.max_prefixlen - network.prefixlen
        return any(
            version == network.version and host_bits >= bits and (number >> host_bits) in heads
            for (version, host_bits), heads in self.sections.items()
        )


def in_networks(
    key: str, read: Addresses, networks: tuple[Network, ...], source: str = ""
) -> InNetworks:
    """Build the dictionaries of a clause."""
    sections: dict[tuple[int, int], set[int]] = {}
    for network in networks:
        host_bits = network.max_prefixlen - network.prefixlen
        heads = sections.setdefault((network.version, host_bits), set())
        heads.add(int(network.network_address) >> host_bits)
    frozen = {bits: frozenset(heads) for bits, heads in sections.items()}
    return InNetworks(key, read, networks, frozen, source)


@lru_cache(maxsize=50_000)
def compiled(pattern: str) -> re2.Pattern:
    """Compile once; patterns have been checked when their file was read."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False  # an alias comes in lower case, a pattern may not
    return re2.compile(pattern, options=options)


def shown(text: str) -> str:
    """Cut what is too long to read."""
    if not text:
        return NOTHING
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _holds_all(values: frozenset[str], others: frozenset[str]) -> bool:
    return values is others or others <= values  # rules share the entries of a list


def _seen(key: str, texts: tuple[str, ...]) -> str:
    if key in SECRET and any(texts):
        return "a secret value"
    return ", ".join(shown(each) for each in texts) or NOTHING


def _listed(values: Iterable[str], source: str) -> str:
    texts = sorted(values)
    if source:
        return f"one of {len(texts)} in {source}"
    return shown(" or ".join(texts))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
