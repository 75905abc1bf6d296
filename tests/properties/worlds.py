"""Any valid directory, any valid rules, and any call: drawn for properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from hypothesis import strategies as st
from pydantic import ValidationError

from policy.directory.document import DirectoryFile
from policy.directory.records import ROOM_FIELDS
from policy.rules.syntax import RuleFile
from policy.rules.table import RuleTable
from policy.wire.participants import ParticipantOverrides
from policy.wire.schema import SERVICES
from tests.wire.samples import company_of, fields_of, smallest

if TYPE_CHECKING:
    from collections.abc import Mapping

ALIASES: Final = tuple(f"{number}@example.org" for number in range(700, 706))
TEXT: Final = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable())


def _as_json(value: object) -> object:
    return orjson.loads(orjson.dumps(value, default=list))


@st.composite
def services(draw: st.DrawFn) -> Mapping[str, object]:
    """Draw a service of any type with any of its fields at any good value."""
    model = draw(st.sampled_from(list(SERVICES.values())))
    fields = fields_of(model)
    document = {**smallest(model)}
    for name in draw(st.lists(st.sampled_from(sorted(fields)), max_size=8, unique=True)):
        if name == "service_type":
            continue
        value = draw(st.sampled_from(fields[name].good))
        document |= {**company_of(name, value), name: value}
    written = _as_json(document)
    assert isinstance(written, dict)
    try:
        model.model_validate(written)
    except ValidationError:  # fields that do not go together
        return dict(smallest(model))
    return written


@st.composite
def overrides(draw: st.DrawFn) -> Mapping[str, object]:
    """Draw participant properties at any good value."""
    fields = fields_of(ParticipantOverrides)
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=6, unique=True))
    written = _as_json({name: draw(st.sampled_from(fields[name].good)) for name in names})
    assert isinstance(written, dict)
    return written


LOCATIONS: Final = st.fixed_dictionaries(
    {"location": TEXT}, optional={"overflow": st.lists(TEXT, max_size=4)}
)
_GATEWAY: Final = {
    "service_type": "gateway",
    "name": "To ${user} by ${protocol}",
    "service_tag": "",
    "local_alias": "${alias}",
    "remote_alias": "sip:${remote_display_name}@example.net",
    "outgoing_protocol": "sip",
}
# What fills its values when the call comes: a node must take them all, or never see them.
SERVICE_THENS: Final[list[object]] = [
    {"service": _GATEWAY},
    {"redirect": "${remote_display_name}"},
    {"reject": "not ${remote_alias}"},
    {"room": "${user}@example.org"},
    {"rewrite": "701@example.org", "override": {"pin": "4711", "view": "one_main_one_pip"}},
    {"override": {"participant_limit": 3, "crypto_mode": "on", "guest_pin": "1234"}},
    {"set": {"who": "${remote_display_name}"}},
    {"expr": '{"action": "reject", "result": {}}'},
    {"expr": '{"result": {{service_config|pex_update({"name": call_info.vendor})|pex_to_json}}}'},
    {"expr": '{"action": "redirect", "result": {"new_alias": "{{call_info.remote_alias}}"}}'},
]
PARTICIPANT_THENS: Final[list[object]] = [
    {"participant": {"remote_display_name": "${user} ${remote_display_name}"}},
    {"reject": "${remote_display_name} may not"},
    {"expr": '{"result": {"remote_display_name": "{{call_info.remote_display_name}}"}}'},
    {"expr": '{"action": "reject", "result": {"reject_reason": "{{call_info.vendor}}"}}'},
]
OUTCOMES: Final[dict[str, st.SearchStrategy[object]]] = {
    "service": st.one_of(
        st.fixed_dictionaries({"service": services()}),
        st.fixed_dictionaries({"reject": TEXT}),
        st.fixed_dictionaries({"redirect": TEXT}),
        st.fixed_dictionaries({"room": st.sampled_from(ALIASES)}),
        st.sampled_from(["continue", "not_found"]),
        st.sampled_from(SERVICE_THENS),
    ),
    "participant": st.one_of(
        st.fixed_dictionaries({"participant": overrides()}),
        st.fixed_dictionaries({"reject": TEXT}),
        st.sampled_from(["continue", "not_found"]),
        st.sampled_from(PARTICIPANT_THENS),
    ),
    "location": st.one_of(
        st.fixed_dictionaries({"location": LOCATIONS}),
        st.fixed_dictionaries(
            {
                "location_by_subnet": st.dictionaries(
                    st.sampled_from(["10.0.0.0/8", "10.20.0.0/16", "2001:db8::/32"]),
                    LOCATIONS,
                    min_size=1,
                )
            }
        ),
    ),
    "registration": st.one_of(
        st.just({"registration": {}}),
        st.just({"registration": {"username": "", "password": ""}}),
        st.just({"registration": {"username": "ana", "password": "invented"}}),
        st.fixed_dictionaries({"reject": TEXT}),
    ),
}


CONDITIONS: Final[list[dict[str, object]]] = [
    {},
    {"protocol": "sip"},
    {"subnet": "10.0.0.0/8"},
    {"alias": {"user": {"prefix": "70"}}},
    {"not": {"protocol": "sip"}},
    {"any": [{"protocol": "api"}, {"alias": {"domain": "example.org"}}]},
    {"organisation": "north"},
    {"room_kind": ["permanent", "device"]},
    {"time": {"days": "mon-fri", "from": "08:00", "to": "16:00"}},
    {"share": "50%"},
]
# What registrations do not say.
OF_CALLS: Final[list[dict[str, object]]] = [
    {"alias": {"regex": ".*"}, "direction": ["dial_in", "dial_out", "non_dial"]},
    {"registered": True},
    {"remote_alias": {"domain": "example.org"}},
    {"device_owner": "north"},
]


@st.composite
def rule_lists(draw: st.DrawFn) -> list[dict[str, object]]:
    """Draw up to five rules of any request and outcome."""
    rules: list[dict[str, object]] = []
    for number in range(draw(st.integers(0, 5))):
        request = draw(st.sampled_from(sorted(OUTCOMES)))
        conditions = CONDITIONS if request == "registration" else [*CONDITIONS, *OF_CALLS]
        when = draw(st.sampled_from([{"alias": {"exact": ALIASES[number]}}, *conditions]))
        then = draw(OUTCOMES[request])
        mode = draw(st.sampled_from(["enforce", "enforce", "enforce", "shadow"]))
        rule = {"name": f"r{number}", "for": request, "when": when, "then": then, "mode": mode}
        rules.append(rule)
    return rules


def table_of(rules: list[dict[str, object]]) -> RuleTable:
    """Compile rules as they stand in a file."""
    return RuleTable([rule.compiled() for rule in RuleFile.model_validate({"rules": rules}).rules])


@st.composite
def directories(draw: st.DrawFn) -> DirectoryFile:
    """Draw rooms of any service, a booking and devices, in an organisation of any state."""
    state = draw(st.sampled_from(["active", "active", "active", "suspended", "leaving"]))
    rooms = []
    for alias in ALIASES[: draw(st.integers(0, 4))]:
        service = draw(services())
        own = {*ROOM_FIELDS} - {"service_type"}
        named = {"name", "service_tag", "service_type"}
        rooms.append(
            {
                "organisation": "north",
                "aliases": [alias],
                "type": service["service_type"],
                "service_name": f"{str(service['name'])[:190]} at {alias}",
                "service_tag": service["service_tag"],
                **{
                    key: value for key, value in service.items() if key in own and value is not None
                },
                "service": {k: v for k, v in service.items() if k not in own | named},
            }
        )
    device = {"organisation": "north", "alias": ALIASES[5], "without_proof": True}
    frame = {
        "organisations": [{"code": "north", "name": "North", "state": state}],
        "domains": [{"domain": "example.org", "organisation": "north"}],
    }
    return DirectoryFile.model_validate({**frame, "rooms": rooms, "devices": [device]})


CALLS: Final = st.fixed_dictionaries(
    {"local_alias": st.sampled_from([*ALIASES, "x@foreign.example.net", "@"])},
    optional={
        "call_direction": st.sampled_from(["dial_in", "dial_out", "non_dial"]),
        "protocol": st.sampled_from(["sip", "h323", "api", "webrtc"]),
        "remote_alias": st.sampled_from(ALIASES),
        "registered": st.sampled_from(["True", "False"]),
        "remote_address": st.sampled_from(["10.20.1.1", "2001:db8::1", "here"]),
        "remote_display_name": TEXT,
        "service_name": st.sampled_from(["x:1", "x" * 213 + ":1"]),
        "breakout_uuid": st.just("4ce6aa27-e550-4e02-be1f-90b3b15a2eaf"),
        "version_id": st.sampled_from(["16", "35"]),
        "participant_type": st.sampled_from(["api", "standard"]),
        "preauthenticated_role": st.sampled_from(["", "guest"]),
    },
)
