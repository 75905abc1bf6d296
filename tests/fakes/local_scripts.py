"""Scripts of local policy as operators write them, and calls to try them with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOM: Final[Mapping[str, object]] = {
    "name": "Ward 7",
    "service_type": "conference",
    "service_tag": "locked-scheduled",
    "description": "Rounds",
    "pin": "482193",
    "guest_pin": "739102",
    "allow_guests": True,
    "primary_owner_email_address": "ward7@example.org",
    "automatic_participants": [
        {
            "local_alias": "ward7@example.org",
            "remote_alias": "sip:screen@example.org",
            "protocol": "sip",
            "role": "guest",
        }
    ],
}
GATEWAY: Final[Mapping[str, object]] = {
    "name": "Teams:1f2e",
    "service_type": "gateway",
    "called_device_type": "teams_conference",
    "service_tag": "teams",
    "local_alias": "sip:room12@example.org",
    "remote_alias": "1122334455",
    "outgoing_protocol": "teams",
}

_ANY: Final[Mapping[str, str]] = {
    "call_direction": "dial_in",
    "protocol": "sip",
    "bandwidth": "0",
    "vendor": "TANDBERG/529 (ce11.40.1.1) Cisco-RoomKitMini",
    "registered": "False",
    "trigger": "invite",
    "remote_display_name": "Boardroom",
    "remote_alias": "sip:boardroom@example.org",
    "remote_address": "10.44.151.5",
    "remote_port": "58435",
    "call_tag": "",
    "idp_uuid": "",
    "has_authenticated_display_name": "False",
    "supports_direct_media": "False",
    "teams_tenant_id": "",
    "location": "London",
    "node_ip": "10.144.101.21",
    "version_id": "35",
    "pseudo_version_id": "77683.0.0",
    "local_alias": "sip:ward7@example.org;transport=tls",
}
CALLS: Final[Sequence[Mapping[str, str]]] = (
    _ANY,
    {**_ANY, "registered": "True", "location": "Location A", "bandwidth": "2048"},
    {**_ANY, "local_alias": "teama@example.org", "remote_address": "10.47.3.4"},
    {**_ANY, "local_alias": "sip:88123456@example.org", "remote_address": "2001:db8::5"},
    {**_ANY, "protocol": "h323", "local_alias": "h323:5512", "remote_alias": "h323:+45 70 12"},
    {**_ANY, "vendor": "friendly-scanner", "remote_alias": "sip:100@192.0.2.1"},
    {**_ANY, "call_direction": "dial_out", "remote_alias": "sip:+4570123456@example.org"},
    {**_ANY, "protocol": "mssip", "ms-subnet": "10.1.2.0", "display_count": "2"},
)
_JOINING: Final[Mapping[str, str]] = {
    **_ANY,
    "participant_type": "standard",
    "participant_uuid": "91664d87-28e4-444b-b6f1-a38165472904",
    "call_uuid": "69434387-e444-411c-afd4-dcc25bf328d3",
    "receive_from_audio_mix": "main",
    "send_to_audio_mixes_mix_name": "main",
    "send_to_audio_mixes_prominent": "False",
    "service_name": "Ward 7",
    "service_tag": "locked-scheduled",
    "unique_service_name": "Ward 7",
}
PARTICIPANTS: Final[Sequence[Mapping[str, str | Sequence[str]]]] = (
    {**_JOINING, "preauthenticated_role": ""},
    {**_JOINING, "preauthenticated_role": "chair"},
    {
        **_JOINING,
        "participant_type": "api",
        "preauthenticated_role": "guest",
        "idp_attribute_groups": ["analysts", "managers"],
        "idp_attribute_X-wing pilot": "yes",
    },
    {**_JOINING, "remote_alias": "sip:+4570123456@example.org"},
)

_ELSE_REJECT: Final = """
  {% else %} "action": "reject", "result": {} {% endif %} }"""

SERVICE_SCRIPTS: Final[Mapping[str, str]] = {
    "pass-through": """{ {% if service_config %}
    "action": "continue", "result": {{ service_config|pex_to_json }}"""
    + _ELSE_REJECT,
    "no pin inside": """{ {% if service_config %}
    "action": "continue",
    {% if call_info.location == "Location A" or call_info.registered %}
      "result": {{ service_config|pex_update({"pin": "", "allow_guests": False})|pex_to_json }}
    {% else %} "result": {{ service_config|pex_to_json }} {% endif %}"""
    + _ELSE_REJECT,
    "scanners": """{ {# genuine devices do not say so #}
  {% set suspects = ["cisco", "friendly-scanner", "sipvicious"] %}
  {% if service_config and call_info.vendor not in suspects %}
    "action": "continue", "result": {{ service_config|pex_to_json }}"""
    + _ELSE_REJECT,
    "subnets": """{% set nets = {"Oslo": ["10.47.0.0/16", "10.147.0.0/16"],
      "London": ["10.44.0.0/16", "2001:db8::/32"]} %}
{ {% if service_config %} "action": "continue", "result":
  {% if pex_in_subnet(call_info.remote_address, nets["Oslo"]) %}
    {{ service_config|pex_update({"ivr_theme_name": "norsk"})|pex_to_json }}
  {% elif pex_in_subnet(call_info.remote_address, nets["London"]) %}
    {{ service_config|pex_update({"ivr_theme_name": "british"})|pex_to_json }}
  {% else %} {{ service_config|pex_to_json }} {% endif %}"""
    + _ELSE_REJECT,
    "breakout by alias": """{ {% if call_info.local_alias == "teama@example.org" %}
    "action": "continue", "result": {"name": "games", "service_type": "conference",
      "breakout": true, "breakout_uuid": "00000000-0000-0000-0000-000000000001"}
  {% elif service_config %}
    "action": "continue", "result": {{ service_config|pex_to_json }}"""
    + _ELSE_REJECT,
    "digits of the alias": r"""
{% set number = call_info.local_alias|pex_regex_replace('(sip:|h323:)?(\\d+)(@.+)?', '\\2') %}
{ {% if number.startswith("88") %}
    "action": "continue", "result": {"service_type": "conference", "name": "{{ number }}",
      "service_tag": "{{ number|pex_tail(3) }}-{{ number|pex_head(2) }}"}
  {% elif service_config %}
    "action": "continue", "result": {{ service_config|pex_to_json }}"""
    + _ELSE_REJECT,
    "groups of a pattern": r"""{% set found = pex_regex_search(
      "^(?:sip:)?([a-z]+)(\d+)@(.+?)(;.*)?$", call_info.local_alias) %}
{ {% if found %} "action": "redirect", "result":
    {"new_alias": "sip:{{ found[1] }}.{{ found[0] }}@{{ found[2]|upper }}"}
  {% else %} "action": "continue" {% endif %} }""",
    "weekday": """{% set now = pex_now("Europe/Helsinki") %}
{% set offset = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] %}
{% set week = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] %}
{% set early = 1 %}{% if now.month > 2 %}{% set early = 0 %}{% endif %}
{% set years = now.year - 1700 - early %}
{% set days = 5 + (years + early) * 365 + years / 4 - years / 100 + (years + 100) / 400 %}
{% set day = (days + offset[now.month - 1] + (now.day - 1)) % 7 %}
{ "action": "continue", "action": "continue",
  "result": {"name": "{{ week[day|round(0)|int] }}", "service_tag": "{{ now.hour }}" } }""",
    "theme by hour": """{ {% set now = pex_now("Europe/London") %} {% if service_config %}
  "action": "continue", "result":
  {% if now.hour < 12 %} {{ service_config|pex_to_json }}
  {% else %} {{ service_config|pex_update({"ivr_theme_name": "later"})|pex_to_json }}
  {% endif %}"""
    + _ELSE_REJECT,
    "one more participant": """{% set others = service_config.automatic_participants %}
{% if others %}{{ others.extend([{"local_alias": call_info.local_alias, "protocol": "sip",
  "remote_alias": "sip:recorder@example.org", "role": "guest"}]) or "" }}{% endif %}
{ {% if service_config %}"action": "continue", "result": {{ service_config|pex_to_json }}"""
    + _ELSE_REJECT,
    "pairs of aliases": """{% set known = [("sip:boardroom@example.org",
  "sip:ward7@example.org;transport=tls"), ("sip:a@example.org", "sip:b@example.org")] %}
{ {% if service_config %}"action": "continue", "result":
  {% if (call_info.remote_alias, call_info.local_alias) in known %}
    {{ service_config|pex_update({"pin": ""})|pex_to_json }}
  {% else %}{{ service_config|pex_to_json }}{% endif %}"""
    + _ELSE_REJECT,
    "locked by tag": """{ {% if service_config %}{{ pex_debug_log("tag ", service_config) }}
  "action": "continue", "result":
  {% if service_config.service_type == "conference"
      and service_config.service_tag.startswith("locked") %}
    {{ service_config|pex_update({"locked": True})|pex_to_json }}
  {% else %}{{ service_config|pex_to_json }}{% endif %}"""
    + _ELSE_REJECT,
    "gateway": """{ {% if service_config and service_config.service_type == "gateway"
    and service_config.called_device_type == "teams_conference" %}
  "action": "continue", "result": {{ service_config|pex_update({"view": "teams"})|pex_to_json }}
  {% elif service_config %}"action": "continue", "result": {{ service_config|pex_to_json }}"""
    + _ELSE_REJECT,
    "trusted domains": """{% set trusted = ("@example.org", "@example.net") %}
{ "action": "continue", "result": {"treat_as_trusted":
  {{ "true" if call_info.remote_alias.endswith(trusted) else "false" }},
  "subnets": {{ call_info.ms_subnet|length }},
  "screens": {{ call_info.display_count|default(0, true) }},
  "bandwidth": {{ call_info.bandwidth + 1 }}, "name": "{{ call_info.service_name }}",
  "sum": "{{ [call_info.location, call_info.protocol]|join("-")|pex_md5 }}"} }""",
    "loop": """{% set found = [] %}
{% for name, code in [("boardroom", "12"), ("ward", "34")] if name in call_info.remote_alias %}
  {{ found.append(code ~ loop.index) or "" }}
{% else %}{{ found.append("none") or "" }}{% endfor %}
{ "action": "continue", "result": {"name": "{{ found|join(",") }}",
  "first": "{{ found|first }}{{ "%s-%03d"|format(found|last, 7) }}"} }""",
    "too short": """{ "action": "continue",
  "result": {"name": "{{ call_info.local_alias|pex_require_min_length(18) }}"} }""",
    "not JSON": """{ "action": "continue",
  {% if call_info.registered %} "result": {} {% endif %} }""",
    "undefined of undefined": """{ "action": "{{ service_config.owner.name }}" }""",
}
PARTICIPANT_SCRIPTS: Final[Mapping[str, str]] = {
    "telephones": """{% set user = call_info.remote_alias|lower
  |pex_regex_replace("^(sip:|sips:|h323:)", "")|pex_regex_replace("@.+", "") %}
{ "action": "continue", "result": {% if user|int != 0 %}
  {"remote_alias": "0000", "remote_display_name": "Telephone"}{% else %}{}{% endif %} }""",
    "managers": """{ "action": "continue", "result": {
  {% if "managers" in participant.idp_attributes.groups %}"preauthenticated_role": "chair"
  {% elif participant.preauthenticated_role is none %}"remote_display_name": "Undecided"
  {% else %}"preauthenticated_role": "{{ participant.preauthenticated_role }}"{% endif %} } }""",
    "pilots": """{ {% if participant.idp_attributes.get("X-wing pilot") == "yes" %}
  "action": "reject", "result": {"reject_reason": "no landing"}
  {% else %}"action": "continue", "result":
  {"mix": "{{ participant.send_to_audio_mixes[0].mix_name }}"}{% endif %} }""",
}
LOCATION_SCRIPTS: Final[Mapping[str, str]] = {
    "as suggested": """{ "result": {{ suggested_media_overflow_locations|pex_to_json }} }""",
    "by subnet": """{ "result": {% if pex_in_subnet(call_info.remote_address, ["10.44.0.0/16"]) %}
  {"location": "DMZ", "overflow_locations": ["Oslo", "{{ call_info.location }}"]}
  {% else %}{{ suggested_media_overflow_locations|pex_to_json }}{% endif %} }""",
}
