"""What no case can say of service requests: the clock, gateway names, what is remembered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from policy.directory.document import DirectoryFile
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.settings import Settings
from tests.fakes.directory import FakeDirectory
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Outcome
from tests.handlers.asking import ALIAS, CALL, ROOM
from tests.running import NOON, running

if TYPE_CHECKING:
    from tests.fakes.verdict import Verdict

GATEWAY: Final = """
rules:
  - name: out
    when: {alias: {regex: '5[0-9]+'}}
    then:
      service:
        service_type: gateway
        name: out
        service_tag: out
        local_alias: sip:vdx@example.org
        remote_alias: sip:4712345678@pstn.example.org
        outgoing_protocol: sip
"""


async def test_a_remembered_booking_still_ends_on_time() -> None:
    """What is kept is the row, not the answer: the window is decided for every call anew."""
    booking = ROOM.rooms[0].model_dump(mode="json") | {
        "starts_at": NOON.isoformat(),
        "ends_at": (NOON + timedelta(hours=1)).isoformat(),
    }
    file = ROOM.model_dump(mode="json") | {"rooms": [], "bookings": [booking]}
    directory = FakeDirectory(DirectoryFile.model_validate(file))
    clock = [NOON]
    told: list[object] = []

    async with running(directory, clock=lambda: clock[0]) as url, FakeNode(url) as node:
        for minutes in (-1, 0, 60, 61):
            clock[0] = NOON + timedelta(minutes=minutes)
            told.append(_reason(await node.ask("service", CALL)))

    assert told == ["TOO_EARLY", "OK", "OK", "ENDED"]
    assert len(directory.asked) == 1


async def test_every_gateway_call_has_a_name_of_its_own() -> None:
    """Two calls to one number are two services, or a node would put both into one."""
    table = RuleTable([each.rule for each in parse_rules(GATEWAY, "a.yaml")])

    async with running(FakeDirectory(), table) as url, FakeNode(url) as node:
        call = {**CALL, "local_alias": "5012"}
        verdicts = [await node.ask("service", call) for _ in range(2)]

    assert [verdict.outcome for verdict in verdicts] == [Outcome.SERVICE] * 2
    names = {str(verdict.result["name"]) for verdict in verdicts}
    assert len(names) == 2
    assert all(name.startswith("out:") for name in names)


async def test_an_alias_is_remembered_however_it_is_written() -> None:
    """Scheme and case do not make another question: one look-up serves them all."""
    directory = FakeDirectory(ROOM)
    written = (ALIAS, ALIAS.upper(), f"sip:{ALIAS}", f"<sip:{ALIAS};transport=tls>")

    async with running(directory) as url, FakeNode(url) as node:
        for alias in written:
            await node.ask("service", {**CALL, "local_alias": alias})

    assert len(directory.asked) == 1


async def test_a_node_address_of_the_settings_is_no_domain() -> None:
    """`number@node` is the bare number, for a node that the settings name."""
    settings = Settings.model_validate(
        {"dialling": {"node_addresses": ["192.0.2.9"], "default_domain": "example.org"}}
    )
    call = {**CALL, "local_alias": f"{ALIAS.partition('@')[0]}@192.0.2.9"}

    async with running(FakeDirectory(ROOM), settings=settings) as url, FakeNode(url) as node:
        verdict = await node.ask("service", call)

    assert verdict.outcome is Outcome.SERVICE


def _reason(verdict: Verdict) -> object:
    return verdict.body.get("reason") if isinstance(verdict.body, dict) else None
