"""Whatever a node sends can be read; what cannot be used is absent."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.wire.parameters import Parameters
from policy.wire.requests import (
    ParticipantRequest,
    RegistrationRequest,
    ServiceRequest,
)
from policy.wire.vocabulary import AuthType, CallDirection, CallProtocol

NODES: Final = frozenset({"203.0.113.10"})


def _text(query: str) -> str:
    return Parameters(query).text("x")


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("x=ward+7", "ward 7"),
        ("x=ward%207", "ward 7"),
        ("x=%2B45", "+45"),
        ("x=a%26b%3Dc", "a&b=c"),
        ("x=a=b", "a=b"),
        ("x=first&x=second", "first"),
        ("x=&x=second", ""),
        ("y=1&x=ward&z", "ward"),
        ("x=%22ward%22", "ward"),
        ("x=%22", '"'),
        ("x=%22ward", '"ward'),
        ("x=+ward+", "ward"),
        ("x=Nobody", "Nobody"),
        ("x=m%C3%B8de", "møde"),
        ("x=m%F8de", "m\ufffdde"),
        ("x=m\udcc3\udcb8de", "møde"),
        ("x=m\udcf8de", "m\ufffdde"),
        ("x=100%", "100%"),
        ("x=%zz%4", "%zz%4"),
        ("x=a%00b", "a\x00b"),
        ("x=a;b", "a;b"),
        ("&&x=ward&&", "ward"),
    ],
)
def test_a_value_is_read_as_the_node_meant_it(query: str, want: str) -> None:
    """Plus signs, percent signs, quotes and repetitions are undone; the first value counts."""
    got = _text(query)

    assert got == want


@pytest.mark.parametrize(
    "query",
    ["", "y=1", "x", "x=", "x=None", "x=none", "x=NULL", "x=%20", "x=%22%22", "x=%22None%22"],
)
def test_nothing_can_be_written_in_many_ways(query: str) -> None:
    """Missing, empty, `None`, `null` and their quoted forms are all the same nothing."""
    got = _text(query)

    assert got == ""


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("x=True", True),
        ("x=true", True),
        ("x=TRUE", True),
        ("x=%22True%22", True),
        ("x=False", False),
        ("x=1", False),
        ("x=yes", False),
        ("x=", False),
        ("", False),
    ],
)
def test_a_truth_value_is_written_as_in_python(query: str, want: bool) -> None:  # noqa: FBT001  a table
    """Nodes write `True`; whatever is not that is false."""
    got = Parameters(query).flag("x")

    assert got is want


def test_a_word_that_nobody_knows_is_absent() -> None:
    """New protocols of newer nodes do not disturb; the case of known ones does not matter."""
    assert Parameters("x=WebRTC").word("x", CallProtocol) is CallProtocol.WEBRTC
    assert Parameters("x=%22sip%22").word("x", CallProtocol) is CallProtocol.SIP
    assert Parameters("x=quic").word("x", CallProtocol) is None
    assert Parameters("").word("x", CallProtocol) is None


def test_the_facts_of_a_call_are_read() -> None:
    """A node's own spelling becomes typed facts; unknown parameters are passed over."""
    query = (
        "call_direction=dial_out&protocol=sip&registered=True&location=Oslo+1&bandwidth=0"
        "&remote_alias=sip%3Aana%40example.org&service_name=Partner%3A7&brand_new=1"
        "&local_alias=sip%3A721834%40Rooms.example.org%3Btransport%3Dtls"
    )

    call = ServiceRequest.parse(query, NODES).call

    assert call.alias is not None
    assert (call.alias.text, call.alias.scheme) == ("721834@rooms.example.org", "sip")
    assert (call.direction, call.protocol) == (CallDirection.DIAL_OUT, CallProtocol.SIP)
    assert (call.location, call.registered) == ("Oslo 1", True)
    assert (call.remote_alias, call.service_name) == ("sip:ana@example.org", "Partner:7")


def test_a_call_of_which_nothing_is_known_comes_in() -> None:
    """A request without parameters is an incoming call to no alias, the one to be refused."""
    call = ServiceRequest.parse("", NODES).call

    assert (call.alias, call.protocol, call.registered) == (None, None, False)
    assert call.direction is CallDirection.DIAL_IN


@pytest.mark.parametrize("node_ip", ["203.0.113.10", "198.51.100.9"])
def test_the_asking_node_is_an_own_node(node_ip: str) -> None:
    """Listed in the settings or not, the address of the node that asks is an own one."""
    query = f"local_alias=721834%40{node_ip}&node_ip={node_ip}"

    alias = ServiceRequest.parse(query, NODES).call.alias

    assert alias is not None
    assert alias.text == "721834"


@pytest.mark.parametrize(
    "written",
    ["", "%20", "%40", "%40example.org", "a%40b%40c", "7%250d%250a", "7%00", "%FF", "7" * 251],
)
def test_what_is_no_alias_is_absent(written: str) -> None:
    """Empty, too long, control characters and other bytes than UTF-8: there is no alias."""
    call = ServiceRequest.parse(f"local_alias={written}", NODES).call

    assert call.alias is None


def test_who_calls_is_not_shown() -> None:
    """The caller's alias is left out when a request is printed."""
    request = ServiceRequest.parse("remote_alias=ana%40example.org", NODES)

    assert "ana" not in repr(request)


def test_a_participant_says_of_what_kind_it_is() -> None:
    """Browser callers ask twice, which the kind of participant tells apart."""
    request = ParticipantRequest.parse("local_alias=7&participant_type=api_host", NODES)

    assert request.participant_type == "api_host"
    assert request.call.alias is not None


@pytest.mark.parametrize(
    ("segment", "want"),
    [
        ("desk%40example.org", "desk@example.org"),
        ("desk@example.org", "desk@example.org"),
        ("sip%3ADesk%40example.org%3Btransport%3Dtls", "desk@example.org"),
        ("desk%2F2%40example.org", "desk/2@example.org"),
        ("desk/2%40example.org", "desk/2@example.org"),
        ("%2B4512345678", "+4512345678"),
        ("+4512345678", "+4512345678"),
        ("m\udcc3\udcb8de", "møde"),
        ("721834%40198.51.100.9", "721834"),
    ],
)
def test_the_alias_of_a_registration_stands_in_the_path(segment: str, want: str) -> None:
    """In a path a plus sign is itself, and slashes and parameters may be encoded or not."""
    query = "auth_type=credentials&protocol=h323&location=Oslo&node_ip=198.51.100.9"

    request = RegistrationRequest.parse(segment, query, NODES)

    assert request.alias is not None
    assert request.alias.text == want
    assert (request.protocol, request.location) == (CallProtocol.H323, "Oslo")


@pytest.mark.parametrize("segment", ["", "%40", "%00", "%ff", "desk%0a"])
def test_a_path_may_hold_no_alias(segment: str) -> None:
    """What cannot be an alias is absent, and reading goes on."""
    request = RegistrationRequest.parse(segment, "", NODES)

    assert request.alias is None


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("auth_type=sso", AuthType.SSO),
        ("auth_type=%22sso%22", AuthType.SSO),
        ("auth_type=SSO", AuthType.SSO),
        ("auth_type=credentials", AuthType.CREDENTIALS),
        ("auth_type=certificate", AuthType.CREDENTIALS),
        ("", AuthType.CREDENTIALS),
    ],
)
def test_a_device_proves_itself_by_password_unless_it_signed_on(query: str, want: AuthType) -> None:
    """Only a request that says so is about single sign-on."""
    request = RegistrationRequest.parse("desk", query, NODES)

    assert request.auth_type is want


@given(st.binary(), st.sampled_from(["", "local_alias=", "node_ip=%", "protocol="]))
def test_any_bytes_can_be_read(raw: bytes, start: str) -> None:
    """No query and no path makes reading fail, whatever bytes stand in the request line."""
    query = start + raw.decode("ascii", "surrogateescape")

    ServiceRequest.parse(query, NODES)
    ParticipantRequest.parse(query, NODES)
    RegistrationRequest.parse(query, query, NODES)
