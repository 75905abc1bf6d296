"""The fake node asks as real nodes do and goes on as the answers tell it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from tests.fakes.calls import H323_ENDPOINT
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Kind, Outcome
from tests.fakes.versions import Version

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ROOM = {"service_type": "conference", "name": "ward-7", "service_tag": "w7"}
GATEWAY = {
    "service_type": "gateway",
    "name": "out:1",
    "service_tag": "pstn",
    "local_alias": "sip:a@example.org",
    "remote_alias": "sip:+47123@pstn.example.org",
    "outgoing_protocol": "sip",
}
RECEPTION = {
    "service_type": "two_stage_dialing",
    "name": "Reception",
    "service_tag": "",
    "match_string": r"(\d{4})",
    "replace_string": r"\1@example.org",
}


@dataclass(slots=True)
class Script:
    """A policy server that gives the scripted results in turn and 404 to everything else."""

    answers: dict[str, list[object]] = field(default_factory=dict)
    targets: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Note the raw request line and give the next answer of its path."""
        self.targets.append(request.raw_path)
        self.authorizations.append(request.headers.get("Authorization", ""))
        left = self.answers.get(request.path.rsplit("/", 1)[1], [])
        if not left:
            return web.Response(status=404)
        answer = left.pop(0)
        if isinstance(answer, web.Response):
            return answer
        return web.json_response({"status": "success", "action": "continue", "result": answer})


@asynccontextmanager
async def serving(
    handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
) -> AsyncIterator[str]:
    """Serve on a free port of the loopback and give the base URL, which has a path of its own."""
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/policy-for-london/"
    finally:
        await runner.cleanup()


async def test_a_sip_call_asks_three_times() -> None:
    """Service, participant and location follow each other and name the service found."""
    script = Script({"configuration": [ROOM], "properties": [{}]})

    async with serving(script.answer) as url, FakeNode(url) as node:
        log = await node.sip_call("sip:ward7@example.org")

    assert log.entered
    assert log.kinds == (Kind.SERVICE, Kind.PARTICIPANT, Kind.LOCATION)
    assert log.steps[1].query["service_name"] == "ward-7"
    assert log.faults == ()


async def test_parameters_go_out_as_a_node_spells_them() -> None:
    """Spaces are plus signs, empty values stay, and the base path comes first."""
    script = Script()

    async with serving(script.answer) as url, FakeNode(url) as node:
        await node.sip_call("sip:ward7@example.org", version=Version.V16)
        await node.register("sip:room 12/a@example.org")

    call, registration = script.targets
    assert call.startswith(
        "/policy-for-london/policy/v1/service/configuration?protocol=sip&node_ip="
    )
    assert "&vendor=TANDBERG%2F529+%28ce11.40.1.1.10bdaa53ce2%29+Cisco-RoomKitMini&" in call
    assert "&registered=False&" in call
    assert "/policy/v1/registrations/sip%3Aroom%2012%2Fa%40example.org?" in registration


async def test_an_old_node_knows_no_participants() -> None:
    """Version 16 goes from the service straight to the location, under the old identity key."""
    script = Script({"configuration": [ROOM]})

    async with serving(script.answer) as url, FakeNode(url) as node:
        log = await node.s4b_call("sip:ward7@example.org")

    assert log.kinds == (Kind.SERVICE, Kind.LOCATION)
    assert next(iter(log.steps[0].query)) == "P-Asserted-Identity"


async def test_a_refused_participant_stays_outside() -> None:
    """A refusal of the participant ends the call before media is placed."""
    refusal = {"status": "success", "action": "reject", "result": {"reject_reason": "full"}}
    script = Script({"configuration": [ROOM], "properties": [web.json_response(refusal)]})

    async with serving(script.answer) as url, FakeNode(url) as node:
        log = await node.sip_call("sip:ward7@example.org")

    assert (log.outcome, log.entered) == (Outcome.REJECT, False)
    assert log.kinds == (Kind.SERVICE, Kind.PARTICIPANT)


async def test_a_browser_asks_again_after_the_pin() -> None:
    """A PIN brings a second service request, then the control leg and the media leg."""
    room = ROOM | {"pin": "1234"}
    script = Script({"configuration": [room, room]})

    async with serving(script.answer) as url, FakeNode(url) as node:
        log = await node.browser_join("ward7", role="chair")

    legs = [step.query["participant_type"] for step in log.steps if step.kind is Kind.PARTICIPANT]
    assert log.entered
    assert log.kinds.count(Kind.SERVICE) == 2
    assert legs == ["api_host", "standard"]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [({"pin": "5678"}, Outcome.SERVICE), ({"view": "one_main_zero_pips"}, Outcome.FAILED)],
)
async def test_a_room_says_the_same_twice(change: dict[str, str], outcome: Outcome) -> None:
    """Only what may differ between participants may differ between two answers."""
    room = ROOM | {"pin": "1234"}
    script = Script({"configuration": [room, room | change]})

    async with serving(script.answer) as url, FakeNode(url) as node:
        log = await node.browser_join("ward7")

    assert log.outcome is outcome


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        (GATEWAY, Outcome.SERVICE),
        (GATEWAY | {"name": "out:2"}, Outcome.FAILED),
        (ROOM, Outcome.FAILED),
    ],
)
async def test_a_gateway_call_goes_on_in_its_service(
    second: dict[str, str], outcome: Outcome
) -> None:
    """The outgoing leg asks under the name of the first answer and must get it back."""
    script = Script({"configuration": [GATEWAY, second]})

    async with serving(script.answer) as url, FakeNode(url) as node:
        log = await node.sip_call("sip:90123@example.org")

    outgoing = [step.query for step in log.steps if step.kind is Kind.SERVICE][1]
    assert log.outcome is outcome
    assert (outgoing["call_direction"], outgoing["service_name"]) == ("dial_out", "out:1")


async def test_a_number_typed_in_a_reception_is_rewritten() -> None:
    """The second service request carries the rewritten alias and the name of the reception."""
    script = Script({"configuration": [RECEPTION, ROOM]})

    async with serving(script.answer) as url, FakeNode(url) as node:
        log = await node.sip_call("sip:reception@example.org", enters="6543")

    assert log.entered
    assert log.steps[1].query["local_alias"] == "6543@example.org"
    assert log.steps[1].query["previous_service_name"] == "Reception"


async def test_a_registered_endpoint_asks_its_gatekeeper_first() -> None:
    """An admission request comes before the set-up and is answered alike."""
    script = Script({"configuration": [GATEWAY, GATEWAY | {"name": "out:2"}]})

    async with serving(script.answer) as url, FakeNode(url) as node:
        log = await node.h323_call("5012", caller=replace(H323_ENDPOINT, registered=True))

    triggers = [step.query["trigger"] for step in log.steps if step.kind is Kind.SERVICE]
    assert triggers == ["arq", "setup", "unspecified"]


@pytest.mark.parametrize("target", [b"/policy/v1/x?local_alias=%ZZ%", b"/\xff\xfe?a=\x00b"])
async def test_garbage_goes_out_byte_for_byte(target: bytes) -> None:
    """Nothing on the way out repairs what is broken, and every answer gets a verdict."""
    async with serving(Script().answer) as url, FakeNode(url) as node:
        verdict = await node.ask_raw(target)

    assert verdict.status in {400, 404}


async def test_credentials_wait_for_the_challenge_when_told() -> None:
    """Pre-emptive by default; otherwise the second request answers the challenge."""
    challenge = web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    script = Script({"properties": [challenge, {}]})
    secret = ("node", "word")

    async with serving(script.answer) as url:
        async with FakeNode(url, credentials=secret) as node:
            await node.ask("service", {})
        async with FakeNode(url, credentials=secret, waits_for_challenge=True) as node:
            verdict = await node.ask("participant", {})

    assert verdict.outcome is Outcome.NO_CHANGE
    assert script.authorizations == ["Basic bm9kZTp3b3Jk", "", "Basic bm9kZTp3b3Jk"]


async def test_redirects_are_not_followed() -> None:
    """A web redirect is a failure, wherever it points."""
    moved = web.Response(status=301, headers={"Location": "/elsewhere"})
    script = Script({"configuration": [moved]})

    async with serving(script.answer) as url, FakeNode(url) as node:
        verdict = await node.ask("service", {"local_alias": "a"})

    assert (verdict.outcome, verdict.status, len(script.targets)) == (Outcome.FAILED, 301, 1)


async def test_a_server_that_hangs_up_is_a_failure() -> None:
    """No answer at all is a verdict with status 0, from either way of asking."""

    async def hang_up(request: web.BaseRequest) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async with serving(hang_up) as url, FakeNode(url) as node:
        verdicts = [await node.ask("service", {}), await node.ask_raw("/policy/v1/registrations")]

    assert [(verdict.outcome, verdict.status) for verdict in verdicts] == [(Outcome.FAILED, 0)] * 2
