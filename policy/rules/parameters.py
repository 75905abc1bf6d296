"""Every request parameter that a rule may look at: its name, its type, and who sends it. Pure.

Names are Pexip's, but for four that say it shorter: `direction`, `role`, `subnet`, `device`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from policy.wire.parameters import version_parts
from policy.wire.vocabulary import (
    AuthType,
    CallDirection,
    CallProtocol,
    Encryption,
    ParticipantType,
    RequestType,
    Trigger,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.networks import Address
    from policy.rules.question import Question


class Kind(StrEnum):
    """How a parameter is read and compared."""

    TEXT = "text"
    TEXTS = "texts"  # a SIP header
    WORD = "word"
    FLAG = "flag"
    NUMBER = "number"
    ADDRESS = "address"
    ADDRESSES = "addresses"  # a SIP header
    VERSION = "version"


_LETTERS: Final = {
    "S": RequestType.SERVICE,
    "P": RequestType.PARTICIPANT,
    "L": RequestType.LOCATION,
    "A": RequestType.AVATAR,
    "D": RequestType.PHONEBOOK,
    "R": RequestType.REGISTRATION,
}


def requests_of(letters: str) -> frozenset[RequestType]:
    """Give the request types that letters stand for, as in the table below."""
    return frozenset(_LETTERS[letter] for letter in letters)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: what it is, in which requests it comes, and what it may say."""

    about: str
    kind: Kind
    requests: frozenset[RequestType]
    wire: str = ""  # its name on the wire, when that is another
    words: type[StrEnum] | None = None


def _text(about: str, letters: str, wire: str = "") -> Parameter:
    return Parameter(about, Kind.TEXT, requests_of(letters), wire)


def _flag(about: str, letters: str, wire: str = "") -> Parameter:
    return Parameter(about, Kind.FLAG, requests_of(letters), wire)


def _number(about: str, letters: str) -> Parameter:
    return Parameter(about, Kind.NUMBER, requests_of(letters))


def _word(about: str, letters: str, words: type[StrEnum], wire: str = "") -> Parameter:
    return Parameter(about, Kind.WORD, requests_of(letters), wire, words)


def _address(about: str, letters: str, kind: Kind = Kind.ADDRESS, wire: str = "") -> Parameter:
    return Parameter(about, kind, requests_of(letters), wire)


class _Presentations(StrEnum):
    ALLOW = "allow"
    DENY = "deny"


_IDENTITY: Final = "p-asserted-identity"

PARAMETERS: Final[Mapping[str, Parameter]] = {
    "protocol": _word("how the far end speaks", "SPLAR", CallProtocol),
    "direction": _word("whether a call comes in", "SPLA", CallDirection, "call_direction"),
    "trigger": _word("what caused the request", "SPLA", Trigger),
    "location": _text("system location of the asking node", "SPLADR"),
    "node_ip": _address("address of the asking node", "SPLADR"),
    "registered": _flag("whether the far end is registered", "SPLA"),
    "vendor": _text("the far end's make and version", "SPLA"),
    "encryption": _word("state of encryption", "SPLA", Encryption),
    "bandwidth": _number("bandwidth asked for, 0 for no limit", "SPLA"),
    "call_tag": _text("tag that a client gave itself", "SPLAD"),
    "remote_display_name": _text("the far end's name", "SPLA"),
    "remote_address": _address("the far end's signalling address", "SPLAR"),
    "remote_port": _number("the far end's signalling port", "SPLA"),
    "proxy_node_address": _address("address of the proxying edge node", "SPLA"),
    "proxy_node_location": _text("location of the proxying edge node", "SPLA"),
    "previous_service_name": _text("service the caller was transferred from", "SPL"),
    "service_name": _text("name of the earlier service answer", "SPLA"),
    "unique_service_name": _text("the same, unique for each call", "SPLA"),
    "service_tag": _text("tag of the earlier service answer", "SPLA"),
    "breakout_uuid": _text("breakout room that is asked for", "SP"),
    "ms_subnet": _address("subnet that a Lync client states", "SPLA", Kind.ADDRESSES, "ms-subnet"),
    "p_asserted_identity": Parameter(
        "identity that a SIP header asserts", Kind.TEXTS, requests_of("SPLA"), _IDENTITY
    ),
    "has_authenticated_display_name": _flag("whether a provider gave the name", "SPLA"),
    "supports_direct_media": _flag("whether direct media is possible", "SPLA"),
    "idp_uuid": _text("the identity provider", "SPLA"),
    "teams_tenant_id": _text("tenant of a calling Teams Room", "SPLA"),
    "third_party_passcode": _text("passcode from a Teams Room's calendar", "SP"),
    "telehealth_request_id": _text("request of an Epic telehealth call", "SPL"),
    "display_count": _number("screens of the far end", "SP"),
    "participant_type": _word("whether a leg only controls", "P", ParticipantType),
    "participant_uuid": _text("the participant", "P"),
    "call_uuid": _text("the participant's call", "P"),
    "bypass_lock": _flag("may enter a locked conference", "P"),
    "can_receive_personal_mix": _flag("may use layouts of its own", "P"),
    "disable_overlay_text": _flag("name kept off the picture", "P"),
    "layout_group": _text("group in which layouts pin", "P"),
    "prefers_multiscreen_mix": _flag("wants a mix for several screens", "P"),
    "receive_from_audio_mix": _text("mix that is heard", "P"),
    "receive_from_video_mix": _text("mix that is seen", "P", "receive_from_video_mix~mix_name"),
    "rx_presentation_policy": _word("whether presentations are sent", "P", _Presentations),
    "send_to_audio_mixes_mix_name": _text("mix that is spoken into", "P"),
    "send_to_audio_mixes_prominent": _flag("spoken into prominently", "P"),
    "spotlight": _number("priority in the spotlight", "P"),
    "wants_presentation_in_mix": _flag("presentation is part of the layout", "P"),
    "auth_type": _word("how a device proves itself", "R", AuthType),
    "width": _number("width of the picture", "A"),
    "height": _number("height of the picture", "A"),
    "q": _text("what was typed", "D"),
    "limit": _number("entries wanted", "D"),
    "request_id": _text("name of the request in the support log", "SPL"),
    "version_id": Parameter("the platform's version", Kind.VERSION, requests_of("SPLADR")),
    "pseudo_version_id": _text("the platform's build", "SPLADR"),
}


# Readers are functions of this module with the wire name bound, so that they can be pickled; one
# for all rules that read the same.


@cache
def text_reader(wire: str) -> partial[str]:
    """Read a text in lower case."""
    return partial(_read_text, wire)


@cache
def texts_reader(wire: str) -> partial[tuple[str, ...]]:
    """Read the texts of a parameter or SIP header in lower case; none when it is absent."""
    return partial(_read_header if wire == _IDENTITY else _read_texts, wire)


@cache
def flag_reader(wire: str) -> partial[str]:
    """Read a flag as `true` or `false`; an absent one is false."""
    return partial(_read_flag, wire)


@cache
def number_reader(wire: str) -> partial[int | None]:
    """Read a number."""
    return partial(_read_number, wire)


@cache
def addresses_reader(wire: str, kind: Kind) -> partial[tuple[Address, ...]]:
    """Read addresses of a parameter or SIP header."""
    return partial(_read_addresses if kind is Kind.ADDRESSES else _read_address, wire)


@cache
def version_reader(wire: str) -> partial[tuple[int, ...]]:
    """Read a version."""
    return partial(_read_version, wire)


def _read_text(wire: str, question: Question) -> str:
    return question.parameters.text(wire).lower()


def _read_texts(wire: str, question: Question) -> tuple[str, ...]:
    text = question.parameters.text(wire)
    return (text.lower(),) if text else ()


def _read_header(wire: str, question: Question) -> tuple[str, ...]:
    return tuple(each.lower() for each in question.parameters.header(wire))


def _read_flag(wire: str, question: Question) -> str:
    return "true" if question.parameters.flag(wire) else "false"


def _read_number(wire: str, question: Question) -> int | None:
    return question.parameters.number(wire)


def _read_address(wire: str, question: Question) -> tuple[Address, ...]:
    address = question.parameters.address(wire)
    return () if address is None else (address,)


def _read_addresses(wire: str, question: Question) -> tuple[Address, ...]:
    return question.parameters.header_addresses(wire)


def _read_version(wire: str, question: Question) -> tuple[int, ...]:
    return version_parts(question.parameters.text(wire))
