"""Puts the applications together that answer HTTP: one for nodes, one for operators."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from policy.casebook.files import check_folder
from policy.decide.grounds import Plan
from policy.handlers.access import Access
from policy.handlers.decision_log import DecisionLog
from policy.handlers.explain import ExplainHandler, add_explain_route
from policy.handlers.facts import Facts
from policy.handlers.forwarding import Forwarder, Upstream, count_forward
from policy.handlers.gallery import Gallery
from policy.handlers.health import HealthHandler, add_health_routes
from policy.handlers.notebook import Notebook, pseudonym_key
from policy.handlers.phonebook import PhonebookHandler
from policy.handlers.routes import PolicyRoutes, add_policy_routes
from policy.handlers.safety import Safety, refuse_in_json
from policy.metrics import DECISIONS_DROPPED
from policy.rules.known import Dialling
from policy.rules.reload import RuleSource
from policy.rules.syntax import Surroundings
from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence
    from datetime import datetime

    from policy.directory.cache import Lookup
    from policy.directory.phonebook import Phonebook
    from policy.directory.pictures import Pictures
    from policy.handlers.health import DirectoryHealth
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


@dataclass(frozen=True, slots=True)
class Apps:
    """The application for nodes, and the one for operators.

    What both need is opened when the first starts and closed when it is cleaned up: start it first
    and stop it last.
    """

    nodes: web.Application
    operators: web.Application


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
    decisions = _decision_log_of(settings)
    health = HealthHandler(sources.health, rules)

    async def keep_open(_app: web.Application) -> AsyncIterator[None]:
        async with AsyncExitStack() as parts:
            if decisions is not None:
                parts.push_async_callback(decisions.close)
                await decisions.open()
            parts.push_async_callback(facts.forwarder.close)
            await facts.forwarder.open()
            parts.push_async_callback(gallery.close)
            yield

    notebook = Notebook(decisions, rules, clock) if decisions is not None else None
    policy = _policy_routes(settings, facts, sources, gallery, notebook)
    nodes = _guarded(settings.access.credentials, settings.access.networks)
    nodes.cleanup_ctx.append(keep_open)
    add_health_routes(nodes, health)
    add_policy_routes(nodes, policy)
    operators = _guarded(settings.operator.credentials)
    add_health_routes(operators, health)
    add_explain_route(operators, ExplainHandler(facts))
    return Apps(nodes, operators)


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


def _guarded(
    credentials: Iterable[Credential], networks: Sequence[Network] = ()
) -> web.Application:
    """Give an application that lets in whoever may ask, and refuses in JSON."""
    access = Access({each.username: each.password_hash for each in credentials}, networks)
    return web.Application(middlewares=[access.middleware, refuse_in_json])


def _decision_log_of(settings: Settings) -> DecisionLog | None:
    path = settings.log.decisions
    if path is None:
        return None
    key_file = settings.secrets.key_file or settings.database.embedded.path / "secret.key"
    return DecisionLog(path, key=pseudonym_key(key_file), dropped=DECISIONS_DROPPED)


def forwarder_of(settings: Settings) -> Forwarder:
    """Give whoever asks the other policy servers of the settings."""
    upstreams = {
        name: Upstream(each.url, each.username, each.password, each.ca_file)
        for name, each in settings.upstreams.items()
    }
    return Forwarder(upstreams, count_forward, platform=settings.platform)


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
    return RuleSource(folder, around, partial(check_folder, folder, plan=plan_of(settings)))
