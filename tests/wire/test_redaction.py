"""What a log keeps of a request and of an answer: nobody can be known, all can be decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.rules.parameters import PARAMETERS
from policy.wire.asked import Asked
from policy.wire.masking import pseudonym
from policy.wire.parameters import MAX_FIELDS, Parameters
from policy.wire.redaction import DOCUMENTED, masked_result, redacted, with_stand_ins
from policy.wire.requests import AvatarRequest, ParticipantRequest, RegistrationRequest
from policy.wire.vocabulary import RequestType
from tests.fakes.calls import BROWSER, H323_ENDPOINT, ROOM_SYSTEM, S4B_CLIENT, Leg, Site
from tests.fakes.versions import FIXED, HASHED, Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.calls import Caller

KEY: Final = b"an invented key."
ALICE: Final = pseudonym("alice@example.org", KEY)


def kept(query: str) -> Parameters:
    """Give the parameters of a service request as a log has them."""
    return Parameters(redacted(Asked(RequestType.SERVICE, "", query), KEY).query)


@pytest.mark.parametrize(
    ("name", "value", "want"),
    [
        ("remote_alias", "sip:alice@example.org", f"sip:{ALICE}@example.org"),
        ("registration_alias", "alice@example.org", f"{ALICE}@example.org"),
        ("P-Asserted-Identity", '"Alice"<sip:alice@example.org>', f"<sip:{ALICE}@example.org>"),
        ("p_Asserted-Identity", "sip:alice@example.org", f"sip:{ALICE}@example.org"),
        ("remote_display_name", "Alice", "****"),
        ("remote_display_name", "", ""),
        ("remote_display_name", "None", "None"),
        ("third_party_passcode", "123456", "****"),
        ("q", "ali", "****"),
        ("call_tag", "alice", pseudonym("alice", KEY)),
        ("idp_attribute_Full Name", "Alice", pseudonym("alice", KEY)),
        ("idp_attribute_groups", "", ""),
        ("local_alias", "721834*48213", "721834"),
        ("local_alias", "sip:ana@example.org;transport=tls", "sip:ana@example.org;transport=tls"),
        ("service_name", "Ward 0101901234", "Ward xxxxxxxxxx"),
        ("remote_address", "2001:db8::7", "2001:db8::7"),
        ("ms-subnet", '["10.47.5.0"]', '["10.47.5.0"]'),
        ("bandwidth", "x" * 600, "x" * 500),
        ("vendor", "TANDBERG/529 (ce8) Cisco-SX20", "TANDBERG/529 (ce8) Cisco-SX20"),
        ("of_a_later_version", "Alice", ""),
    ],
)
def test_each_parameter_is_kept_as_far_as_it_may_be(name: str, value: str, want: str) -> None:
    """Callers get pseudonyms, names and passcodes go, what was dialled and addresses stay."""
    assert kept(urlencode({name: value})).values() == {name: want}


@given(
    st.sampled_from(("remote_alias", "local_alias", "remote_display_name", "service_name")),
    st.lists(
        st.sampled_from(("sip:", "bo", "@", "example.org", " ", "+", "%", "40", "0101901234", "*"))
    ).map("".join),
)
def test_how_a_value_is_encoded_does_not_matter(name: str, value: str) -> None:
    """A form, a node's own way, or every byte: the same is kept, and the same stands in it."""
    every_byte = "".join(f"%{each:02x}" for each in value.encode())
    asked = [
        Asked(RequestType.SERVICE, "", f"{name}={each}")
        for each in (quote_plus(value), quote(value, safe="@:"), every_byte)
    ]

    kept_ones = [with_stand_ins(each, KEY) for each in asked]

    assert len({parse_qsl(each.query, keep_blank_values=True)[0] for each, _ in kept_ones}) == 1
    assert [said for _, said in kept_ones] == [kept_ones[0][1]] * 3


@pytest.mark.parametrize("query", ["alice=1", "Alice", "a%20b=c", "remoteAlias=1", "0101901234=a"])
def test_an_unknown_name_that_says_something_is_dropped(query: str) -> None:
    """A broken query may hold a person where a name should be."""
    assert redacted(Asked(RequestType.SERVICE, "", query), KEY).query == ""


def test_a_name_in_disguise_is_no_way_out() -> None:
    """Names are percent-decoded before they are looked up, as a reader would."""
    query = "%72emote_alias=alice%40example.org&P%2DAsserted%2DIdentity=alice"

    assert kept(query).text("remote_alias") == f"{ALICE}@example.org"
    assert "alice" not in redacted(Asked(RequestType.SERVICE, "", query), KEY).target()


def test_every_parameter_of_nodes_and_rules_is_documented() -> None:
    """A parameter that is forgotten here would be lost to whoever replays a log."""
    wire = {each.wire or name for name, each in PARAMETERS.items()}
    names = {*wire, *FIXED, *HASHED} - {"p-asserted-identity"}

    assert names <= DOCUMENTED


@pytest.mark.parametrize("caller", [ROOM_SYSTEM, H323_ENDPOINT, S4B_CLIENT, BROWSER])
@pytest.mark.parametrize("version", Version)
def test_a_redacted_request_is_read_as_before(caller: Caller, version: Version) -> None:
    """All that real nodes send, but for what was masked, reads the same."""
    leg = Leg(Site(version), caller, "sip:721834*48213@example.org")
    query = urlencode(leg.participant({"name": "r-1"}, "standard"), doseq=True)

    got = redacted(Asked(RequestType.PARTICIPANT, "", query), KEY).query

    own = frozenset[str]()
    after, before = ParticipantRequest.parse(got, own), ParticipantRequest.parse(query, own)
    assert (after.call.alias, after.call.direction, after.call.protocol) == (
        before.call.alias,
        before.call.direction,
        before.call.protocol,
    )
    changed = {
        name
        for name, value in before.call.parameters.values().items()
        if after.call.parameters.values().get(name) != value
    }
    masked = {"remote_alias", "remote_display_name", "local_alias", "p_Asserted-Identity"}
    assert changed <= masked | {"P-Asserted-Identity"}


def test_the_picture_of_a_person_is_asked_for_by_pseudonym() -> None:
    """The alias of an avatar's path is a caller's."""
    got = redacted(Asked(RequestType.AVATAR, quote("alice@example.org", safe=""), "width=40"), KEY)

    alias = AvatarRequest.parse(got.alias, got.query, frozenset()).alias
    assert alias is not None
    assert alias.text == f"{ALICE}@example.org"


def test_a_device_registers_under_its_alias() -> None:
    """The alias of a registration's path is one of the directory, and stays as it came."""
    for written, want in (
        ("ward%2f7@example.org", "ward/7@example.org"),
        ("010190-1234%40example.org", "xxxxxxxxxx@example.org"),
    ):
        got = redacted(Asked(RequestType.REGISTRATION, written, ""), KEY)
        alias = RegistrationRequest.parse(got.alias, got.query, frozenset()).alias
        assert alias is not None
        assert alias.text == want


def test_hops_stay() -> None:
    """Whether a request may be forwarded once more is decided by them."""
    assert redacted(Asked(RequestType.SERVICE, "", "", 3), KEY).hops == 3


def test_what_was_not_read_is_not_kept() -> None:
    """A node never sends hundreds of fields, and nothing looks at them."""
    query = "&".join(["bandwidth=1"] * (MAX_FIELDS + 10) + ["remote_alias=alice"])

    assert len(kept(query).pairs()) == MAX_FIELDS


WORDS: Final = st.text(st.characters(categories=["L"], max_codepoint=0x17F), min_size=6)
PERSONAL: Final = (
    "remote_alias",
    "registration_alias",
    "remote_display_name",
    "third_party_passcode",
    "q",
    "call_tag",
    "telehealth_request_id",
    "idp_attribute_name",
    "p_Asserted-Identity",
    "something_new",
)
FORMS: Final = ("{}", "sip:{}@example.org", '"{}" <sip:{}@example.org>', "<{}>", '["{}"]', "{};a=b")


@given(
    secret=WORDS,
    said=st.dictionaries(st.sampled_from(PERSONAL), st.sampled_from(FORMS), min_size=1),
    request_type=st.sampled_from(RequestType),
    dialled=st.sampled_from(["721834*48213", "ward7@example.org", "sip:721834#48213@example.org"]),
    protocol=st.sampled_from(["sip", "h323", "api", "", "other"]),
)
def test_no_secret_leaks(
    secret: str, said: dict[str, str], request_type: RequestType, dialled: str, protocol: str
) -> None:
    """Wherever a node puts a name, it is not in the log; what was dialled, and how, is."""
    secret = f"zq{secret}"
    values = {name: form.replace("{}", secret) for name, form in said.items()}
    query = urlencode({**values, "local_alias": dialled, "protocol": protocol})
    alias = quote(f"{secret}@example.org") if request_type is RequestType.AVATAR else ""

    got = redacted(Asked(request_type, alias, query), KEY)

    target = got.target()
    assert secret not in target
    assert quote(secret) not in target
    assert "48213" not in target
    own = frozenset[str]()
    after, before = ParticipantRequest.parse(got.query, own), ParticipantRequest.parse(query, own)
    assert after.call.alias == before.call.alias
    assert after.call.protocol == before.call.protocol
    assert after.call.direction == before.call.direction
    assert redacted(got, KEY) == got


@given(
    alias=st.text(max_size=40),
    query=st.text(max_size=80) | st.text(st.sampled_from("&=%+remote_aliasq"), max_size=80),
)
@pytest.mark.parametrize("request_type", RequestType)
def test_any_request_can_be_redacted(request_type: RequestType, alias: str, query: str) -> None:
    """Nothing that is asked makes a fault, and what is left can be written."""
    got = redacted(Asked(request_type, alias, query), KEY)

    assert got.request_type is request_type
    assert got.target().encode()


def test_bytes_that_are_no_text_are_replaced() -> None:
    """A request line may hold any bytes; JSON may not."""
    got = redacted(Asked(RequestType.AVATAR, "\udcff", "location=\udcc3\udca6&vendor=\udcff"), KEY)

    assert got.query == "location=\u00e6&vendor=\ufffd"
    assert got.target().encode()


RESULT: Final[Mapping[str, object]] = {
    "service_type": "conference",
    "name": "r-1",
    "pin": "4821",
    "guest_pin": "",
    "max_callrate_in": 1_000_000,
    "automatic_participants": (
        {
            "remote_alias": "sip:bo.lind@example.org",
            "remote_display_name": "Bo Lind",
            "dtmf_sequence": "4821#",
            "role": "guest",
        },
    ),
}


def test_an_answer_without_its_secrets() -> None:
    """PINs, passwords and names are masked however deep they are; an empty one stays empty."""
    assert masked_result(RESULT) == {
        "service_type": "conference",
        "name": "r-1",
        "pin": "****",
        "guest_pin": "",
        "max_callrate_in": 1_000_000,
        "automatic_participants": [
            {
                "remote_alias": "sip:****@example.org",
                "remote_display_name": "****",
                "dtmf_sequence": "****",
                "role": "guest",
            }
        ],
    }


@pytest.mark.parametrize(
    ("result", "want"),
    [
        (None, None),
        ({}, {}),
        ({"username": "alice", "password": "s3cret"}, {"username": "****", "password": "****"}),
        (
            [{"alias": "ana@example.org", "description": "Ana Holm", "username": ""}],
            [{"alias": "****@example.org", "description": "****", "username": ""}],
        ),
        (
            {"remote_alias": "ana", "remote_display_name": None, "preauthenticated_role": "chair"},
            {"remote_alias": "****", "remote_display_name": None, "preauthenticated_role": "chair"},
        ),
        (
            {"service_type": "gateway", "remote_alias": "7*48213", "local_alias": "ana@a.dk"},
            {"service_type": "gateway", "remote_alias": "7", "local_alias": "****@a.dk"},
        ),
        (
            {"location": "Oslo", "overflow_locations": ["Oslo 0101901234"]},
            {"location": "Oslo", "overflow_locations": ["Oslo xxxxxxxxxx"]},
        ),
    ],
)
def test_an_answer_to_each_type_of_request(result: object, want: object) -> None:
    """Where a gateway call goes is what was dialled; any other alias is somebody's."""
    assert masked_result(result) == want


def test_what_a_caller_said_does_not_come_back_in_an_answer() -> None:
    """A rule may write a caller's alias or name into a room's name or tag."""
    query = urlencode({"remote_alias": "sip:alice@example.org", "remote_display_name": "Alice H"})
    asked, said = with_stand_ins(Asked(RequestType.SERVICE, "", query), KEY)

    got = masked_result({"name": "gw-ALICE-1", "service_tag": "for Alice H", "view": "alice"}, said)

    assert asked == redacted(Asked(RequestType.SERVICE, "", query), KEY)
    assert got == {"name": f"gw-{ALICE}-1", "service_tag": "for ****", "view": ALICE}
