"""What has been gathered for one request, and how deciding asks for what it lacks. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from policy.directory.records import AddressKey
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policy.directory.records import Found
    from policy.rules.model import Forward
    from policy.wire.alias import Alias
    from policy.wire.answers import ForwardedAnswer

OutcomeT = TypeVar("OutcomeT")


class Needs(Exception):  # noqa: N818  not an error: deciding stops, is told, and begins again
    """Deciding lacks a fact.

    Raised, not returned, because the lack may show deep inside a condition of a condition. `go_on`
    decides from where it stopped, for whoever can; None begins anew.
    """

    go_on: Callable[[], object] | None = None


class NeedsEntry(Needs):
    """Ask the directory for `key`, and decide again."""

    def __init__(self, key: AddressKey) -> None:
        self.key = key
        super().__init__()


class NeedsAnswer(Needs):
    """Ask the other policy server that `forward` names, and decide again."""

    def __init__(self, forward: Forward) -> None:
        self.forward = forward
        super().__init__()


def going_on(decide: Callable[..., OutcomeT], *given: object) -> OutcomeT:
    """Decide, and let whoever brings the fact that is lacking go on from here.

    Only where all that has been decided so far rests on no fact.
    """
    try:
        return decide(*given)
    except Needs as needs:
        needs.go_on = partial(going_on, decide, *given)
        raise


def _nothing(_key: AddressKey) -> None:
    return None


class Known:
    """What has been gathered so far; an answer is None when the other server gave none.

    `at_hand` gives what need not be waited for. It is asked once for a key, so that one decision
    sees one world.
    """

    __slots__ = ("answers", "at_hand", "entries")

    def __init__(
        self,
        entries: dict[AddressKey, Found] | None = None,
        answers: dict[str, ForwardedAnswer | None] | None = None,
        at_hand: Callable[[AddressKey], Found | None] = _nothing,
    ) -> None:
        self.entries = {} if entries is None else entries
        self.answers = {} if answers is None else answers
        self.at_hand = at_hand

    def entry(self, key: AddressKey) -> Found:
        """Give what the directory says of a key; raises NeedsEntry."""
        found = self.entries.get(key)
        if found is None:
            found = self.at_hand(key)
            if found is None:
                raise NeedsEntry(key)
            self.entries[key] = found
        return found

    def owned(self, keys: tuple[AddressKey, ...]) -> Found:
        """Give the first that somebody owns, else the last.

        Raises NeedsEntry, and DirectoryError when somebody may own it by now.
        """
        for key in keys[:-1]:
            found = self.entry(key)
            if found.entry.target is not None:
                return found
        found = self.entry(keys[-1])
        if found.entry.target is None and found.is_stale:
            raise DirectoryError("database: is away, and nobody owned the alias before")
        return found

    def answer(self, forward: Forward) -> ForwardedAnswer | None:
        """Give what the other policy server said; raises NeedsAnswer."""
        if forward.to not in self.answers:
            raise NeedsAnswer(forward)
        return self.answers[forward.to]


@dataclass(frozen=True, slots=True)
class Dialling:
    """How an alias without a domain is completed; locations win over the default."""

    default_domain: str = ""
    location_domains: Mapping[str, str] = field(default_factory=dict)

    def domain_for(self, location: str) -> str:
        """Give the domain of a caller's location, empty for none."""
        return self.location_domains.get(location, self.default_domain)


def keys_of(alias: Alias, default_domain: str) -> tuple[AddressKey, ...]:
    """Give the keys to try in order: a bare alias may be completed by the caller's domain."""
    key = AddressKey(alias.user, alias.host)
    if alias.host or not default_domain:
        return (key,)
    return key, AddressKey(alias.user, default_domain)
