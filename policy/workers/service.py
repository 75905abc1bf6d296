"""A service of several processes, from its start to its end."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from policy.database import seed_of
from policy.handlers.listening import take_ports
from policy.server import Ready
from policy.workers.supervisor import Supervisor
from policy.workers.waiting import Waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy.rules.starting import Loading
    from policy.settings import Settings
    from policy.workers.messages import Prepared


def serve_with_workers(
    settings: Settings, loading: Loading, say_ready: Callable[[Ready], None]
) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises what a start raises: RulesError, DocumentError or StartError.
    """
    with Waiting() as waiting, ExitStack() as parts:
        rules = loading.finish()
        seed = seed_of(settings)
        ports = take_ports(settings, parts, processes=settings.server.workers)

        def say(prepared: Prepared) -> None:
            say_ready(
                Ready(
                    url=ports.nodes[0].url,
                    database=prepared.description,
                    addresses=prepared.addresses,
                    example=prepared.example,
                    rules=len(rules.table.rules),
                    rules_version=rules.table.version,
                    note=prepared.note,
                    operator_url=ports.operators.url if ports.operators is not None else None,
                )
            )

        Supervisor(settings, rules, seed, ports, waiting).serve(say)
