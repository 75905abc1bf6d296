"""What a log may keep of a request and of its answer.

A caller's alias keeps its domain, and a pseudonym stands for the user: the same one for the same
caller as long as the key is the same. What was dialled stays. Names, passcodes, what somebody typed
and civil registration numbers go. A redacted request is still a request, which can be decided.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from types import NoneType
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from policy.wire.asked import Asked
from policy.wire.masking import (
    MASK,
    caller,
    dialled,
    identities,
    is_absent,
    pseudonym,
    without_civil_numbers,
    without_user,
)
from policy.wire.parameters import MAX_FIELDS, as_utf8
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Callable

# What is kept of a field, and each thing that was said with what stands for it.
Field: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]

IDP_ATTRIBUTE: Final = "idp_attribute_"
# An alias has 250 at most; of what is longer nothing but its length matters.
MAX_KEPT_CHARACTERS: Final = 500
# Shorter ones stand in too many words that have nothing to do with a caller.
MIN_STAND_IN_CHARACTERS: Final = 4


class _Kind(StrEnum):
    PLAIN = "plain"  # numbers, flags, words, addresses and UUIDs of the node's own
    TEXT = "text"
    DIALLED = "dialled"
    CALLER = "caller"
    HEADER = "header"  # a SIP header that names the caller
    PERSONAL = "personal"  # worth telling apart, not worth reading
    HIDDEN = "hidden"


_NAMES: Final = {
    _Kind.PLAIN: "auth_type bandwidth breakout_uuid bypass_lock call_direction call_uuid "
    "can_receive_personal_mix disable_overlay_text display_count encryption "
    "has_authenticated_display_name height idp_uuid limit ms-subnet node_ip participant_type "
    "participant_uuid preauthenticated_role prefers_multiscreen_mix protocol proxy_node_address "
    "pseudo_version_id registered remote_address remote_port request_id role "
    "rx_presentation_policy send_to_audio_mixes_prominent spotlight supports_direct_media "
    "teams_tenant_id trigger version_id wants_presentation_in_mix width",
    _Kind.TEXT: "layout_group location previous_service_name proxy_node_location "
    "receive_from_audio_mix receive_from_video_mix~mix_name send_to_audio_mixes_mix_name "
    "service_name service_tag unique_service_name vendor",
    _Kind.DIALLED: "local_alias",
    _Kind.CALLER: "registration_alias remote_alias",
    _Kind.HEADER: "P-Asserted-Identity p_Asserted-Identity",
    _Kind.PERSONAL: "call_tag telehealth_request_id",
    _Kind.HIDDEN: "q remote_display_name third_party_passcode",
}
_KINDS: Final[Mapping[str, _Kind]] = {
    name: kind for kind, names in _NAMES.items() for name in names.split()
}
# Every parameter that nodes send, but for the attributes of identity providers.
DOCUMENTED: Final = frozenset(_KINDS)

_HEADERS: Final = {"ms_subnet": _Kind.PLAIN, "p_asserted_identity": _Kind.HEADER}
_PLAIN: Final = re.compile(r"[A-Za-z0-9.:_%\[\]+-]{0,100}")
_PLAIN_ALIAS: Final = re.compile(r"[A-Za-z0-9_.~*:@-]*")
_UNKNOWN_NAME: Final = re.compile(r"[a-z]{1,20}(?:_[a-z]{1,20}){1,4}")  # as Pexip writes names

_SECRET_RESULTS: Final = frozenset(
    {
        "breakout_description",
        "breakout_name",
        "call_tag",
        "description",
        "dtmf_sequence",
        "guest_pin",
        "local_display_name",
        "password",
        "pin",
        "presentation_url",
        "primary_owner_email_address",
        "remote_display_name",
        "third_party_passcode",
        "username",
    }
)
_ALIAS_RESULTS: Final = frozenset({"alias", "local_alias", "remote_alias"})

_NUMBERS: Final = (int, float, NoneType)


def redacted(asked: Asked, key: bytes) -> Asked:
    """Give what may be kept of a request; `key` has 1 to 64 bytes.

    Of unknown parameters only the name stays. After 500 fields nothing is kept, since nothing was
    read.
    """
    return with_stand_ins(asked, key)[0]


def with_stand_ins(asked: Asked, key: bytes) -> tuple[Asked, Mapping[str, str]]:
    """Give the same, and what stands in it for each thing that the caller said.

    Rules may repeat such things in an answer: see `masked_result`.
    """
    query, said = redacted_query(asked.query, partial(redacted_field, key=key))
    alias = redacted_alias(asked.request_type, asked.alias, key)
    return Asked(asked.request_type, alias, query, asked.hops), said


def redacted_query(query: str, field_of: Callable[[str], Field]) -> tuple[str, Mapping[str, str]]:
    """Give what may be kept of a query, and the stand-ins; `field_of` is `redacted_field`.

    Whoever redacts many queries may remember what that said, since fields repeat.
    """
    fields = list(map(field_of, as_utf8(query).split("&", MAX_FIELDS)[:MAX_FIELDS]))
    found = [stand_ins for _, stand_ins in fields if stand_ins]
    said = {written: masked for stand_ins in found for written, masked in stand_ins}
    long_ones = [each for each in said if len(each) >= MIN_STAND_IN_CHARACTERS]
    long_ones.sort(key=len, reverse=True)  # a whole name goes before its first part
    kept = "&".join([kept for kept, _ in fields if kept])
    return kept, {each: said[each] for each in long_ones}


def redacted_field(field: str, key: bytes) -> Field:
    """Give what is kept of one field of a query, empty for nothing, and what stands in it."""
    name, _, value = field.partition("=")
    kind = _kind(name)
    if kind is None:
        return (f"{name}=" if _UNKNOWN_NAME.fullmatch(name) else ""), ()
    # Most fields need nothing, and to decode them would cost more than all the rest.
    if not value or (kind is _Kind.PLAIN and _PLAIN.fullmatch(value)):
        return field, ()
    written = _decoded(value)
    masked = _masked(kind, written[:MAX_KEPT_CHARACTERS], key)
    if masked == written:
        return field, ()
    stand_ins = [(written, masked)]
    if kind is _Kind.CALLER:
        stand_ins.append((_user(written), _user(masked)))
    return f"{name}={_encoded(masked)}", tuple(stand_ins)


def _decoded(value: str) -> str:
    """Undo the encoding of a form; that of an alias at a quarter of the price."""
    text = value.replace("+", " ").replace("%40", "@").replace("%3A", ":")
    return unquote_plus(value) if "%" in text else text


def _encoded(text: str) -> str:
    """Encode as a form does, and leave the stars of a mask."""
    if _PLAIN_ALIAS.fullmatch(text):
        return text.replace(":", "%3A").replace("@", "%40")
    return quote_plus(text, safe="*")


def redacted_alias(request_type: RequestType, alias: str, key: bytes) -> str:
    """Redact the alias of the path: an avatar is of a person, a registration is of a device."""
    written = as_utf8(alias)
    alias = unquote(written)[:MAX_KEPT_CHARACTERS]
    if request_type is RequestType.AVATAR:
        return quote(caller(alias, key), safe="")
    masked = dialled(alias)
    return written if masked == unquote(written) else quote(masked, safe="")


def masked_result(result: object, said: Mapping[str, str] | None = None) -> object:
    """Give what may be kept of an answer, nested or not; `said` are the stand-ins of its request.

    The alias that a gateway call goes to is what was dialled; any other alias is somebody's.
    """
    if isinstance(result, Mapping):
        is_service = "service_type" in result
        return {
            name: _masked_value(str(name), value, said or {}, is_service=is_service)
            for name, value in result.items()
        }
    if isinstance(result, (list, tuple)):
        return [masked_result(each, said) for each in result]
    return without_civil_numbers(result) if isinstance(result, str) else result


def _masked_value(name: str, value: object, said: Mapping[str, str], *, is_service: bool) -> object:
    if name in _SECRET_RESULTS:
        return MASK if value else value
    if not isinstance(value, str):
        return value if isinstance(value, _NUMBERS) else masked_result(value, said)
    if said:
        value = _with_stand_ins(value, said)  # a rule may have written it into any text
    if name in _ALIAS_RESULTS:
        return dialled(value) if is_service and name == "remote_alias" else without_user(value)
    return without_civil_numbers(value)


def _with_stand_ins(text: str, said: Mapping[str, str]) -> str:
    for written, masked in said.items():
        if written.lower() in text.lower():
            literal = masked.replace("\\", r"\\")
            text = re.sub(re.escape(written), literal, text, flags=re.IGNORECASE)
    return text


def _user(alias: str) -> str:
    """Give what stands before the `@`, without the scheme, as a template may repeat it."""
    return alias.partition("@")[0].rpartition(":")[2].strip(' "<')


def _kind(name: str) -> _Kind | None:
    kind = _KINDS.get(name)
    if kind is not None:
        return kind
    name = unquote_plus(name)
    if name.startswith(IDP_ATTRIBUTE):
        return _Kind.PERSONAL
    return _KINDS.get(name) or _HEADERS.get(name.lower().replace("-", "_"))


def _masked(kind: _Kind, value: str, key: bytes) -> str:
    if is_absent(value):
        return value
    match kind:
        case _Kind.PLAIN | _Kind.TEXT:
            return without_civil_numbers(value)
        case _Kind.DIALLED:
            return dialled(value)
        case _Kind.CALLER:
            return caller(value, key)
        case _Kind.HEADER:
            return identities(value, key)
        case _Kind.PERSONAL:
            return pseudonym(value, key)
        case _Kind.HIDDEN:
            return MASK
        case _:
            assert_never(kind)
