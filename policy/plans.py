"""What the settings say of deciding: the plan, and where the rules are that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy.decide.grounds import Plan
from policy.rules.job import RuleSource, Surroundings
from policy.rules.known import Dialling

if TYPE_CHECKING:
    from pathlib import Path

    from policy.errors import Problem
    from policy.rules.files import RuleSet
    from policy.settings import Settings


def plan_of(settings: Settings) -> Plan:
    """Give what the settings say of deciding."""
    dialling = settings.dialling
    return Plan(
        dialling=Dialling(dialling.default_domain or "", dialling.location_domains),
        own_nodes=frozenset(str(address) for address in dialling.node_addresses),
        own_devices_are_hosts=settings.participants.own_devices_are_hosts,
        initials=settings.avatars.initials,
        ignore_local=settings.phonebook.ignore_local,
    )


def rules_of(settings: Settings) -> RuleSource:
    """Say where the rules are, and that their tests must hold, here and at every reload."""
    folder = settings.rules.folder
    around = Surroundings(settings.platform, frozenset(settings.upstreams))
    return RuleSource(folder, around, FolderTests(folder, plan_of(settings)))


@dataclass(frozen=True, slots=True)
class FolderTests:
    """The tests beside the rules; what reads them is loaded where they are run, and only there."""

    folder: Path
    plan: Plan

    def __call__(self, rule_set: RuleSet) -> list[Problem]:
        """Run them; give what is wrong with them and what differs."""
        from policy.rules.files import TEST_SUFFIX  # noqa: PLC0415  not where calls are answered

        if not any(self.folder.glob(f"*{TEST_SUFFIX}")):
            return []
        from policy.casebook.files import check_folder  # noqa: PLC0415  as above

        return check_folder(self.folder, rule_set, self.plan)
