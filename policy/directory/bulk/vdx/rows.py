"""What a conversion knows and has made: rows of our kinds, each with the row of VDX behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid5

from policy.directory.bulk.vdx.notes import Notes, Origin, What

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from policy.directory.bulk.vdx.claims import Claims

# So that a group has the same id whenever it is imported.
_GROUPS: Final = uuid5(NAMESPACE_URL, "http://vdx.medcom.dk/group")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What an operator says besides: the names of themes, and domains that stand in no table."""

    now: datetime
    themes: Mapping[str, str] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)  # to the code of an organisation
    quarantine_days: int = 30


@dataclass(slots=True)
class Made:
    """The rows that came of it, by kind."""

    rows: dict[str, list[tuple[dict[str, object], Origin]]] = field(default_factory=dict)

    def add(self, kind: str, row: Mapping[str, object], origin: Origin) -> None:
        """Add a row without what it does not say."""
        said = {name: value for name, value in row.items() if value is not None}
        self.rows.setdefault(kind, []).append((said, origin))


@dataclass(slots=True)
class Work:
    """One conversion."""

    wishes: Wishes
    claims: Claims
    notes: Notes = field(default_factory=Notes)
    made: Made = field(default_factory=Made)
    # What a group is called here, by its number, and whose users there are.
    nodes: dict[int, str] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    users: set[tuple[str, str]] = field(default_factory=set)

    def node(self, group_id: int, origin: Origin, about: str) -> str | None:
        """Give the name of a group; None and a note if there is none."""
        name = self.nodes.get(group_id)
        if name is None:
            self.notes.add(What.LEFT_OUT, origin, about, f"its group {group_id} is in no table")
        return name

    def organisation(self, code: str, origin: Origin, about: str) -> str | None:
        """Give a code that there is; None and a note if there is none."""
        if code in self.codes:
            return code
        self.notes.add(What.LEFT_OUT, origin, about, f"its organisation {code!r} is in no table")
        return None

    def shortened(self, text: str | None, limit: int, origin: Origin, about: str) -> str | None:
        """Cut a text that is too long for its place, with a note."""
        if text is None or len(text) <= limit:
            return text
        self.notes.add(What.REPAIRED, origin, about, f"cut to {limit} characters")
        return text[:limit]


def group_uuid(group_id: int) -> str:
    """Give the id of a group that has no code."""
    return str(uuid5(_GROUPS, str(group_id)))
