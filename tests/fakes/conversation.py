"""The requests that one call makes, one after the other, each built on the answers before it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from tests.fakes.calls import outgoing_leg
from tests.fakes.verdict import Kind, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.calls import Leg

MAY_DIFFER = frozenset(
    {
        "pin",
        "guest_pin",
        "host_identity_provider_group",
        "guest_identity_provider_group",
        "max_callrate_in",
        "max_callrate_out",
    }
)
"""What two answers for one service may say differently; all else must be the same every time."""

IDENTITY = frozenset({"name", "service_type"})
"""What tells a node that an answer means the service which is running already."""


class Asker(Protocol):
    """Whoever puts a question to the policy server and judges what comes back."""

    async def ask(
        self, kind: str, query: Mapping[str, str | list[str]], alias: str | None = None
    ) -> Verdict:
        """Ask once."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a call and what became of it."""

    kind: Kind
    query: Mapping[str, str | list[str]]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class CallLog:
    """What a whole call asked, what it was told, and where the caller ended."""

    outcome: Outcome
    steps: tuple[Step, ...]
    service: Mapping[str, object]

    @property
    def entered(self) -> bool:
        """Whether the caller got into a service that the policy server named."""
        return self.outcome is Outcome.SERVICE

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The requests in the order in which they were made."""
        return tuple(step.kind for step in self.steps)

    @property
    def faults(self) -> tuple[str, ...]:
        """Every fault of every answer, led by the kind of its request."""
        return tuple(f"{step.kind}: {text}" for step in self.steps for text in step.verdict.faults)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Every warning of every answer, led by the kind of its request."""
        steps = self.steps
        return tuple(f"{step.kind}: {text}" for step in steps for text in step.verdict.warnings)


@dataclass(slots=True)
class Conversation:
    """One call while it lasts; each question says whether the call goes on."""

    asker: Asker
    leg: Leg
    steps: list[Step] = field(default_factory=list)
    service: Mapping[str, object] = field(default_factory=dict)
    outcome: Outcome = Outcome.OWN_CONFIGURATION

    def log(self) -> CallLog:
        """Freeze what happened so far."""
        return CallLog(self.outcome, tuple(self.steps), self.service)

    async def ask_service(self, **extra: str) -> bool:
        """Ask which service it is; a second answer for the same service must say the same."""
        verdict = await self._ask(Kind.SERVICE, self.leg.service(**extra))
        if self.service and "previous_service_name" not in extra:
            verdict = self._same_again(verdict, _fixed(self.service) | _fixed(verdict.result))
        self.outcome = verdict.outcome
        self.service = verdict.result if verdict.outcome is Outcome.SERVICE else {}
        return verdict.outcome is Outcome.SERVICE

    async def enter(self, number: str) -> bool:
        """Type a number in a Virtual Reception, which rewrites it and asks for what it names."""
        wanted = str(self.service.get("match_string", "")) or "(.*)"
        match = re.fullmatch(wanted, number)
        if match is None:
            self.outcome = Outcome.REJECT
            return False
        replacement = str(self.service.get("replace_string", ""))
        entered = match.expand(replacement) if replacement else number
        caller = replace(self.leg.caller, trigger="two_stage_dialing")
        reception = str(self.service["name"])
        self.leg = replace(self.leg, alias=entered, caller=caller)
        return await self.ask_service(previous_service_name=reception)

    async def ask_participant(self, participant_type: str = "standard", role: str = "") -> bool:
        """Ask about the participant; only a refusal ends the call, a failed answer does not."""
        if not self.leg.site.knows_participants:
            return True
        query = self.leg.participant(self.service, participant_type, role)
        verdict = await self._ask(Kind.PARTICIPANT, query)
        if verdict.outcome is Outcome.REJECT:
            self.outcome = Outcome.REJECT
        return verdict.outcome is not Outcome.REJECT

    async def ask_location(self) -> None:
        """Ask where media goes; without a usable answer the node chooses by itself."""
        await self._ask(Kind.LOCATION, self.leg.media_location(self.service))

    async def call_on(self) -> None:
        """Place the outgoing leg of a gateway call, which must stay in the service it came from."""
        if self.service.get("service_type") != "gateway":
            return
        leg, query = outgoing_leg(self.leg, self.service)
        verdict = self._same_again(await self._ask(Kind.SERVICE, query), IDENTITY)
        self.outcome = verdict.outcome
        if verdict.outcome is Outcome.SERVICE:
            await self._ask(Kind.LOCATION, leg.media_location(self.service))

    def _same_again(self, verdict: Verdict, keys: frozenset[str]) -> Verdict:
        """Fail an answer that describes another service than the one that is running."""
        if verdict.outcome is not Outcome.SERVICE:
            return verdict
        changed = sorted(key for key in keys if self.service.get(key) != verdict.result.get(key))
        if not changed:
            return verdict
        fault = f"result.{changed[0]}: differs from the answer that began this call"
        verdict = replace(verdict, outcome=Outcome.FAILED, faults=(*verdict.faults, fault))
        self.steps[-1] = replace(self.steps[-1], verdict=verdict)
        return verdict

    async def _ask(self, kind: Kind, query: Mapping[str, str | list[str]]) -> Verdict:
        verdict = await self.asker.ask(kind, query)
        self.steps.append(Step(kind, query, verdict))
        return verdict


def _fixed(service: Mapping[str, object]) -> frozenset[str]:
    """Name the fields that may not change; a gateway call gets a name of its own each time."""
    free = MAY_DIFFER | {"name"} if service.get("service_type") == "gateway" else MAY_DIFFER
    return frozenset(service) - free
