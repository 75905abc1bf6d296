"""The rows of a directory file: what the example directory and the test cases are written in.

Values are held against the wire's own types here, so that a bad one is refused with file, line and
column; the database holds the same rules for whoever writes SQL.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from policy.directory.records import ROOM_FIELDS, AddressKey, OrganisationState, RoomState
from policy.documents import Document
from policy.wire.alias import parse_alias
from policy.wire.fields import (
    AddressText,
    Choice,
    CryptoMode,
    DirectMedia,
    DomainText,
    EmptyText,
    Flag,
    GatewayLayout,
    LectureLayout,
    MaxPixels,
    ParticipantLimit,
    Pin,
    Text,
)
from policy.wire.schema import SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping


def key_of(alias: str) -> AddressKey:
    """Give the key under which the register holds an alias."""
    parsed = parse_alias(alias)
    return AddressKey(parsed.user, parsed.host)


ServiceType = Literal[
    "conference", "lecture", "gateway", "two_stage_dialing", "media_playback", "test_call"
]
# What a room says under a key of its own, and a template does not say at all.
NAMED_BY_THE_ROOM: Final = ("name", "service_tag")
_CONTROL_CHARACTER: Final = re.compile("[\x00-\x1f\x7f-\x9f]")


def check_service(service_type: str, said: Mapping[str, object]) -> None:
    """Hold a result document against its model; raises ValueError that names field and rule."""
    document = {"service_tag": "", **said, "service_type": service_type}
    try:
        SERVICES[service_type].model_validate(document)
    except ValidationError as exc:
        error = exc.errors(include_url=False)[0]
        field = ".".join(str(part) for part in error["loc"])
        match error["type"]:
            case "extra_forbidden":
                text = f"{field}: is no field of service type {service_type}"
            case "missing":
                text = f"{field}: is missing"
            case "value_error":
                reason = str(error["ctx"]["error"])
                text = f"{field}: {reason}" if field else reason
            case _:
                text = f"{field}: {error['msg'][:1].lower()}{error['msg'][1:]}"
        raise ValueError(text) from exc


def _check_tag(tag: str) -> str:
    if _CONTROL_CHARACTER.search(tag):
        raise ValueError("a tag has no control characters")
    return tag


Tag = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_check_tag)]
Tags = Annotated[tuple[Tag, ...], Field(max_length=50)]


class OrganisationRow(Document):
    """An organisation; `parent` is the code of the one above it."""

    code: Text
    name: Text
    type: Literal["organisation", "praksis"] = "organisation"
    state: OrganisationState = OrganisationState.ACTIVE
    parent: Text | None = None


class DomainRow(Document):
    """A domain in which addresses are ours."""

    domain: DomainText
    organisation: Text
    inherit: Flag = False
    history_only: Flag = False


class RoomRow(Document):
    """A permanent room and its aliases; what is left out is left out of the answer."""

    organisation: Text
    aliases: Annotated[tuple[AddressText, ...], Field(min_length=1)]
    state: RoomState = RoomState.ACTIVE
    service_name: Text | None = None
    service_tag: EmptyText | None = None
    listed: Flag = False  # in phone books; a description may tell of health
    type: ServiceType = "conference"
    description: EmptyText | None = None
    pin: Annotated[Pin | None, Field(repr=False)] = None
    guest_pin: Annotated[Pin | None, Field(repr=False)] = None
    allow_guests: Flag = False
    participant_limit: ParticipantLimit | None = None
    view: GatewayLayout | None = None
    host_view: LectureLayout | None = None
    guest_view: LectureLayout | None = None
    max_pixels_per_second: MaxPixels | None = None
    ivr_theme_name: Text | None = None
    enable_overlay_text: Flag | None = None
    guests_can_present: Flag | None = None
    enable_chat: Choice | None = None
    force_presenter_into_main: Flag | None = None
    mute_all_guests: Flag | None = None
    crypto_mode: CryptoMode | None = None
    direct_media: DirectMedia | None = None
    # A file, counted from the folder of the directory file; so it is for devices.
    picture: Text | None = None

    # Fields that have no key here, in Pexip's words.
    service: dict[str, object] = Field(default_factory=dict)
    # The name of a template of the same organisation; what is written here wins.
    template: Text | None = None
    # Free words for rules to look at.
    tags: Tags = ()

    @model_validator(mode="after")
    def _a_node_takes_it(self) -> Self:
        doubled = sorted(self.service.keys() & {*ROOM_FIELDS, *NAMED_BY_THE_ROOM})
        if doubled:
            raise ValueError(f"service: {doubled[0]} is a key of the room itself")
        if self.template is None:  # else the database looks at both together
            check_service(self.type, {"name": self.service_name or "r"} | self.said())
        return self

    def said(self) -> dict[str, object]:
        """Give the fields of the result document that this row says."""
        said = {name: value for name, value in self.fields().items() if value is not None}
        if not said["allow_guests"]:
            del said["allow_guests"]
        if said.get("participant_limit") == 0:
            del said["participant_limit"]
        return said | self.service

    def guests_welcome(self) -> bool:
        """Say whether there are guests: a guest PIN says so too."""
        return self.allow_guests or self.guest_pin is not None

    def fields(self) -> dict[str, object]:
        """Give the columns that go onto the wire under their own name, in their order."""
        own = {"service_type": self.type, "allow_guests": self.guests_welcome()}
        return {name: own[name] if name in own else getattr(self, name) for name in ROOM_FIELDS}


class TemplateRow(Document):
    """What many rooms of an organisation have in common."""

    organisation: Text
    name: Text
    type: Literal["conference", "lecture"] = "conference"
    service: dict[str, object] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _leaves_some_fields_to_its_rooms(self) -> Self:
        of_rooms = {*NAMED_BY_THE_ROOM, "service_type", "pin", "guest_pin", "allow_guests"}
        doubled = sorted(self.service.keys() & of_rooms)
        if doubled:
            raise ValueError(f"service: {doubled[0]} is for each room to say")
        check_service(self.type, {"name": "r"} | self.service)
        return self


class BookingRow(RoomRow):
    """A meeting and its one-time room; times carry an offset."""

    type: Literal["conference", "lecture"] = "conference"

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    lead_minutes: Annotated[int, Field(ge=0, le=525_600)] = 0
    end_meeting_on_end_time: Flag = False
    cancelled: Flag = False

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be after starts_at")
        return self

    @model_validator(mode="after")
    def _is_for_the_invited(self) -> Self:
        if self.listed:
            raise ValueError("a booking is never listed")
        return self

    def opens_at(self) -> datetime:
        """Give the moment from which the room may be joined."""
        return self.starts_at - timedelta(minutes=self.lead_minutes)


class DeviceRow(Document):
    """A device or soft client, and how it proves itself when it registers."""

    organisation: Text
    alias: AddressText
    description: EmptyText | None = None
    username: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    password: Annotated[Text | None, Field(repr=False)] = None
    single_sign_on: Flag = False
    without_proof: Flag = False
    enabled: Flag = True
    listed: Flag = False
    picture: Text | None = None
    tags: Tags = ()

    @model_validator(mode="after")
    def _proofs_fit_together(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password come together")
        if self.username is not None and self.without_proof:
            raise ValueError("without_proof is for a device that has no password")
        return self


class HeldAddressRow(Document):
    """An address that nobody answers at: held back, or of a meeting that is over."""

    alias: AddressText
    state: Literal["held", "quarantined"]


class PhonebookGrantRow(Document):
    """Devices of `seen_by` find what `organisation` has listed."""

    organisation: Text
    seen_by: Text


class DirectoryFile(Document):
    """A whole small directory."""

    organisations: tuple[OrganisationRow, ...] = ()
    domains: tuple[DomainRow, ...] = ()
    templates: tuple[TemplateRow, ...] = ()
    rooms: tuple[RoomRow, ...] = ()
    bookings: tuple[BookingRow, ...] = ()
    devices: tuple[DeviceRow, ...] = ()
    addresses: tuple[HeldAddressRow, ...] = ()
    phonebook_grants: tuple[PhonebookGrantRow, ...] = ()
