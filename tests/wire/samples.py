"""Values for every type of result field, found by the name that the models give the type.

They are written from Pexip's reference, not from the types: a type that lets more or less through
than a node does disagrees with them.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

from policy.wire.services import (
    Conference,
    Gateway,
    Lecture,
    MediaPlayback,
    Reception,
    TestCall,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.documents import Document
    from policy.wire.services import Service

SERVICES: Final[tuple[type[Service], ...]] = (
    Conference,
    Lecture,
    Gateway,
    Reception,
    MediaPlayback,
    TestCall,
)
_LECTURE_LAYOUTS: Final = (
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
)
_LAYOUTS: Final = (*_LECTURE_LAYOUTS, "five_mains_seven_pips")
_UUID: Final = "4ce6aa27-e550-4e02-be1f-90b3b15a2eaf"
_SOMEBODY: Final = {
    "local_alias": "ward7@example.org",
    "remote_alias": "sip:desk@example.org",
    "protocol": "sip",
    "role": "guest",
}


@dataclass(frozen=True, slots=True)
class Samples:
    """Values that a node takes, and values for which it drops the whole answer."""

    good: tuple[object, ...]
    bad: tuple[object, ...]


def _words(*words: str, null: bool = False) -> Samples:
    good: tuple[object, ...] = (*words, None) if null else words
    bad: tuple[object, ...] = (words[0].upper(), f"{words[0]} ", "", 1, True, [words[0]])
    return Samples(good, bad if null else (*bad, None))


def _text(longest: int, *, empty: bool) -> Samples:
    good = ("x", "møde 7", "x" * longest)
    bad = ("x" * (longest + 1), True, None, ["x"], {"x": "x"})
    return Samples((*good, ""), bad) if empty else Samples(good, (*bad, ""))


def _whole(lowest: int, highest: int | None) -> Samples:
    top = 1_893_456_000 if highest is None else highest
    beyond = () if highest is None else (highest + 1,)
    return Samples((lowest, top), (lowest - 1, *beyond, True, str(top), top + 0.5, None, [top]))


_CALL_TYPES: Final = ("video", "video-only", "audio")

# Of every type of field as the models name it.
SAMPLES: Final[Mapping[str, Samples]] = {
    "Flag": Samples((True, False), ("true", "yes", 1, 0, None, "")),
    "Text": _text(250, empty=False),
    "EmptyText": _text(250, empty=True),
    "GatewayName": _text(213, empty=False),
    "EmailAddress": _text(100, empty=False),
    "Callrate": _whole(128_000, 8_192_000),
    "ParticipantLimit": _whole(0, 1_000_000),
    "NotificationSeconds": _whole(0, 30),
    "EpochSeconds": _whole(0, None),
    "Annotated[Number, Field(ge=0)]": _whole(0, None),
    "CallType": _words(*_CALL_TYPES),
    "GatewayCallType": _words(*_CALL_TYPES, "auto"),
    "CryptoMode | None": _words("besteffort", "on", "off", null=True),
    "MaxPixels | None": _words("sd", "hd", "fullhd", null=True),
    "Choice": _words("default", "yes", "no"),
    "DirectMedia": _words("never", "best_effort", "always"),
    "GuestsSeeGuests": _words("no_hosts", "always", "never"),
    "NonIdpParticipants": _words("disallow_all", "allow_if_trusted"),
    "Role | None": _words("chair", "guest", null=True),
    "OutgoingProtocol": _words("h323", "sip", "mssip", "rtmp", "gms", "teams"),
    "Layout": _words(*_LAYOUTS),
    "LectureLayout": Samples(_LECTURE_LAYOUTS, ("five_mains_seven_pips", "teams", "", None)),
    "GatewayLayout": _words(*_LAYOUTS, "teams", "teams_focus"),
    "Annotated[Pin, Field(repr=False)]": Samples(
        ("0123", "123#", "1" * 20, "1" * 19 + "#"),
        (
            "123",
            "12#",
            "1" * 21,
            "1" * 20 + "#",
            "12a4",
            "#123",
            "12 34",
            "\u0661\u0662\u0663\u0664",
            "",
            None,
        ),
    ),
    "Dtmf": Samples(("0123456789*#,", "1" * 250), ("1" * 251, "12a", "1 2", None)),
    "Mix": Samples(("main", "main.french", "a.b.c"), ("", "a.b.c.d", "a..b", ".a", "a.", None)),
    "Pattern": Samples((r"(.*)@example\.org", "(?=x)x"), ("(", "[a", "", "x" * 251, None)),
    "UuidText": Samples(
        (_UUID,), ("7", _UUID.replace("-", ""), f"{{{_UUID}}}", f"urn:uuid:{_UUID}", None)
    ),
    "tuple[UuidText, ...]": Samples(((), (_UUID, _UUID)), (_UUID, ("7",), None)),
    "tuple[AutomaticParticipant, ...]": Samples(
        ((), (_SOMEBODY, _SOMEBODY)),
        (_SOMEBODY, ({},), ({**_SOMEBODY, "role": "host"},), ({**_SOMEBODY, "protocol": "teams"},)),
    ),
    "tuple[AudioMix, ...]": Samples(
        ((), ({"mix_name": "main"}, {"mix_name": "main.french", "prominent": True})),
        ({"mix_name": "main"}, ({},), ({"mix_name": "a..b"},), ("main",), None),
    ),
    "Text | None": Samples(("x", "x" * 250, None), ("", "x" * 251, True, ["x"])),
    "OnCompletion": Samples(
        (
            {"disconnect": True},
            {"transfer": {"conference": "ward7@example.org"}},
            {"transfer": {"conference": "ward7@example.org", "role": "chair"}},
        ),
        (
            {},
            {"disconnect": False},
            {"disconnect": None},
            {"disconnect": True, "transfer": {"conference": "ward7@example.org"}},
            {"transfer": {}},
            {"transfer": {"conference": "ward7@example.org", "role": "host"}},
            None,
        ),
    ),
    # The words of single fields.
    'Literal["transfer", "disconnect"]': _words("transfer", "disconnect"),
    'Literal["yes", "no"]': _words("yes", "no"),
    'Literal["regular", "mssip", "gms", "teams"]': _words("regular", "mssip", "gms", "teams"),
    'Literal["manual", "routing_rule"]': _words("manual", "routing_rule"),
    'Literal["ALLOW", "DENY"]': Samples(("ALLOW", "DENY"), ("allow", "deny", "", None)),
    "DialOutProtocol": _words("h323", "sip", "mssip", "rtmp"),
    "Role": _words("chair", "guest"),
}
_BY_FIELD: Final[Mapping[str, Samples]] = {
    "called_device_type": _words(
        "external",
        "registration",
        "mssip_conference_id",
        "mssip_server",
        "gms_conference",
        "teams_conference",
        "teams_user",
        "telehealth_profile",
    ),
    "keep_conference_alive": _words(
        "keep_conference_alive",
        "keep_conference_alive_if_multiple",
        "keep_conference_alive_never",
    ),
}


def fields_of(model: type[Document]) -> dict[str, Samples]:
    """Give the samples of every field of a model but the one that names its type."""
    written: dict[str, str] = {}
    for base in reversed(model.__mro__):
        written |= inspect.get_annotations(base)
    names = [name for name in model.model_fields if name != "service_type"]
    return {name: _BY_FIELD.get(name) or SAMPLES[written[name].replace("'", '"')] for name in names}


def service_type_of(model: type[Service]) -> str:
    """Give the word by which a node tells the services apart."""
    return str(get_args(model.model_fields["service_type"].annotation)[0])


def smallest(model: type[Service]) -> dict[str, object]:
    """Give a document with nothing but what a service of this type needs."""
    document: dict[str, object] = {
        "service_type": service_type_of(model),
        "name": "r-ward7",
        "service_tag": "",
    }
    if model is Gateway:
        document |= {
            "local_alias": "ward7@example.org",
            "remote_alias": "desk@example.org",
            "outgoing_protocol": "sip",
        }
    if model is MediaPlayback:
        document |= {"media_playlist_name": "Welcome"}
    return document


def company_of(name: str, value: object) -> dict[str, object]:
    """Give the fields without which a node does not take this one."""
    if name == "guest_pin":
        pin = "0" * (len(str(value)) - 1) + ("#" if str(value).endswith("#") else "0")
        return {"allow_guests": True, "pin": pin}
    if name == "allow_guests" and value:
        return {"pin": "48213"}
    if name == "breakout_uuids" and value:
        return {"breakout_rooms": True}
    if name == "view" and value in ("teams", "teams_focus"):
        return {"outgoing_protocol": "teams"}
    if name == "breakout" and not value:
        return {}
    if name.startswith(("breakout", "end_")) and name not in {"breakout_uuids", "breakout_rooms"}:
        return {"breakout": True, "breakout_uuid": _UUID, "breakout_name": "Group A"}
    return {}
