"""How a request went through the rules, noted for whoever asks why. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was looked at.

    `failed` names the first condition that does not hold, with what it wanted and what it got;
    it is empty for a rule that matches. `did` says what a matching rule did.
    """

    rule: str
    place: str
    is_shadow: bool
    failed: str = ""
    did: str = ""


@dataclass(slots=True)
class Trace:
    """Every rule in its order, up to the one that decides."""

    steps: list[Step] = field(default_factory=list)
