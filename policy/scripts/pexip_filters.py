"""Pexip's own filters and functions, as its local policy describes them. Pure.

Each may be written as a filter and as a function. What depends on the moment or on chance comes
from the run, so that deciding the same call again gives the same answer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from jinja2 import Undefined

from policy.scripts.budget import SandboxError
from policy.scripts.links import plain_safelinks, plain_urldefense
from policy.scripts.patterns import replaced, search

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from policy.scripts.budget import Run, ScriptFunction

MAX_PIN: Final = 250
_UUID_BYTES: Final = 16
_UNITS_PER_NETWORK: Final = 20
_UNITS_PER_ZONE: Final = 100

NO_HASH: Final = (
    "'pex_hash' is not here: Pexip has not published how it reckons, "
    "and a node must not get other digits than this server; 'pex_md5' is known"
)


def _text(value: object) -> str:
    if isinstance(value, str | int | float | Undefined):
        return str(value)
    raise SandboxError("a text is wanted")


def to_base64(_run: Run, value: object) -> str:
    """Encode as Base64."""
    return base64.b64encode(_text(value).encode()).decode()


def clean_phone_number(_run: Run, value: object) -> str:
    """Keep digits and the plus sign."""
    return "".join(each for each in _text(value) if each in "+0123456789")


def debug_log(run: Run, *values: object) -> str:
    """Write a line for whoever explains the call; nothing is shown."""
    if run.log is not None:
        run.log.write(",".join(map(str, values)))
    return ""


def find_first_match(run: Run, values: str | list[object], regex: object) -> object:
    """Give the first element in which the pattern is found, None when there is none."""
    for value in [values] if isinstance(values, str) else values:
        if next(search(run, _text(regex), _text(value)), None) is not None:
            return value
    return None


def head(_run: Run, value: object, count: int) -> str:
    """Give the first characters."""
    return _text(value)[: max(0, count)]


def tail(_run: Run, value: object, count: int) -> str:
    """Give the last characters."""
    text = _text(value)
    return text[max(0, len(text) - max(0, count)) :]


def in_subnet(run: Run, address: object, networks: str | list[str]) -> bool:
    """Say whether an address is in one of the networks; what is no address is in none."""
    wanted = [networks] if isinstance(networks, str) else networks
    run.spend(_UNITS_PER_NETWORK * (1 + len(wanted)))
    try:
        found = ip_address(_text(address))
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in network(_text(each)) for each in wanted)


@lru_cache(maxsize=4_096)
def network(text: str) -> IPv4Network | IPv6Network:
    """Read a network; bits behind its prefix do not matter."""
    try:
        return ip_network(text, strict=False)
    except ValueError as exc:
        raise SandboxError("a network is written as 10.1.0.0/16 or 2001:db8::/32") from exc


def md5(_run: Run, value: object) -> str:
    """Give the MD5 sum in hexadecimal digits."""
    return hashlib.md5(_text(value).encode(), usedforsecurity=False).hexdigest()


def now(run: Run, timezone: object = "UTC") -> datetime:
    """Give the time in a zone."""
    run.spend(_UNITS_PER_ZONE)
    return run.now.astimezone(zone(_text(timezone)))


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """Give a time zone by its name."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as exc:  # no file, no such name, or a folder's name
        raise SandboxError("there is no such time zone; zones are named as Europe/Oslo") from exc


def random_pin(run: Run, *arguments: object) -> str:
    """Draw digits; as a filter, what stands before it does not matter."""
    count = arguments[-1] if arguments else None
    if not isinstance(count, int) or not 0 < count <= MAX_PIN:
        raise SandboxError(f"pex_random_pin draws 1 to {MAX_PIN} digits")
    digits = ""
    while len(digits) < count:
        digits += str(int.from_bytes(run.draw()))[-70:]  # 2**256 has 78 digits, the last are even
    return digits[:count]


def uuid4(run: Run, *_before: object) -> str:
    """Draw a UUID."""
    return str(UUID(bytes=run.draw()[:_UUID_BYTES], version=4))


def regex_replace(run: Run, value: object, find: object, replace: object) -> str:
    """Replace every match."""
    return replaced(run, _text(find), _text(replace), _text(value))


def regex_search(run: Run, pattern: object, string: object) -> list[object] | None:
    """Give what the groups of the first match hold, None when there is none."""
    match = next(search(run, _text(pattern), _text(string)), None)
    return None if match is None else list(match.groups())


def require_min_length(_run: Run, value: object, count: int) -> object:
    """Let a text pass that is long enough, and stop the script at any other."""
    if len(_text(value)) < count:
        raise SandboxError(f"pex_require_min_length: a text has fewer than {count} characters")
    return value


def reverse(_run: Run, value: object) -> str:
    """Turn the characters round."""
    return _text(value)[::-1]


def safelinks_decode(run: Run, value: object) -> str:
    """Undo Safe Links."""
    return plain_safelinks(run, _text(value))


def urldefense_decode(run: Run, value: object) -> str:
    """Undo URL Defense."""
    return plain_urldefense(run, _text(value))


def strlen(_run: Run, value: object) -> int:
    """Count the characters."""
    return len(_text(value))


def to_json(_run: Run, value: object) -> str:
    """Write as JSON."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def to_uuid(_run: Run, value: object) -> str:
    """Read Base64 as a UUID."""
    try:
        raw = base64.b64decode(_text(value), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise SandboxError("pex_to_uuid: not Base64") from exc
    if len(raw) != _UUID_BYTES:
        raise SandboxError("pex_to_uuid: a UUID has 16 bytes")
    return str(UUID(bytes=raw))


def update(_run: Run, value: object, changes: object) -> dict[str, object]:
    """Give a copy of a dictionary with keys replaced or added."""
    if not isinstance(value, dict) or not isinstance(changes, dict):
        raise SandboxError("pex_update changes a dictionary by a dictionary")
    return value | changes


def url_encode(_run: Run, value: object) -> str:
    """Write as part of a query."""
    return quote(_text(value), safe="")


def url_decode(_run: Run, value: object) -> str:
    """Read a part of a query."""
    return unquote(_text(value))


FUNCTIONS: Final[Mapping[str, ScriptFunction]] = {
    "pex_base64": to_base64,
    "pex_clean_phone_number": clean_phone_number,
    "pex_debug_log": debug_log,
    "pex_find_first_match": find_first_match,
    "pex_head": head,
    "pex_in_subnet": in_subnet,
    "pex_md5": md5,
    "pex_now": now,
    "pex_random_pin": random_pin,
    "pex_regex_replace": regex_replace,
    "pex_regex_search": regex_search,
    "pex_require_min_length": require_min_length,
    "pex_reverse": reverse,
    "pex_safelinks_decode": safelinks_decode,
    "pex_strlen": strlen,
    "pex_tail": tail,
    "pex_to_json": to_json,
    "pex_to_uuid": to_uuid,
    "pex_update": update,
    "pex_url_decode": url_decode,
    "pex_url_encode": url_encode,
    "pex_urldefense_decode": urldefense_decode,
    "pex_uuid4": uuid4,
}
# A copy of a dictionary shares what it holds, and is measured when it is written.
UNMEASURED: Final = frozenset({update})
