"""The types of single result fields, with exactly the limits that a node enforces.

A node drops a whole answer for one wrong value and does not say why. So every value is held
against these types when a rule file or a directory row is written, never first at call time.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints, WithJsonSchema

from policy.errors import RequestError
from policy.wire.alias import AliasKind, parse_alias

# A node takes at most 250 characters in any text field.
MAX_TEXT: Final = 250
# A gateway's name is made unique per call by ":" and a UUID of 36 characters.
MAX_GATEWAY_NAME: Final = MAX_TEXT - 37

Flag = StrictBool
Number = StrictInt
Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]
EmptyText = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
GatewayName = Annotated[str, StringConstraints(min_length=1, max_length=MAX_GATEWAY_NAME)]
EmailAddress = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Callrate = Annotated[StrictInt, Field(ge=128_000, le=8_192_000)]
ParticipantLimit = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
NotificationSeconds = Annotated[StrictInt, Field(ge=0, le=30)]
# The end of the year 9999.
EpochSeconds = Annotated[StrictInt, Field(ge=0, le=253_402_300_799)]

CallType = Literal["video", "video-only", "audio"]
GatewayCallType = Literal["video", "video-only", "audio", "auto"]
CryptoMode = Literal["besteffort", "on", "off"]
MaxPixels = Literal["sd", "hd", "fullhd"]
Choice = Literal["default", "yes", "no"]
DirectMedia = Literal["never", "best_effort", "always"]
GuestsSeeGuests = Literal["no_hosts", "always", "never"]
NonIdpParticipants = Literal["disallow_all", "allow_if_trusted"]
Role = Literal["chair", "guest"]
OutgoingProtocol = Literal["h323", "sip", "mssip", "rtmp", "gms", "teams"]
DialOutProtocol = Literal["h323", "sip", "mssip", "rtmp"]

LectureLayout = Literal[
    "one_main_zero_pips",
    "one_main_seven_pips",
    "one_main_twentyone_pips",
    "two_mains_twentyone_pips",
    "one_main_thirtythree_pips",
    "four_mains_zero_pips",
    "nine_mains_zero_pips",
    "sixteen_mains_zero_pips",
    "twentyfive_mains_zero_pips",
    "one_main_one_pip",
    "one_main_nine_around",
    "one_main_twelve_around",
    "two_mains_eight_around",
]
# Adaptive composition is not for lectures; Teams' own layouts are for calls into Teams alone.
Layout = Literal[LectureLayout, "five_mains_seven_pips"]
GatewayLayout = Literal[Layout, "teams", "teams_focus"]

PIN_TEXT: Final = re.compile(r"[0-9]{4,20}|[0-9]{3,19}#")
_DTMF: Final = re.compile(r"[0-9*#,]{1,250}")
_MIX: Final = re.compile(r"[^.\s]{1,80}(\.[^.\s]{1,80}){0,2}")
UUID_TEXT: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _check_pin(value: str) -> str:
    if not PIN_TEXT.fullmatch(value):
        raise ValueError("a PIN is 4 to 20 digits, of which the last may be '#'")
    return value


def _check_dtmf(value: str) -> str:
    if not _DTMF.fullmatch(value):
        raise ValueError("digits, '*', '#' and ',' only, at most 250 of them")
    return value


def _check_mix(value: str) -> str:
    if not _MIX.fullmatch(value):
        raise ValueError("a mix has at most three levels, as in 'main.french'")
    return value


def _check_pattern(value: str) -> str:
    try:
        re.compile(value)  # a node runs it, and its patterns are Python's
    except re.error as exc:
        raise ValueError(f"not a regular expression: {exc}") from exc
    return value


def _check_uuid(value: str) -> str:
    if not UUID_TEXT.fullmatch(value.lower()):
        raise ValueError("a UUID is written 8-4-4-4-12, in hexadecimal digits")
    return value.lower()


def _check_alias(value: str) -> str:
    try:
        return parse_alias(value).text
    except RequestError as exc:
        reason = str(exc).removeprefix("alias: ")
        raise ValueError(f"{value!r} is no alias, it {reason}") from exc


def _check_address(value: str) -> str:
    text = _check_alias(value)
    if parse_alias(value).kind is not AliasKind.ADDRESS:
        raise ValueError(f"{value!r} is no address of a room or device")
    return text


def _check_domain(value: str) -> str:
    """Give a domain as aliases have it: in lower case, as A-label, without a final dot."""
    try:
        host = parse_alias(f"anybody@{value}").host
    except RequestError:
        host = ""
    if not host:
        raise ValueError(f"{value!r} is no domain name")
    return host


def _pattern(compiled: re.Pattern[str]) -> WithJsonSchema:
    """Tell editors and the database what the check above it wants."""
    return WithJsonSchema({"type": "string", "pattern": f"^({compiled.pattern})$"})


AliasText = Annotated[str, AfterValidator(_check_alias)]
AddressText = Annotated[str, AfterValidator(_check_address)]
DomainText = Annotated[str, AfterValidator(_check_domain)]
Pin = Annotated[str, AfterValidator(_check_pin), _pattern(PIN_TEXT)]
Dtmf = Annotated[str, AfterValidator(_check_dtmf), _pattern(_DTMF)]
Mix = Annotated[str, AfterValidator(_check_mix)]
Pattern = Annotated[Text, AfterValidator(_check_pattern)]
UuidText = Annotated[str, AfterValidator(_check_uuid), _pattern(UUID_TEXT)]


def check_pins(pin: str | None, guest_pin: str | None, *, allow_guests: bool) -> None:
    """Hold a PIN pair against Pexip's rules; raises ValueError that names the rule."""
    if guest_pin is None:
        return
    if pin is None:
        raise ValueError("guest_pin needs a pin")
    if not allow_guests:
        raise ValueError("guest_pin needs allow_guests: true")
    if pin == guest_pin:
        raise ValueError("pin and guest_pin must differ")
    if pin.endswith("#") != guest_pin.endswith("#"):
        raise ValueError("either both of pin and guest_pin end with '#' or neither does")
    if not pin.endswith("#") and len(pin) != len(guest_pin):
        raise ValueError("pin and guest_pin must have the same length, or both end with '#'")
