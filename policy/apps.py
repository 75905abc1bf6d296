"""Puts the applications together that answer HTTP: one for nodes, one for operators."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from policy.handlers.access import Access
from policy.handlers.decision_log import DecisionLog
from policy.handlers.door import Door
from policy.handlers.entrance import Entrance, NodeEntrance
from policy.handlers.facts import Facts
from policy.handlers.forwarding import Forwarder, Upstream, count_forward
from policy.handlers.gallery import Gallery
from policy.handlers.health import HealthHandler, read_own_metrics
from policy.handlers.notebook import Notebook, pseudonym_key
from policy.handlers.phonebook import PhonebookHandler
from policy.handlers.routes import PolicyRoutes
from policy.handlers.safety import Safety
from policy.metrics import DECISIONS_DROPPED
from policy.plans import plan_of
from policy.scribe.process import Scribe
from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from aiohttp import web

    from policy.directory.cache import Lookup
    from policy.directory.phonebook import Phonebook
    from policy.directory.pictures import Pictures
    from policy.handlers.health import DirectoryHealth, ReadMetrics
    from policy.networks import Network
    from policy.rules.reload import LiveRules
    from policy.settings import Credential, Settings


@dataclass(frozen=True, slots=True)
class Sources:
    """Whoever is asked for what the directory holds."""

    lookup: Lookup
    phonebook: Phonebook
    pictures: Pictures
    health: DirectoryHealth
    read_metrics: ReadMetrics = read_own_metrics
    outlet: socket.socket | None = None  # to the scribe that another process has started


@dataclass(frozen=True, slots=True)
class Apps:
    """The door for nodes, the one for operators, and what stands behind both.

    `behind` is to be entered before a door is opened, and left when both are closed.
    """

    nodes: Door
    operators: Door
    behind: AbstractAsyncContextManager[None]


def build_apps(
    settings: Settings, sources: Sources, rules: LiveRules, clock: Callable[[], datetime]
) -> Apps:
    """Put together everything that answers HTTP; `clock` gives the time for booking windows."""
    facts = Facts(
        directory=sources.lookup,
        rules=rules,
        forwarder=forwarder_of(settings),
        clock=clock,
        plan=plan_of(settings),
        within_s=settings.server.answer_within_s,
    )
    gallery = Gallery(sources.pictures, cache_bytes=settings.avatars.cache_bytes)
    decisions = _decision_log_of(settings, sources.outlet)
    notebook = Notebook(decisions, rules, clock) if decisions is not None else None
    pages = HealthHandler(sources.health, rules, sources.read_metrics).pages()
    policy = _policy_routes(settings, facts, sources, gallery, notebook)
    nodes = NodeEntrance(
        _access(settings.access.credentials, settings.access.networks), pages, policy
    )
    operators = Entrance(_access(settings.operator.credentials), pages, partial(_explain, facts))
    return Apps(
        Door(nodes.handle, nodes),
        Door(operators.handle),
        _behind(decisions, facts.forwarder, gallery),
    )


@asynccontextmanager
async def _behind(
    decisions: DecisionLog | None, forwarder: Forwarder, gallery: Gallery
) -> AsyncIterator[None]:
    async with AsyncExitStack() as parts:
        if decisions is not None:
            parts.push_async_callback(decisions.close)
            await decisions.open()
        parts.push_async_callback(forwarder.close)
        await forwarder.open()
        parts.push_async_callback(gallery.close)
        yield


def _policy_routes(
    settings: Settings,
    facts: Facts,
    sources: Sources,
    gallery: Gallery,
    notebook: Notebook | None,
) -> PolicyRoutes:
    server = settings.server
    safety = Safety(
        answer_within_s=server.answer_within_s,
        fallback=Action(server.fallback),
        notebook=notebook,
    )
    return PolicyRoutes(facts, safety, PhonebookHandler(facts, sources.phonebook), gallery)


async def _explain(facts: Facts, request: web.BaseRequest) -> web.Response:
    # Loaded when somebody asks why, which few processes are ever asked.
    from policy.handlers.explain import ExplainHandler  # noqa: PLC0415

    return await ExplainHandler(facts).explain(request)


def _access(credentials: Iterable[Credential], networks: Sequence[Network] = ()) -> Access:
    return Access({each.username: each.password_hash for each in credentials}, networks)


def _decision_log_of(settings: Settings, outlet: socket.socket | None) -> DecisionLog | None:
    if outlet is not None:
        return DecisionLog.over(outlet, dropped=DECISIONS_DROPPED)
    scribe = scribe_of(settings)
    return DecisionLog.of(scribe, dropped=DECISIONS_DROPPED) if scribe is not None else None


def scribe_of(settings: Settings) -> Scribe | None:
    """Give whoever writes the decision log, if there is to be one; its key must be there."""
    path = settings.log.decisions
    if path is None:
        return None
    key_file = settings.secrets.key_file or settings.database.embedded.path / "secret.key"
    return Scribe(path, key=pseudonym_key(key_file))


def forwarder_of(settings: Settings) -> Forwarder:
    """Give whoever asks the other policy servers of the settings."""
    upstreams = {
        name: Upstream(each.url, each.username, each.password, each.ca_file)
        for name, each in settings.upstreams.items()
    }
    return Forwarder(upstreams, count_forward, platform=settings.platform)
