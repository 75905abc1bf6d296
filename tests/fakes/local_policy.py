"""Local policy as a node runs it: plain Jinja2, with filters written apart from our server's own.

From section 5 of Pexip's reference, with Python's own regular expressions. A node that cannot use
what a script writes keeps what it had; here that is None.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import re
import urllib.parse
import uuid
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import jinja2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday

_ON: Final = (
    "abs capitalize default first float format int join last length lower replace round striptags "
    "trim truncate upper"
)
_FLAGS: Final = {"has_authenticated_display_name", "registered", "supports_direct_media"}
_NUMBERS: Final = {"bandwidth", "remote_port"}
_HEADERS: Final = {"ms-subnet": "ms_subnet", "p_asserted-identity": "p_asserted_identity"}
_OF_PARTICIPANTS: Final = (
    "auth_type",
    "call_uuid",
    "participant_type",
    "participant_uuid",
    "receive_from_audio_mix",
)
_ABOUT_THEM: Final = ("remote_alias", "remote_display_name")


def run_locally(
    script: str,
    parameters: Mapping[str, str | Sequence[str]],
    service_config: Mapping[str, object] | None = None,
    *,
    request: str = "service",
    now: datetime = NOON,
) -> dict[str, object] | None:
    """Run a script for the parameters of a request; None when its output cannot be used."""
    try:
        with warnings.catch_warnings(action="ignore"):  # patterns are written with one backslash
            template = _environment(now).from_string(script)
        written = json.loads(template.render(_variables(request, parameters, service_config)))
    except Exception:  # noqa: BLE001  # a node goes on with what it had, whatever happens
        return None
    return written if isinstance(written, dict) else None


def _environment(now: datetime) -> jinja2.Environment:
    environment = jinja2.Environment(autoescape=False)  # noqa: S701  # it writes JSON, not HTML
    own = _functions(now)
    on = {name: environment.filters[name] for name in _ON.split()}
    environment.filters = {**on, **own, "range": range}
    environment.globals = {"range": range, **own}
    return environment


def _variables(
    request: str,
    parameters: Mapping[str, str | Sequence[str]],
    service_config: Mapping[str, object] | None,
) -> dict[str, object]:
    texts = {name: value for name, value in parameters.items() if isinstance(value, str)}
    call_info: dict[str, object] = {name: _typed(name, value) for name, value in texts.items()}
    call_info |= {"ms_subnet": [], "p_asserted_identity": []}
    for name, value in texts.items():
        if name.lower() in _HEADERS:
            call_info[_HEADERS[name.lower()]] = [value] if value else []
    variables: dict[str, object] = {
        "call_info": call_info,
        # A copy: scripts may change it.
        "service_config": json.loads(json.dumps(service_config)),
    }
    if request == "participant":
        variables["participant"] = _participant(texts, parameters)
    elif request == "location":
        variables["suggested_media_overflow_locations"] = {"location": texts["location"]}
    return variables


def _typed(name: str, value: str) -> object:
    if name in _FLAGS:
        return value == "True"
    if name in _NUMBERS:
        return int(value or 0)
    if name == "display_count":
        return int(value) if value else None
    return value


def _participant(
    texts: Mapping[str, str], parameters: Mapping[str, str | Sequence[str]]
) -> dict[str, object]:
    prefix = "idp_attribute_"
    attributes = {
        name.removeprefix(prefix): value if isinstance(value, str) else list(value)
        for name, value in parameters.items()
        if name.startswith(prefix)
    }
    mix = {
        "mix_name": texts["send_to_audio_mixes_mix_name"],
        "prominent": texts["send_to_audio_mixes_prominent"] == "True",
    }
    return {
        **{name: texts.get(name, "") for name in (*_OF_PARTICIPANTS, *_ABOUT_THEM)},
        "display_count": _typed("display_count", texts.get("display_count", "")),
        "idp_attributes": attributes,
        "preauthenticated_role": texts.get("preauthenticated_role") or None,
        "send_to_audio_mixes": [mix],
    }


class _TooShortError(Exception):
    """`pex_require_min_length` keeps the whole script from being used."""


def _functions(now: datetime) -> dict[str, Callable[..., object]]:
    return {
        "pex_base64": lambda text: base64.b64encode(text.encode()).decode(),
        "pex_clean_phone_number": lambda text: re.sub(r"[^+0-9]", "", text),
        "pex_debug_log": lambda *_values: "",
        "pex_find_first_match": _find_first_match,
        "pex_head": lambda text, count: text[:count],
        "pex_in_subnet": _in_subnet,
        "pex_md5": lambda text: hashlib.md5(text.encode()).hexdigest(),  # noqa: S324  # not a secret
        "pex_now": lambda zone="UTC": now.astimezone(ZoneInfo(zone)),
        "pex_random_pin": lambda *args: "7" * args[-1],
        "pex_regex_replace": lambda text, find, replace: re.sub(find, replace, text),
        "pex_regex_search": _regex_search,
        "pex_require_min_length": _require_min_length,
        "pex_reverse": lambda text: "".join(reversed(text)),
        "pex_safelinks_decode": lambda link: _query(link)["url"][0],
        "pex_strlen": len,
        "pex_tail": lambda text, count: text[-count:],
        "pex_to_json": json.dumps,
        "pex_to_uuid": lambda text: str(uuid.UUID(bytes=base64.b64decode(text))),
        "pex_update": lambda known, changes: {**known, **changes},
        "pex_url_decode": urllib.parse.unquote,
        "pex_url_encode": lambda text: urllib.parse.quote(text, safe=""),
        "pex_urldefense_decode": _urldefense_decode,
        "pex_uuid4": lambda: str(uuid.uuid4()),
    }


def _find_first_match(values: Sequence[str], regex: str) -> str | None:
    return next((value for value in values if re.search(regex, value)), None)


def _in_subnet(address: str, networks: Sequence[str]) -> bool:
    found = ipaddress.ip_address(address)
    return any(found in ipaddress.ip_network(each, strict=False) for each in networks)


def _regex_search(pattern: str, text: str) -> list[str | None] | None:
    match = re.search(pattern, text)
    return list(match.groups()) if match else None


def _require_min_length(text: str, count: int) -> str:
    if len(text) < count:
        raise _TooShortError
    return text


def _query(link: str) -> dict[str, list[str]]:
    return urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)


def _urldefense_decode(link: str) -> str:
    return urllib.parse.unquote(_query(link)["u"][0].replace("-", "%").replace("_", "/"))
