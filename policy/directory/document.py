"""The rows of a directory file: what the example directory and the test cases are written in.

Values are held against the wire's own types here, so that a bad one is refused with file, line and
column; the database holds the same rules for whoever writes SQL.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from policy.directory.records import ROOM_FIELDS, AddressKey, OrganisationState, RoomState
from policy.documents import Document
from policy.wire.alias import parse_alias
from policy.wire.fields import (
    AddressText,
    Choice,
    CryptoMode,
    DirectMedia,
    EmptyText,
    Flag,
    Layout,
    LectureLayout,
    MaxPixels,
    ParticipantLimit,
    Pin,
    Text,
    check_pins,
)

Domain = Annotated[str, StringConstraints(min_length=1, max_length=250, to_lower=True)]


def key_of(alias: str) -> AddressKey:
    """Give the key under which the register holds an alias."""
    parsed = parse_alias(alias)
    return AddressKey(parsed.user, parsed.host)


class OrganisationRow(Document):
    """An organisation; `parent` is the code of the one above it."""

    code: Text
    name: Text
    type: Literal["organisation", "praksis"] = "organisation"
    state: OrganisationState = OrganisationState.ACTIVE
    parent: Text | None = None


class DomainRow(Document):
    """A domain in which addresses are ours."""

    domain: Domain
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
    type: Literal["conference", "lecture"] = "conference"
    description: EmptyText | None = None
    pin: Annotated[Pin | None, Field(repr=False)] = None
    guest_pin: Annotated[Pin | None, Field(repr=False)] = None
    allow_guests: Flag = False
    participant_limit: ParticipantLimit | None = None
    view: Layout | None = None
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

    @model_validator(mode="after")
    def _obeys_the_platform(self) -> Self:
        if self.guests_welcome() and self.pin is None:
            raise ValueError("allow_guests needs a pin")
        check_pins(self.pin, self.guest_pin, allow_guests=self.guests_welcome())
        if self.type == "lecture" and self.view is not None:
            raise ValueError("view is for conferences; a lecture has host_view and guest_view")
        lecture_only = (self.host_view, self.guest_view, self.force_presenter_into_main)
        if self.type == "conference" and any(value is not None for value in lecture_only):
            raise ValueError(
                "host_view, guest_view and force_presenter_into_main are for lectures only"
            )
        return self

    def guests_welcome(self) -> bool:
        """Say whether there are guests: a guest PIN says so too."""
        return self.allow_guests or self.guest_pin is not None

    def fields(self) -> dict[str, object]:
        """Give the columns that go onto the wire under their own name, in their order."""
        own = {"service_type": self.type, "allow_guests": self.guests_welcome()}
        return {name: own[name] if name in own else getattr(self, name) for name in ROOM_FIELDS}


class BookingRow(RoomRow):
    """A meeting and its one-time room; times carry an offset."""

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


class DirectoryFile(Document):
    """A whole small directory."""

    organisations: tuple[OrganisationRow, ...] = ()
    domains: tuple[DomainRow, ...] = ()
    rooms: tuple[RoomRow, ...] = ()
    bookings: tuple[BookingRow, ...] = ()
    devices: tuple[DeviceRow, ...] = ()
    addresses: tuple[HeldAddressRow, ...] = ()
