"""Explanation: why a call was decided so, as a value that people and programs can read. Pure.

It holds plain texts and numbers only, so that what a server sends is read back as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import orjson

from policy.explaining.telling import told


@dataclass(frozen=True, slots=True)
class DialledAlias:
    """What was dialled, or registers, in its one spelling; `becomes` is what rules made of it."""

    text: str
    user: str
    host: str
    scheme: str
    kind: str
    becomes: str = ""


@dataclass(frozen=True, slots=True)
class DirectoryFact:
    """What the directory said of one address; `is_a` is `nobody` when nobody owns it."""

    address: str
    own_domain: bool
    is_stale: bool
    is_a: str
    owner: str = ""
    subtree: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OtherServer:
    """What another policy server said."""

    name: str
    said: str


@dataclass(frozen=True, slots=True)
class RuleStep:
    """One rule that was looked at; `condition` is the first that did not hold."""

    rule: str
    place: str
    is_shadow: bool
    matches: bool
    condition: str = ""
    wanted: str = ""
    got: str = ""
    did: tuple[str, ...] = ()
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision, without what is sent."""

    action: str
    reason: str
    rule: str = ""
    text: str = ""
    shadows: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The answer to the node; a body that is no JSON, or comes later, is described in words."""

    status: int
    content_type: str
    body: dict[str, object] | None = None
    described: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that there is to say about one decision; PINs and passwords read `****`.

    `decided` and `sent` are None when a fact could not be had, which `missing` names.
    """

    request: str
    at: str
    took_ms: float
    rules_version: str
    alias: DialledAlias | None
    directory: tuple[DirectoryFact, ...]
    others: tuple[OtherServer, ...]
    steps: tuple[RuleStep, ...]
    decided: Decided | None
    sent: Sent | None
    effect: str
    missing: str = ""

    def as_json(self) -> dict[str, object]:
        """Give it as a document."""
        # With ten thousand rules 18 ms; `asdict`, which copies every text, takes 72 ms.
        return cast("dict[str, object]", orjson.loads(orjson.dumps(self)))

    def as_text(self, width: int = 100, *, all_rules: bool = False) -> str:
        """Give it as lines for a terminal; of many rules that do not match only a few."""
        return told(self, width, all_rules=all_rules)
