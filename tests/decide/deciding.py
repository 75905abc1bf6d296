"""Grounds for decisions in tests: rules as text, and whatever the directory is to know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from policy.decide.grounds import Grounds, Plan
from policy.rules.known import Known
from policy.rules.question import Moment
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.directory.records import AddressKey, Found

MOMENT: Final = Moment(datetime(2026, 5, 4, 10, tzinfo=UTC), "2f1c7a52")


def ruled(*rules: str) -> RuleTable:
    """Compile rules, each of them in flow style."""
    text = "rules:\n" + "".join(f"  - {rule}\n" for rule in rules)
    return RuleTable([each.rule for each in parse_rules(text, "test.yaml")])


def grounds(
    known: Mapping[AddressKey, Found] | None = None,
    table: RuleTable | None = None,
    plan: Plan | None = None,
) -> Grounds:
    """Give what a decision rests on."""
    return Grounds(table or RuleTable(), plan or Plan(), Known(dict(known or {})), MOMENT)
