"""What handlers decide with: the rules in force, the directory, the dialling plan, the clock."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy.decide.decision import Dialling, Moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from policy.decide.participant import Roles
    from policy.directory.cache import Lookup
    from policy.rules.table import RuleTable


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision may depend on besides the request."""

    directory: Lookup
    table: RuleTable
    clock: Callable[[], datetime]
    own_nodes: frozenset[str]
    dialling: Dialling
    roles: Roles
    # Whether whoever has no picture is shown by initials.
    initials: bool = False

    def moment(self) -> Moment:
        """Give the time, and a token that no other request gets."""
        return Moment(self.clock(), str(uuid.uuid4()))
