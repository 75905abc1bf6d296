"""Every condition, in each way that it may be written."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import pytest

from policy.rules.conditions import ABOUT, When, requests_for, written
from policy.rules.parameters import PARAMETERS
from policy.wire.vocabulary import RequestType
from tests.rules.asking import asked, holds

SERVICE: Final = RequestType.SERVICE
PARTICIPANT: Final = RequestType.PARTICIPANT
REGISTRATION: Final = RequestType.REGISTRATION
FOCUS: Final = "sip:ana@example.org;gruu;opaque=app:conf:focus:id:QX1"
CISCO: Final = {"vendor": "Cisco/RoomOS 11.5"}


@pytest.mark.parametrize(
    ("when", "dialled", "want"),
    [
        ("{alias: {exact: ward7@example.org}}", "sip:WARD7@example.org", True),
        ("{alias: {exact: [a, ward7@example.org]}}", "ward7@example.org", True),
        ("{alias: {exact: ward7}}", "ward7@example.org", False),
        ("{alias: {domain: Example.ORG}}", "ward7@example.org", True),
        ("{alias: {domain: [example.net, example.org]}}", "ward7@example.org", True),
        ("{alias: {domain: example.org}}", "ward7@a.example.org", False),
        ("{alias: {regex: 'ward.*'}}", "Ward7@example.org", True),
        ("{alias: {regex: 'WARD.*'}}", "ward7@example.org", True),
        ("{alias: {regex: 'ward'}}", "ward7@example.org", False),
        ("{alias: {user: ward7}}", "ward7@example.org", True),
        ("{alias: {user: {prefix: WARD}}}", "ward7@example.org", True),
        ("{alias: {user: {suffix: '8'}}}", "ward7@example.org", False),
        ("{alias: {digits: {prefix: '+45'}}}", "0045 12 34 56 78@example.org", True),
        ("{alias: {digits: {regex: '[0-9]{6}'}}}", "721834@example.org", True),
        ("{alias: {digits: ''}}", "ward7@example.org", True),
        ("{alias: {digits: {regex: '[0-9]*'}}}", "ward7@example.org", True),
        ("{alias: {scheme: sip}}", "sip:ward7@example.org", True),
        ("{alias: {scheme: none}}", "ward7@example.org", True),
        ("{alias: {scheme: [h323, tel]}}", "sip:ward7@example.org", False),
        ("{alias: {kind: microsoft_conference}}", FOCUS, True),
        ("{alias: {kind: address}}", FOCUS, False),
        ("{alias: {domain: example.org, user: {contains: [x, ard]}}}", "ward7@example.org", True),
        ("{alias: {domain: example.org, user: {contains: x}}}", "ward7@example.org", False),
    ],
)
def test_an_alias_is_compared_in_its_one_spelling(
    when: str,
    dialled: str,
    want: bool,  # noqa: FBT001  a table
) -> None:
    """All that is written of an alias must hold, and letter case never counts."""
    assert holds(when, asked(dialled)) is want


@pytest.mark.parametrize(
    ("when", "sent", "want"),
    [
        ("{remote_alias: {exact: ana@example.net}}", {"remote_alias": "sip:Ana@example.net"}, True),
        ("{remote_alias: {domain: example.net}}", {"remote_alias": "ana@example.net"}, True),
        ("{remote_alias: {regex: '.*'}}", {}, False),
        ("{not: {remote_alias: {regex: '.*'}}}", {"remote_alias": "@"}, True),
        ("{protocol: [sip, h323]}", {"protocol": "SIP"}, True),
        ("{protocol: webrtc}", {"protocol": "sip"}, False),
        ("{protocol: sip}", {}, False),
        ("{trigger: invite, encryption: 'on'}", {"trigger": "invite", "encryption": "On"}, True),
        ("{location: aarhus}", {"location": "Aarhus"}, True),
        ("{location: {prefix: [Odense, Aar]}}", {"location": "Aarhus"}, True),
        ("{location: ''}", {}, True),
        ("{location: {regex: '.*'}}", {}, False),
        ("{registered: true}", {"registered": "True"}, True),
        ("{registered: false}", {}, True),
        ("{bandwidth: 0}", {"bandwidth": "0"}, True),
        ("{bandwidth: {at_least: 512, at_most: 1024}}", {"bandwidth": "1024"}, True),
        ("{bandwidth: {at_least: 512}}", {"bandwidth": "511"}, False),
        ("{bandwidth: {at_most: 512}}", {}, False),
        ("{node_ip: 192.0.2.7}", {"node_ip": "192.0.2.7"}, True),
        ("{remote_address: [10.0.0.0/8, '2001:db8::/32']}", {"remote_address": "10.1.2.3"}, True),
        ("{remote_address: 10.0.0.0/8}", {"remote_address": "11.1.2.3"}, False),
        ("{remote_address: 10.0.0.0/8}", {"remote_address": "::ffff:10.1.2.3"}, True),
        ("{ms_subnet: 10.9.0.0/16}", {"ms-subnet": "10.9.1.0"}, True),
        ("{subnet: 10.9.0.0/16}", {"ms-subnet": "10.9.1.0", "remote_address": "10.1.1.1"}, True),
        ("{subnet: 10.1.0.0/16}", {"ms-subnet": "10.9.1.0", "remote_address": "10.1.1.1"}, True),
        ("{version_id: '21'}", {"version_id": "21.1"}, True),
        ("{version_id: {at_least: '35'}}", {"version_id": "35.1"}, True),
        ("{version_id: {at_least: '35.1'}}", {"version_id": "35"}, False),
        ("{version_id: {at_most: '21.1'}}", {"version_id": "9.2"}, True),
        ("{version_id: {at_most: '21.1'}}", {}, False),
        (
            "{p_asserted_identity: {contains: ana}}",
            {"p-Asserted-Identity": '["sip:Ana@x", "b"]'},
            True,
        ),
        ("{vendor: {contains: roomos}, device: cisco}", CISCO, True),
        ("{device: [polycom, unknown]}", CISCO, False),
        ("{device: unknown}", {}, True),
        ("{call_tag: a}", {"call_tag": "A"}, True),
    ],
)
def test_a_parameter_is_compared_by_its_type(
    when: str,
    sent: dict[str, str],
    want: bool,  # noqa: FBT001  a table
) -> None:
    """What a node did not send never matches, but for what says that it is absent."""
    assert holds(when, asked(sent=sent)) is want


@pytest.mark.parametrize(
    ("when", "dialled", "sent", "want"),
    [
        ("{room_kind: permanent}", "ward7@example.org", {}, True),
        ("{room_kind: nobody}", "else@example.org", {}, True),
        ("{room_kind: [device, reserved]}", "desk@example.org", {}, True),
        ("{organisation: Clinic}", "ward7@example.org", {}, True),
        ("{organisation: region}", "ward7@example.org", {}, False),
        ("{subtree: region}", "ward7@example.org", {}, True),
        ("{tag: [loud, WARD]}", "ward7@example.org", {}, True),
        ("{tag: {regex: 'q.*'}}", "ward7@example.org", {}, True),
        ("{not: {tag: {regex: '.*'}}}", "else@example.org", {}, True),
        ("{device_owner: clinic}", "x@example.net", {"remote_alias": "desk@example.org"}, False),
        (
            "{device_owner: clinic, device_subtree: region, device_tag: desk}",
            "x@example.net",
            {"remote_alias": "desk@example.org", "registered": "True"},
            True,
        ),
    ],
)
def test_the_directory_is_looked_into(
    when: str,
    dialled: str,
    sent: dict[str, str],
    want: bool,  # noqa: FBT001  a table
) -> None:
    """Rules know who owns what is dialled, and of callers what their registration proves."""
    assert holds(when, asked(dialled, sent=sent)) is want


@pytest.mark.parametrize(
    ("when", "sent", "want"),
    [
        ("{role: none}", {}, True),
        ("{role: chair}", {"preauthenticated_role": "chair"}, True),
        ("{role: guest}", {"preauthenticated_role": "None"}, False),
        ("{idp_attribute: {Groups: staff}}", {"idp_attribute_groups": ["a", "Staff"]}, True),
        ("{idp_attribute: {groups: {prefix: st}, mail: x}}", {"idp_attribute_groups": "st"}, False),
        ("{participant_type: standard}", {"participant_type": "standard"}, True),
    ],
)
def test_a_participant_has_conditions_of_its_own(
    when: str,
    sent: dict[str, str | list[str]],
    want: bool,  # noqa: FBT001  a table
) -> None:
    """Roles and what an identity provider says are known when somebody joins."""
    assert holds(when, asked(request=PARTICIPANT, sent=sent)) is want


@pytest.mark.parametrize(
    ("when", "want"),
    [
        ("{any: [{protocol: h323}, {protocol: sip, location: Aarhus}]}", True),
        ("{any: [{protocol: h323}, {protocol: sip, location: Odense}]}", False),
        ("{all: [{protocol: sip}, {location: aarhus}]}", True),
        ("{all: [{protocol: sip}, {not: {location: aarhus}}]}", False),
        ("{not: {protocol: sip, location: Odense}}", True),
        ("{not: {any: [{not: {protocol: sip}}, {location: odense}]}}", True),
        ("{not: {any: [{not: {not: {protocol: sip}}}, {location: odense}]}}", False),
    ],
)
def test_conditions_stand_in_one_another(
    when: str,
    want: bool,  # noqa: FBT001  a table
) -> None:
    """`any` wants one group, `all` every one, and `not` that not everything in it holds."""
    assert holds(when, asked(protocol="sip", location="Aarhus")) is want


@pytest.mark.parametrize(
    ("clock", "want"),
    [
        ("2026-05-04T10:00+02:00", True),
        ("2026-05-04T18:00+02:00", False),
        ("2026-05-09T10:00Z", True),
    ],
)
def test_one_window_of_time_is_enough(
    clock: str,
    want: bool,  # noqa: FBT001  a table
) -> None:
    """Office hours, or the week's end."""
    when = "{time: [{days: mon-fri, from: 08:00, to: 17:00}, {days: sat}]}"
    assert holds(when, asked(now=datetime.fromisoformat(clock))) is want


@pytest.mark.parametrize(
    ("direction", "when", "want"),
    [
        ("non_dial", "{}", False),
        ("non_dial", "{direction: non_dial}", True),
        ("non_dial", "{any: [{direction: [non_dial, dial_in]}]}", True),
        ("dial_out", "{}", True),
        ("dial_out", "{direction: dial_in}", False),
    ],
)
def test_a_rule_is_about_calls_unless_it_says_otherwise(
    direction: str,
    when: str,
    want: bool,  # noqa: FBT001  a table
) -> None:
    """What sets up no call is left alone by rules that do not name it."""
    assert holds(when, asked(call_direction=direction)) is want


def test_a_registration_is_no_call() -> None:
    """A rule without a direction speaks to registrations."""
    assert holds("{}", asked(request=REGISTRATION, call_direction=""))


def test_every_condition_knows_its_requests_and_what_it_is() -> None:
    """Parameters bring both along, and what is more than a parameter is told of by hand."""
    keys = {field.alias or name for name, field in When.model_fields.items()}

    assert keys == set(PARAMETERS) | set(ABOUT)
    assert all(requests_for(key) for key in keys)


def test_what_is_written_comes_in_the_order_of_the_model() -> None:
    """The order in the file does not change what a rule does."""
    one = When.model_validate({"vendor": "a", "protocol": "sip", "not": {"location": "x"}})
    other = When.model_validate({"not": {"location": "x"}, "protocol": "sip", "vendor": "a"})

    assert list(written(one)) == list(written(other)) == ["not", "protocol", "vendor"]
