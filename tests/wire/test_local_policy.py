"""Scripts see a request in the types and by the names that nodes give it."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.wire.local_policy import (
    CALL_INFO_KEYS,
    PARTICIPANT_KEYS,
    call_info,
    participant,
    script_variables,
)
from policy.wire.parameters import Parameters
from policy.wire.vocabulary import RequestType
from tests.fakes.local_scripts import CALLS, PARTICIPANTS

_NAMES_OF_ALL = (
    "bandwidth call_direction call_tag has_authenticated_display_name idp_uuid local_alias "
    "location ms_subnet node_ip p_asserted_identity previous_service_name protocol "
    "pseudo_version_id registered remote_address remote_alias remote_display_name remote_port "
    "supports_direct_media teams_tenant_id telehealth_request_id trigger vendor version_id"
)
_OF_ALL = frozenset(_NAMES_OF_ALL.split())
SCRIPTED = (RequestType.SERVICE, RequestType.PARTICIPANT, RequestType.LOCATION)


def _parameters(**sent: str) -> Parameters:
    return Parameters(urlencode({**CALLS[0], **sent}))


def test_each_script_sees_its_own_keys() -> None:
    """The table of section 5.3, for a call that comes in."""
    service, joining, location = (set(call_info(each, _parameters())) for each in SCRIPTED)

    assert service == _OF_ALL | {"breakout_uuid", "display_count", "third_party_passcode"}
    names = {"service_name", "service_tag", "unique_service_name"}
    assert joining == _OF_ALL | names | {"display_count"}
    assert location == _OF_ALL | names | {"proxy_node_address", "proxy_node_location"}
    assert service | joining | location == set(CALL_INFO_KEYS) - {"external_policy_disposition"}


def test_values_have_the_types_that_nodes_give_them() -> None:
    """Numbers, booleans, lists for SIP headers, and None for screens that nobody counted."""
    sent = _parameters(
        bandwidth="2048", registered="True", display_count="2", **{"ms-subnet": '["10.1.2.0"]'}
    )

    got, without = (call_info(RequestType.SERVICE, each) for each in (sent, _parameters()))

    assert (got["bandwidth"], got["remote_port"], got["display_count"]) == (2048, 58435, 2)
    assert (got["registered"], got["supports_direct_media"]) == (True, False)
    assert (got["ms_subnet"], got["p_asserted_identity"]) == (["10.1.2.0"], [])
    assert got["version_id"] == "35"
    assert without["display_count"] is None
    assert without["telehealth_request_id"] == ""


@pytest.mark.parametrize("key", ["p_Asserted-Identity", "P-Asserted-Identity"])
def test_the_asserted_identity_is_a_list_in_every_spelling(key: str) -> None:
    """Two versions of nodes write its name differently."""
    got = call_info(RequestType.SERVICE, _parameters(**{key: '"Alice"<sip:alice@example.org>'}))
    assert got["p_asserted_identity"] == ['"Alice"<sip:alice@example.org>']


def test_a_service_has_a_name_when_a_call_goes_out() -> None:
    """Scripts ask whether `service_name` is defined, to tell calls that come in."""
    assert "service_name" not in call_info(RequestType.SERVICE, _parameters())
    outgoing = call_info(RequestType.SERVICE, _parameters(service_name="Ward 7", service_tag=""))
    assert (outgoing["service_name"], outgoing["service_tag"]) == ("Ward 7", "")


def test_a_participant_is_seen_as_sent() -> None:
    """Attributes keep their names; one value is a text, several are a list."""
    got = participant(Parameters(urlencode(PARTICIPANTS[2], doseq=True)))

    assert set(got) == set(PARTICIPANT_KEYS)
    assert got["idp_attributes"] == {"groups": ["analysts", "managers"], "X-wing pilot": "yes"}
    assert got["preauthenticated_role"] == "guest"
    assert got["participant_type"] == "api"
    assert got["remote_alias"] == "sip:boardroom@example.org"
    assert got["send_to_audio_mixes"] == [{"mix_name": "main", "prominent": False}]


@pytest.mark.parametrize("sent", ["", "None", "null"])
def test_an_undecided_role_is_none(sent: str) -> None:
    """However a node says so."""
    got = participant(_parameters(preauthenticated_role=sent))
    assert got["preauthenticated_role"] is None
    assert got["send_to_audio_mixes"] == []


def test_each_request_has_its_variables() -> None:
    """A service may be unknown; media runs where the node is, unless somebody knows better."""
    parameters = _parameters()
    known = {"name": "Ward 7"}

    got = {
        request: script_variables(request, parameters, service_config=known) for request in SCRIPTED
    }

    assert {request: set(each) - {"call_info"} for request, each in got.items()} == {
        RequestType.SERVICE: {"service_config"},
        RequestType.PARTICIPANT: {"service_config", "participant"},
        RequestType.LOCATION: {"service_config", "suggested_media_overflow_locations"},
    }
    assert got[RequestType.SERVICE]["service_config"] == known
    place = "suggested_media_overflow_locations"
    assert got[RequestType.LOCATION][place] == {"location": "London"}
    elsewhere = {"location": "Oslo", "primary_overflow_location": "Paris"}
    variables = script_variables(
        RequestType.LOCATION, parameters, service_config=None, suggested=elsewhere
    )
    assert variables[place] == elsewhere


@given(st.text(max_size=200), st.sampled_from(SCRIPTED))
def test_any_query_has_variables(query: str, request_type: RequestType) -> None:
    """Nothing that comes over the wire makes a script fail before it begins."""
    variables = script_variables(request_type, Parameters(query), service_config=None)
    assert isinstance(variables["call_info"], dict)
