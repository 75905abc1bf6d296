"""What a node asked: the raw request target, untouched, because aliases may hold any character."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from policy.decide.decision import Decision


@dataclass(frozen=True, slots=True)
class Asked:
    """The raw path behind `/policy/v1/`, and the raw query; both still percent-encoded.

    Neither is ever shown: they carry names, addresses and aliases of people.
    """

    path: str = field(repr=False)
    query: str = field(repr=False)

    @classmethod
    def parse(cls, raw_target: str) -> Self | None:
        """Find the policy path in a request target, behind any prefix; None without one."""
        path, _, query = raw_target.partition("?")
        _, marker, rest = path.partition("/policy/v1/")
        return cls(rest, query) if marker else None


class Answerer(Protocol):
    """Whoever decides one type of request."""

    async def answer(self, asked: Asked) -> Decision:
        """Give the decision; raises DirectoryError when a fact cannot be had."""
        ...
