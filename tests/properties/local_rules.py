"""Rules that fit into a script of local policy, some that do not, and calls for both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from tests.fakes.local_scripts import CALLS, PARTICIPANTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Part = Mapping[str, object]

_TEXTS: Final[Sequence[object]] = (
    "london",
    ["London", "Oslo"],
    {"prefix": "lo"},
    {"suffix": ["don", "a"]},
    {"contains": ["o", "\"'{{"]},
    {"regex": "l.*n|os[a-z]+"},
)
_FOR_ALL: Final[Sequence[Part]] = (
    {},
    {"alias": {"domain": "example.org"}},
    {"alias": {"exact": ["ward7@example.org", "sip:88123456@example.org", "5512"]}},
    {"alias": {"regex": r"(?P<who>[a-zæøå]+)(\d*)@(.*)"}},
    {"alias": {"regex": r"(\+?[\d]{2})(\d+)(?:@.*)?"}},
    {"alias": {"user": {"prefix": ["ward", "88"]}, "scheme": ["sip", "none"]}},
    {"alias": {"digits": {"regex": ".+"}}},
    {"alias": {"kind": "address"}},
    {"remote_alias": {"exact": "boardroom@example.org"}},
    {"remote_alias": {"domain": ["example.org", "192.0.2.1"]}},
    {"remote_alias": {"user": {"regex": "[a-z ]*"}}},
    {"remote_alias": {"digits": {"prefix": "+45"}}},
    {"protocol": ["sip", "h323"]},
    {"direction": "dial_out"},
    {"direction": ["dial_in", "non_dial"]},
    {"trigger": "invite"},
    {"registered": True},
    {"registered": False},
    {"remote_address": ["10.44.0.0/16", "2001:db8::/32"]},
    {"subnet": ["10.1.2.0/24", "10.47.0.0/16"]},
    {"node_ip": "10.144.101.21"},
    {"bandwidth": {"at_least": 1, "at_most": 4096}},
    {"device": ["scanner", "cisco", "firefox"]},
    {"time": {"days": ["mon-wed", "fri"], "from": "08:00", "to": "16:30"}},
    {"time": {"days": "sat, sun", "from": "22:00", "to": "06:00", "zone": "Asia/Tokyo"}},
    {"time": {"from_date": "2026-03-03", "to_date": "2026-03-20"}},
    {"expr": "call_info.vendor.startswith('TAND') or call_info.bandwidth > 1000"},
    {"p_asserted_identity": {"contains": "alice"}},
    *({"location": each} for each in _TEXTS),
    *({"vendor": each} for each in _TEXTS),
    {"any": [{"protocol": "sip", "registered": True}, {"location": "london"}]},
    {"not": {"protocol": "sip", "location": {"prefix": "l"}}},
    {"all": [{"protocol": "sip"}, {"not": {"alias": {"domain": "example.org"}}}]},
)
_FOR_PARTICIPANTS: Final[Sequence[Part]] = (
    {"role": ["chair", "none"]},
    {"idp_attribute": {"Groups": "Managers"}},
    {"idp_attribute": {"groups": {"regex": "an.*"}, "x-wing pilot": "yes"}},
    {"participant_type": "api"},
    {"service_tag": {"prefix": "locked"}},
    {"display_count": 2},
)

_GATEWAY: Final[Part] = {
    "service_type": "gateway",
    "name": "Teams",
    "service_tag": "t",
    "local_alias": "${alias}",
    "remote_alias": "${user}",
    "outgoing_protocol": "teams",
}
SERVICE_THENS: Final[Sequence[Part]] = (
    {"reject": "barred: {{ no }} {% if %} \"quoted\" \\ and 'so' #}"},
    {"reject": "not for ${user}"},
    {"continue": True},
    {"not_found": True},
    {"directory": True},
    {"redirect": "sip:${user}@example.net"},
    {"redirect": "${remote_user}$${x}@example.net"},
    {"service": {"service_type": "conference", "name": "Ward {{9}}", "service_tag": 'å"\\'}},
    {"service": {"service_type": "lecture", "name": "${alias}", "service_tag": "${vendor}"}},
    {"service": _GATEWAY},
    {"service": {**_GATEWAY, "name": "Fixed", "local_alias": "a", "remote_alias": "b"}},
    {"override": {"crypto_mode": "on"}},
    {"override": {"participant_limit": 3, "ivr_theme_name": "norsk"}},
    {"override": {"locked": True}, "set": {"seen": "yes"}},
    {"set": {"seen": "${user}"}},
    {
        "override": {"description": "by rule"},
        "service": {"service_type": "test_call", "name": "Echo", "service_tag": ""},
    },
)
PARTICIPANT_THENS: Final[Sequence[Part]] = (
    {"reject": 'barred: {{ no }} "quoted"'},
    {"reject": "not for ${user}"},
    {"continue": True},
    {"not_found": True},
    {"directory": True},
    {"participant": {"preauthenticated_role": "chair", "bypass_lock": True}},
    {"participant": {"preauthenticated_role": None}},
    {"participant": {"remote_display_name": "Ward ${user}", "spotlight": 1}},
    {"participant": {"send_to_audio_mixes": [{"mix_name": "main.french", "prominent": True}]}},
)
LOCATION_THENS: Final[Sequence[Part]] = (
    {"not_found": True},
    {"directory": True},
    {"location": {"location": "DMZ"}},
    {"location": {"location": "DMZ {{1}}", "overflow": ["Oslo", "London"]}},
    {
        "location_by_subnet": {
            "10.0.0.0/8": {"location": "Wide"},
            "10.44.0.0/16": {"location": "Narrow", "overflow": ["Wide"]},
            "2001:db8::/32": {"location": "Six"},
        }
    },
)
# Conditions and outcomes that no script can have.
UNFIT: Final[Sequence[tuple[Part, Part]]] = (
    ({"share": "50%"}, {"reject": "some"}),
    ({"protocol": "sip", "version_id": {"at_least": "20"}}, {"reject": "old"}),
    ({"not": {"protocol": "sip", "room_kind": "booking"}}, {"reject": "other"}),
    ({"any": [{"location": "london"}, {"protocol": "h323", "tag": "x"}]}, {"reject": "tagged"}),
    ({"alias": {"regex": r"(?:[a-z]+\d*)+@.*"}}, {"reject": "hard"}),
    ({"location": "london"}, {"rewrite": "${user}@example.net"}),
    ({"registered": True}, {"room": "ward9@example.org"}),
    ({"protocol": "h323"}, {"override": {"direct_media": "always"}}),
    ({"protocol": "sip"}, {"service": {**_GATEWAY, "remote_alias": "${organisation}"}}),
)


def _both(first: Part, second: Part) -> Part:
    return {**first, **second}


@st.composite
def rule_files(
    draw: st.DrawFn,
    request: str,
    thens: Sequence[Part],
    unfit: Sequence[tuple[Part, Part]] = (),
) -> str:
    """Draw the text of a rule file; JSON is YAML."""
    more = _FOR_PARTICIPANTS if request == "participant" else ()
    whens = st.sampled_from([*_FOR_ALL, *more])
    rules = []
    for number in range(draw(st.integers(1, 5))):
        fitting = st.tuples(st.builds(_both, whens, whens), st.sampled_from(thens))
        when, then = draw(st.one_of(fitting, st.sampled_from(unfit)) if unfit else fitting)
        rules.append({"name": f"rule {number}", "for": request, "when": when, "then": then})
    return json.dumps({"rules": rules}, ensure_ascii=False)


# Written oddly, and read by scripts as the server reads them.
_ALIASES: Final = (
    "ward7@example.org",
    "sip:Ward7@Example.ORG:5061;transport=tls",
    "SIP: sip:ward7@example.org.",
    "<sip:88123456@example.org>",
    "sip%3Award7%40example.org",
    "h323:5512",
    "tel:0045 70 12-34",
    "70123456*1234",
    "5512@10.144.101.21",
    "203.0.113.10##5512",
    "5512##[203.0.113.10]:1720",
    "nobody##5512",
    "192.0.2.1",
    "bjørn.ærø@example.org",
    "BJØRN.ÆRØ",
    "ward7@",
    "a}}{{1}}",
    "ward7@example.org?subject=x",
    "teams.12 34",
)
# Left to the platform: scripts cannot read them, or the server itself cannot.
_LEFT_ALIASES: Final = (
    "10.144.101.21",
    "a@b@c",
    "@example.org",
    "ward7@exa mple",
    "ward7@[2001:db8::1]",
    "  ",
    "none",
    "sip:",
    "%00",
    "a+b%40example.org",
    "x" * 251,
    "пример@example.org",
    "ward7@exæmple.org",
    'a"b',
    "meet;gruu;opaque=app:conf:focus:id:1",
)
_UUID: Final = "5a5a5a5a-0000-4000-8000-000000000000"


@st.composite
def calls(
    draw: st.DrawFn, *, joining: bool = False, odd: bool = False
) -> dict[str, str | Sequence[str]]:
    """Draw the parameters of a request; `odd` aliases are those that scripts leave alone."""
    pool = PARTICIPANTS if joining else CALLS
    sent: dict[str, str | Sequence[str]] = dict(draw(st.sampled_from(pool)))
    aliases = st.sampled_from((*_ALIASES, *_LEFT_ALIASES) if odd else _ALIASES)
    if draw(st.booleans()):
        sent["local_alias"] = draw(aliases)
    if draw(st.booleans()):
        sent["remote_alias"] = draw(st.one_of(aliases, st.sampled_from(["+45 70 12", ""])))
    sent["call_direction"] = draw(st.sampled_from(["dial_in", "dial_out", "non_dial"]))
    if not joining and draw(st.booleans()):
        sent["service_name"] = draw(
            st.sampled_from([f"Teams:{_UUID}", f"Fixed:{_UUID}", "Teams", f":{_UUID}"])
        )
    sent["vendor"] = draw(
        st.sampled_from(
            ["Cisco", "CISCO", "sipcli/1.8", "Mozilla/5.0 Firefox/125.0", "London", "", "x'{{"]
        )
    )
    sent["remote_address"] = draw(
        st.sampled_from(["10.44.151.5", "::ffff:10.47.3.4", "2001:db8::5", "", "10.1.2.9"])
    )
    sent["version_id"] = draw(st.sampled_from(["35", "16", "21.1", ""]))
    if draw(st.booleans()):
        sent["ms-subnet"] = "10.1.2.0"
    if draw(st.booleans()):
        sent["p_Asserted-Identity"] = "sip:Alice@example.org"
    return sent


_TESTS: Final = st.sampled_from(
    [
        'call_info.vendor in ["Cisco", "London"]',
        "call_info.vendor not in bad",
        'call_info.local_alias == "ward7@example.org"',
        'call_info.location != "London"',
        "call_info.registered",
        'not (call_info.protocol == "sip" and call_info.registered)',
        'call_info.protocol == "h323" or call_info.call_direction == "non_dial"',
    ]
)
_PASS: Final = '"action": "continue", "result": {{ service_config|pex_to_json }}'
_ENDS: Final = st.sampled_from(
    [
        _PASS,
        '"action": "reject", "result": {}',
        '"action": "redirect", "result": {"new_alias": "sip:\\"a\\"@example.net"}',
    ]
)


@st.composite
def block_scripts(draw: st.DrawFn) -> str:
    """Draw a script that refuses or redirects some calls and lets the others pass."""
    chain = draw(st.lists(st.tuples(_TESTS, _ENDS), min_size=1, max_size=3))
    inner = "".join(
        f"{{% {'elif' if number else 'if'} {test} %}} {end} "
        for number, (test, end) in enumerate(chain)
    )
    return (
        '{% set bad = ["sipcli/1.8", "CISCO"] %}{ {% if service_config %}'
        f"{inner}{{% else %}} {_PASS} {{% endif %}}"
        '{% else %} "action": "reject", "result": {} {% endif %} }'
    )
