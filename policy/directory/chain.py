"""The chain of the audit: each row's hash is made of its text and of the hash before it (pure)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in the chain: the number of a row and its hash; 0 is before the first."""

    chain_no: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.chain_no}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """Read what `str` writes; raises ValueError."""
        number, _, written = text.partition(":")
        digest = bytes.fromhex(written)
        if len(digest) != hashlib.sha256().digest_size:
            raise ValueError(f"{text!r} is not NUMBER:HASH")
        return cls(int(number), digest)


@dataclass(frozen=True, slots=True)
class Ends:
    """What comes before the first row that is kept, and the last row."""

    start: Anchor
    head: Anchor


@dataclass(frozen=True, slots=True)
class Link:
    """One row of the audit; None as its number when it never was linked."""

    chain_no: int | None
    id: int
    at: str
    actor: str
    operation: str
    entity: str
    entity_id: str | None
    organisation_id: str | None
    changed: Mapping[str, object]
    previous: bytes | None
    hash: bytes | None


def hash_of(link: Link, previous: bytes) -> bytes:
    """Give the hash that a row must have behind `previous`; the text is that of audit_text()."""
    told = [
        link.chain_no,
        link.id,
        link.at,
        link.actor,
        link.operation,
        link.entity,
        link.entity_id,
        link.organisation_id,
        _in_order(link.changed),
    ]
    text = json.dumps(told, ensure_ascii=False)
    return hashlib.sha256(previous + text.encode()).digest()


def _in_order(value: object) -> object:
    """Sort keys as PostgreSQL does: the shorter one first."""
    if isinstance(value, list):
        return [_in_order(each) for each in value]
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _in_order(value[key]) for key in keys}
    return value


class Verifier:
    """Takes the rows of a chain one after the other, and stops at the first that is wrong.

    `known` is a row that somebody wrote down earlier, elsewhere: who rewrites the whole chain, or
    cuts off its end and sets its head back, cannot make that one fit.
    """

    def __init__(self, ends: Ends, known: Anchor | None = None) -> None:
        self.last = ends.start
        self._ends = ends
        self._known = known
        if known is not None and known.chain_no < ends.start.chain_no:
            raise DirectoryError(
                f"audit: row {known.chain_no} is kept no longer, "
                f"the first that is has the number {ends.start.chain_no + 1}"
            )
        self._compare(ends.start)

    def take(self, link: Link) -> None:
        """Go on by one row; raises DirectoryError, which says which row is wrong in what."""
        wanted = self.last.chain_no + 1
        if link.chain_no is None or link.hash is None:
            raise DirectoryError(f"audit: a row stands beside the chain, its id is {link.id}")
        if link.chain_no != wanted:
            raise DirectoryError(f"audit: row {wanted} is missing")
        if link.previous != self.last.hash:
            raise DirectoryError(f"audit: row {wanted} does not follow the one before it")
        if link.hash != hash_of(link, self.last.hash):
            raise DirectoryError(f"audit: row {wanted} has been changed")
        self.last = Anchor(link.chain_no, link.hash)
        self._compare(self.last)

    def end(self) -> Anchor:
        """Say that there are no more rows; gives where the chain ends."""
        head = self._ends.head
        if self.last.chain_no < head.chain_no:
            raise DirectoryError(
                f"audit: row {self.last.chain_no + 1} is missing, the last one is {head.chain_no}"
            )
        if self.last != head:
            raise DirectoryError(f"audit: row {self.last.chain_no} is not the end that is noted")
        if self._known is not None and self._known.chain_no > self.last.chain_no:
            raise DirectoryError(
                f"audit: row {self._known.chain_no} is missing, "
                f"the chain ends with {self.last.chain_no}"
            )
        return self.last

    def _compare(self, reached: Anchor) -> None:
        known = self._known
        if known is not None and reached.chain_no == known.chain_no and reached != known:
            raise DirectoryError(f"audit: row {reached.chain_no} has not the hash that is known")
