"""What handlers decide with, in tests: a directory, rules, and no other policy server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from policy.decide.decision import Decision
from policy.decide.grounds import Plan
from policy.handlers.facts import Facts
from policy.handlers.forwarding import Forwarder
from policy.rules.reload import LiveRules
from policy.rules.table import RuleTable

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from policy.directory.cache import Lookup

NOON: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)


def facts_of(
    directory: Lookup,
    table: RuleTable | None = None,
    plan: Plan | None = None,
    *,
    rules: LiveRules | None = None,
) -> Facts:
    """Give everything that a handler asks."""
    return Facts(
        directory=directory,
        rules=rules or LiveRules(table or RuleTable()),
        forwarder=Forwarder({}, lambda *_: None),
        clock=lambda: NOON,
        plan=plan or Plan(),
    )


async def decided(outcome: Decision | Awaitable[Decision]) -> Decision:
    """Wait for a decision, unless it has been made at once."""
    return outcome if isinstance(outcome, Decision) else await outcome
