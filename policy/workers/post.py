"""What a worker is given by its supervisor, and makes its footing from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policy.apps import rules_of
from policy.database import Database, Found
from policy.rules.building import build_here
from policy.rules.reload import LiveRules, Reloader
from policy.rules.watching import look
from policy.server import Footing

if TYPE_CHECKING:
    import socket

    from policy.errors import Problem
    from policy.handlers.health import ReadMetrics
    from policy.handlers.listening import Ports
    from policy.rules.table import RuleTable
    from policy.rules.watching import Sight
    from policy.settings import Settings
    from policy.workers.messages import Prepared
    from policy.workers.share import Share

# Nodes that come back after so long spread anew over the workers.
MAX_AGE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rules as they were when the supervisor read them, which a fork gets for nothing."""

    table: RuleTable
    warnings: tuple[Problem, ...]
    seen: Sight

    @classmethod
    def load(cls, settings: Settings) -> Loaded:
        """Read, check and test them; raises RulesError."""
        source = rules_of(settings)
        seen = look(source.folder)  # before the load: a change during it is one to come
        built = build_here(source.job())
        return cls(built.table, built.warnings, seen)

    def reloader(self, settings: Settings) -> Reloader:
        """Put these in force, or what is in the folder by now; raises RulesError.

        A worker that came with old rules would for a moment decide otherwise than all others.
        """
        source = rules_of(settings)
        if look(source.folder) != self.seen:
            return Reloader.load(source)
        return Reloader(LiveRules(self.table, self.warnings), source, self.seen)


@dataclass(frozen=True, slots=True)
class Post:
    """Where a worker stands."""

    slot: int
    settings: Settings
    ports: Ports
    rules: Loaded
    prepared: Prepared
    outlet: socket.socket | None  # of the scribe
    share: Share

    async def footing(self, read_metrics: ReadMetrics) -> Footing:
        """Make what a server stands on; raises what a start raises."""
        settings, prepared = self.settings, self.prepared
        reloader = self.rules.reloader(settings)
        if settings.database.url is not None:
            database = await Database.of_site(settings.database.url, settings)
        else:
            database = Database.kept(prepared.dsn, settings)
        return Footing(
            reloader,
            self.ports.nodes[self.slot],
            self.ports.operators,
            database,
            Found(prepared.addresses, prepared.example),
            is_first=self.slot == 0,
            max_age_s=MAX_AGE_S,
            share=self.share,
            read_metrics=read_metrics,
            outlet=self.outlet,
        )
