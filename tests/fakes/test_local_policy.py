"""The node's scripts and our own say the same, though nothing but Jinja is shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import orjson
import pytest

from policy.errors import OutcomeError
from policy.scripts.script import compile_script, read_output
from policy.wire.local_policy import script_variables
from policy.wire.parameters import Parameters
from policy.wire.vocabulary import RequestType
from tests.fakes.local_policy import NOON, run_locally
from tests.fakes.local_scripts import (
    CALLS,
    GATEWAY,
    LOCATION_SCRIPTS,
    PARTICIPANT_SCRIPTS,
    PARTICIPANTS,
    ROOM,
    SERVICE_SCRIPTS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Sent = Mapping[str, str | Sequence[str]]

SERVICES: Final = (None, ROOM, GATEWAY)


def _run_here(
    script: str, sent: Sent, service: Mapping[str, object] | None, request: RequestType
) -> dict[str, object] | None:
    parameters = Parameters(urlencode(sent, doseq=True))
    variables = script_variables(request, parameters, service_config=service)
    try:
        text = compile_script(script).render(variables, now=NOON, token="a")
        read_output(text)
    except OutcomeError:
        return None
    written: dict[str, object] = orjson.loads(text)
    return written


@pytest.mark.parametrize("name", SERVICE_SCRIPTS)
def test_service_scripts_say_the_same(name: str) -> None:
    """Every script answers every call as a node would, with a room, a gateway and with nothing."""
    script = SERVICE_SCRIPTS[name]
    asked = [(call, service) for call in CALLS for service in SERVICES]

    got = [_run_here(script, call, service, RequestType.SERVICE) for call, service in asked]

    assert got == [run_locally(script, call, service) for call, service in asked]


@pytest.mark.parametrize("name", PARTICIPANT_SCRIPTS)
def test_participant_scripts_say_the_same(name: str) -> None:
    """Participants have attributes and a role, which may be undecided."""
    script = PARTICIPANT_SCRIPTS[name]

    got = [_run_here(script, sent, ROOM, RequestType.PARTICIPANT) for sent in PARTICIPANTS]

    wanted = [run_locally(script, sent, ROOM, request="participant") for sent in PARTICIPANTS]
    assert got == wanted


@pytest.mark.parametrize("name", LOCATION_SCRIPTS)
def test_location_scripts_say_the_same(name: str) -> None:
    """Without anything else to go by, media is suggested where the node is."""
    script = LOCATION_SCRIPTS[name]

    got = [_run_here(script, call, ROOM, RequestType.LOCATION) for call in CALLS]

    assert got == [run_locally(script, call, ROOM, request="location") for call in CALLS]


def test_the_scripts_are_worth_comparing() -> None:
    """Every service script but the broken ones writes something, and most depend on the call."""
    answers = {
        name: [run_locally(script, call, ROOM) for call in CALLS]
        for name, script in SERVICE_SCRIPTS.items()
    }

    unusable = [name for name, each in answers.items() if not any(each)]
    alike = [name for name, each in answers.items() if all(one == each[0] for one in each)]

    assert unusable == ["undefined of undefined"]
    assert set(alike) <= {
        "pass-through",
        "weekday",
        "theme by hour",
        "locked by tag",
        "gateway",
        "undefined of undefined",
    }


def test_a_node_keeps_what_it_had() -> None:
    """Output that is no JSON object, a broken script and a text too short all come to nothing."""
    short = '{"name": "{{ "ab"|pex_require_min_length(3) }}"}'
    assert [run_locally(each, CALLS[0]) for each in ("[]", "{", "{% if %}", short)] == [None] * 4


def test_scripts_work_on_a_copy() -> None:
    """What one call changes the next does not see."""
    script = SERVICE_SCRIPTS["one more participant"]

    first = run_locally(script, CALLS[0], ROOM)

    assert run_locally(script, CALLS[0], ROOM) == first
