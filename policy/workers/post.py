"""What a worker is given by its supervisor, and makes its footing from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policy.database import Database, Found
from policy.plans import rules_of
from policy.rules.starting import load
from policy.rules.watching import look
from policy.server import Footing

if TYPE_CHECKING:
    import socket

    from policy.handlers.health import ReadMetrics
    from policy.handlers.listening import Ports
    from policy.rules.starting import Loaded
    from policy.settings import Settings
    from policy.workers.messages import Prepared
    from policy.workers.share import Share

# Nodes that come back after so long spread anew over the workers.
MAX_AGE_S: Final = 60.0


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
        source = rules_of(settings)
        # One that came with old rules would for a moment decide otherwise than all others.
        is_current = look(source.folder) == self.rules.seen
        rules = self.rules if is_current else await load(source)
        if settings.database.url is not None:
            database = await Database.of_site(settings.database.url, settings)
        else:
            database = Database.kept(prepared.dsn, settings)
        return Footing(
            rules.reloader(source),
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
