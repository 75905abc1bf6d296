"""Whole calls, request by request, as nodes make them; each ends as it ought to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.document import DirectoryFile
from policy.documents import parse
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.settings import Participants, Settings
from tests.fakes.calls import BROWSER, H323_ENDPOINT, ROOM_SYSTEM
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Kind, Outcome
from tests.fakes.versions import Version
from tests.running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.database import Database

ROWS: Final = """
organisations: [{code: north, name: North}]
domains: [{domain: rooms.example.org, organisation: north}]
rooms:
  - {organisation: north, aliases: [721834@rooms.example.org, "721834"], pin: "48213",
     guest_pin: "90377", service_name: Ward 7}
  - organisation: north
    aliases: [workshop@rooms.example.org]
    service_name: Workshop
    service:
      breakout_rooms: true
      breakout_uuids: [4ce6aa27-e550-4e02-be1f-90b3b15a2eaf]
devices:
  - {organisation: north, alias: ward7@rooms.example.org, username: ward7, password: invented}
"""
RULES: Final = r"""
rules:
  - name: reception
    when: {alias: {exact: reception@rooms.example.org}}
    then:
      service: {service_type: two_stage_dialing, name: Reception, service_tag: "",
                match_string: '([0-9]{6})', replace_string: '\1@rooms.example.org'}
  - name: telephones
    when: {alias: {regex: '9[0-9]{5}@rooms\.example\.org'}}
    then:
      service: {service_type: gateway, name: Telephone, service_tag: "", outgoing_protocol: sip,
                local_alias: video@rooms.example.org, remote_alias: sip:switch@tel.example.org}
  - name: announcement
    when: {alias: {exact: closed@rooms.example.org}}
    then:
      service: {service_type: media_playback, name: Closed, service_tag: "",
                media_playlist_name: Closed, on_completion: {disconnect: true}}
  - name: no-browsers-tonight
    for: participant
    when: {protocol: [api, webrtc], alias: {exact: workshop@rooms.example.org}, role: guest}
    then: {reject: guests are not let in tonight}
  - name: media
    for: location
    then:
      location_by_subnet: {10.0.0.0/8: {location: Aarhus, overflow: [Cloud]}}
"""


@pytest.fixture
async def node(database: Database) -> AsyncIterator[FakeNode]:
    """Stand a node before a server with these rows and rules."""
    await database.load(parse(ROWS, "rows.yaml", DirectoryFile))
    table = RuleTable([each.rule for each in parse_rules(RULES, "rules.yaml")])
    settings = Settings(participants=Participants(own_devices_are_hosts=True))
    async with (
        database.directory() as directory,
        running(directory, table, settings) as url,
        FakeNode(url) as node,
    ):
        yield node


@pytest.mark.parametrize("version", Version)
async def test_a_sip_call(node: FakeNode, version: Version) -> None:
    """Service, participant, location: the room system is asked for its PIN and is in."""
    log = await node.sip_call("sip:721834@rooms.example.org;transport=tls", version=version)

    assert (log.outcome, log.faults, log.warnings) == (Outcome.SERVICE, (), ())
    assert log.service["name"] == "Ward 7"
    assert log.steps[-1].verdict.outcome is Outcome.LOCATION


async def test_a_sip_call_of_an_own_device(node: FakeNode) -> None:
    """A registered device of the room's organisation needs no PIN."""
    caller = replace(ROOM_SYSTEM, alias="sip:ward7@rooms.example.org", registered=True)

    log = await node.sip_call("sip:721834@rooms.example.org", caller=caller)

    role = log.steps[1].verdict.result.get("preauthenticated_role")
    assert (log.outcome, log.faults, role) == (Outcome.SERVICE, (), "chair")


@pytest.mark.parametrize("version", Version)
async def test_an_h323_call_through_the_gatekeeper(node: FakeNode, version: Version) -> None:
    """A registered endpoint asks whether it may, then calls; both times it is the same room."""
    caller = replace(H323_ENDPOINT, registered=True)

    log = await node.h323_call("721834", caller=caller, version=version)

    assert (log.outcome, log.faults) == (Outcome.SERVICE, ())
    assert [step.verdict.result.get("name") for step in log.steps[:2]] == ["Ward 7", "Ward 7"]


@pytest.mark.parametrize("version", Version)
async def test_a_skype_for_business_call(node: FakeNode, version: Version) -> None:
    """Asserted identity and subnet change nothing of the order."""
    log = await node.s4b_call("sip:721834@rooms.example.org", version=version)

    assert (log.outcome, log.faults, log.warnings) == (Outcome.SERVICE, (), ())


@pytest.mark.parametrize("role", ["chair", "guest"])
async def test_a_browser_join(node: FakeNode, role: str) -> None:
    """Asked again after the PIN, then for a control leg and an ordinary one, the user is in."""
    log = await node.browser_join("721834@rooms.example.org", role=role)

    assert (log.outcome, log.faults, log.warnings) == (Outcome.SERVICE, (), ())
    kinds = [Kind.SERVICE, Kind.SERVICE, Kind.PARTICIPANT, Kind.PARTICIPANT, Kind.LOCATION]
    assert list(log.kinds) == kinds


async def test_a_browser_join_that_is_refused(node: FakeNode) -> None:
    """A participant rule turns the user away at the first leg, with a text."""
    log = await node.browser_join("workshop@rooms.example.org", caller=BROWSER)

    assert log.outcome is Outcome.REJECT
    assert log.steps[-1].verdict.result == {"reject_reason": "guests are not let in tonight"}


async def test_a_virtual_reception(node: FakeNode) -> None:
    """The number that is typed leads to the room, as if it had been dialled."""
    log = await node.sip_call("sip:reception@rooms.example.org", enters="721834")

    assert (log.outcome, log.faults) == (Outcome.SERVICE, ())
    assert log.service["name"] == "Ward 7"


async def test_a_virtual_reception_and_a_wrong_number(node: FakeNode) -> None:
    """A number that nobody owns is refused."""
    log = await node.sip_call("sip:reception@rooms.example.org", enters="000000")

    assert log.outcome is Outcome.REJECT


async def test_a_gateway_call(node: FakeNode) -> None:
    """The outgoing leg is answered with the service that the incoming leg began."""
    log = await node.sip_call("sip:901234@rooms.example.org")

    assert (log.outcome, log.faults) == (Outcome.SERVICE, ())
    names = {step.verdict.result["name"] for step in log.steps if step.kind is Kind.SERVICE}
    assert len(names) == 1


async def test_two_gateway_calls_are_two_services(node: FakeNode) -> None:
    """No two calls end up in one service."""
    first = await node.sip_call("sip:901234@rooms.example.org")
    second = await node.sip_call("sip:901234@rooms.example.org")

    assert first.service["name"] != second.service["name"]


async def test_an_announcement(node: FakeNode) -> None:
    """A playback is a service like any other."""
    log = await node.sip_call("sip:closed@rooms.example.org")

    assert (log.outcome, log.service["media_playlist_name"]) == (Outcome.SERVICE, "Closed")


async def test_breakout_rooms(node: FakeNode) -> None:
    """A host's app asks for each breakout of the main room, and is given one of that name."""
    main = await node.browser_join("workshop@rooms.example.org", role="chair")
    uuids = main.service["breakout_uuids"]
    assert isinstance(uuids, list)

    for uuid in uuids:
        name = f"Workshop_breakout_{uuid}"
        query = {"local_alias": "workshop@rooms.example.org", "call_direction": "dial_in"}
        query |= {"service_name": name, "unique_service_name": name, "breakout_uuid": uuid}
        verdict = await node.ask(Kind.SERVICE, query)
        assert (verdict.outcome, verdict.faults) == (Outcome.SERVICE, ())
        assert verdict.result["name"] == "Workshop"
        assert verdict.result["breakout"] is True


async def test_a_registration(node: FakeNode) -> None:
    """A device is told what it must prove; a stranger to the directory is refused."""
    device = await node.register("sip:ward7@rooms.example.org")
    stranger = await node.register("stranger@rooms.example.org")
    thief = await node.register("721834@rooms.example.org")

    assert device.result == {"username": "ward7", "password": "invented"}
    assert (stranger.outcome, thief.outcome) == (Outcome.REJECT, Outcome.REJECT)
