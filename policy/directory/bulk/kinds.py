"""The kinds of rows that bulk files hold, one file each, in the order in which they are written.

They are the rows of a directory file with all that the database knows besides. Pure.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, field_validator, model_validator

from policy.directory.document import (
    BookingRow,
    DeviceRow,
    DomainRow,
    PhonebookGrantRow,
    RoomRow,
    TemplateRow,
)
from policy.directory.records import OrganisationState
from policy.directory.writing.details import Details  # noqa: TC001  pydantic reads it
from policy.directory.writing.free_text import refuse_cpr
from policy.documents import Document
from policy.errors import RefusedError
from policy.wire.fields import AddressText, DomainText, Flag, Text

if TYPE_CHECKING:
    from collections.abc import Mapping


_A_DAY: Final = timedelta(hours=24)

Count = Annotated[int, Field(ge=0, le=2_147_483_647)]
Id = Annotated[int, Field(ge=-2_147_483_648, le=2_147_483_647)]
PinLimit = Annotated[int, Field(ge=1000, le=999_999_999)]
Text100 = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text200 = Annotated[str, StringConstraints(min_length=1, max_length=200)]
WebAddress = Annotated[str, StringConstraints(max_length=100, pattern="^https?://")]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Purpose = Literal[
    "cross-sector", "citizen", "general-practice", "administrative", "training", "other"
]
Role = Literal[
    "meeting-user",
    "meeting-planner",
    "meeting-admin",
    "meeting-provisioner",
    "meeting-provisioner-user",
    "auditor",
    "operator",
    "support",
]


def _check_text(name: str, text: str) -> None:
    try:
        refuse_cpr(name, text)
    except RefusedError as exc:
        raise ValueError(str(exc)) from exc


class BulkOrganisation(Document):
    """A node of the tree; a group has no code and is named by its id."""

    code: Text | None = None
    id: UUID | None = None
    name: Text
    type: Literal["group", "organisation", "praksis"] = "organisation"
    state: OrganisationState = OrganisationState.ACTIVE
    parent: Text | None = None  # a code, or the id of a group
    legacy_group_id: Id | None = None
    purposes: tuple[Purpose, ...] = ()
    quota_permanent_rooms: Count | None = None
    pool_size: Count | None = None
    allow_own_address: Flag = False
    sms_sender_name: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9 ]{1,11}$")] | None = None
    sms_callback_url: WebAddress | None = None
    device_webhook_endpoint: WebAddress | None = None
    device_webhook_key: Annotated[Secret | None, Field(repr=False)] = None
    history_api_key_sha256: Annotated[Sha256 | None, Field(repr=False)] = None
    agreements_required: Flag = False
    merged_into: Text | None = None
    deleted_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if (self.type == "group") != (self.code is None):
            raise ValueError("an organisation has a code, a group has none")
        if self.type == "group" and self.id is None:
            raise ValueError("a group needs an id")
        return self


class BulkAgreement(Document):
    """An agreement that an organisation has signed."""

    organisation: Text
    kind: Literal["connection", "dpa"]
    version: Text100
    signed_on: date
    valid_from: date
    valid_to: date | None = None
    sub_processor_list_version: Text100 | None = None
    instruction: dict[str, object] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to must not be before valid_from")
        if self.kind != "dpa" and (self.instruction or self.sub_processor_list_version):
            raise ValueError("only a dpa has an instruction and a sub_processor_list_version")
        return self


class BulkUser(Document):
    """A person who may do something for an organisation."""

    organisation: Text
    email: Text100
    roles: tuple[Role, ...] = ()


class BulkDomain(DomainRow):
    """A domain in which addresses are ours."""


class BulkRange(Document):
    """Numbers to draw addresses from, both limits included; without organisation the platform's."""

    organisation: Text | None = None
    name: Text100
    domain: DomainText
    prefix: Annotated[str, StringConstraints(pattern="^[a-z0-9._-]{0,50}$")] = ""
    low: Annotated[int, Field(ge=1, lt=10**18)]
    high: Annotated[int, Field(ge=1, lt=10**18)]
    expected: Count = 0

    @model_validator(mode="after")
    def _holds_enough(self) -> Self:
        if self.high < self.low:
            raise ValueError("high must not be below low")
        if self.high - self.low + 1 < 10 * self.expected:
            raise ValueError("a range holds ten times as many numbers as are expected to be held")
        return self


class BulkTemplate(TemplateRow):
    """What many rooms or meetings have in common; without organisation the platform's."""

    organisation: Text | None = None  # type: ignore[assignment]  # the platform has templates too
    is_default: Flag = False
    is_pool: Flag = False
    range: Text100 | None = None
    range_organisation: Text | None = None  # none: the platform's range
    host_pin_required: Flag | None = None
    guest_pin_required: Flag | None = None
    host_pin_low: PinLimit | None = None
    host_pin_high: PinLimit | None = None
    guest_pin_low: PinLimit | None = None
    guest_pin_high: PinLimit | None = None
    lead_minutes: Annotated[int, Field(ge=0, le=525_600)] | None = None
    end_meeting_on_end_time: Flag | None = None
    custom_portal_guest: Text200 | None = None
    custom_portal_host: Text200 | None = None
    return_url: Text200 | None = None
    call_type: Annotated[Text100, Field(max_length=64)] | None = None
    legacy_id: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None


class BulkRoom(RoomRow):
    """A permanent room; a room without an alias may be a draft, or have been deleted."""

    aliases: tuple[AddressText, ...] = ()
    template_organisation: Text | None = None  # none: of the room's own organisation
    created_at: AwareDatetime | None = None

    @field_validator("description")
    @classmethod
    def _tells_of_nobody(cls, value: str | None) -> str | None:
        if value:
            _check_text("description", value)
        return value


class BulkBooking(BookingRow):
    """A meeting with its room; `details` are what its people wrote about it."""

    aliases: tuple[AddressText, ...] = ()
    template_organisation: Text | None = None
    id: UUID | None = None
    cancelled_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    overrun_minutes: Annotated[int, Field(ge=0, le=1440)] = 120
    long_permitted: Flag = False
    details: Annotated[Details | None, Field(repr=False)] = None
    organised_by: Text100 | None = None
    created_by: Text100 | None = None
    updated_by: Text100 | None = None
    created_at: AwareDatetime | None = None
    project_code: Text100 | None = None
    external_id: Text200 | None = None
    guest_microphone: Literal["on", "off", "muted"] = "on"
    guest_pin_required: Flag = False
    short_id: Annotated[str, StringConstraints(pattern="^[0-9a-f]{12}$")] | None = None
    meeting_type: Literal["NORMAL", "POOL"] = "NORMAL"
    custom_portal_guest: Text200 | None = None
    custom_portal_host: Text200 | None = None
    return_url: Text200 | None = None
    call_type: Annotated[Text100, Field(max_length=64)] | None = None
    sources: dict[str, object] = Field(default_factory=dict)

    @field_validator("details")
    @classmethod
    def _tell_of_nobody(cls, value: Details | None) -> Details | None:
        for name, text in value.texts() if value else ():
            _check_text(name, text)
        return value

    @model_validator(mode="after")
    def _ends_in_one_way(self) -> Self:
        if self.ended_at is not None and (self.cancelled or self.cancelled_at is not None):
            raise ValueError("a meeting is cancelled or has ended, not both")
        if self.ends_at - self.starts_at > _A_DAY and not self.long_permitted:
            raise ValueError("a meeting lasts 24 hours at most, unless long_permitted: true")
        return self


class BulkDevice(DeviceRow):
    """A device; one that has been called nothing yet has no alias."""

    alias: AddressText | None = None  # type: ignore[assignment]  # see above
    more_aliases: tuple[AddressText, ...] = ()
    id: UUID | None = None
    owner_email: Text200 | None = None
    created_at: AwareDatetime | None = None

    @field_validator("description")
    @classmethod
    def _tells_of_nobody(cls, value: str | None) -> str | None:
        if value:
            _check_text("description", value)
        return value


class BulkAddress(Document):
    """An address that is not simply called: held, quarantined; or more about one that is active."""

    alias: AddressText
    state: Literal["held", "quarantined", "active"]
    kind: Literal["booking", "permanent", "device", "reception", "gateway-rule", "reserved"] = (
        "reserved"
    )
    room: Text | None = None  # its service_name
    device: UUID | None = None
    organisation: Text | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    description: Text | None = None
    range: Text100 | None = None
    range_organisation: Text | None = None
    last_used_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _is_for_one(self) -> Self:
        targets = sum(each is not None for each in (self.room, self.device, self.organisation))
        if targets > 1:
            raise ValueError("only one of room, device and organisation")
        if self.state == "active" and targets:
            raise ValueError(
                "an active address is told by its room or device, this only adds to it"
            )
        return self


class BulkGrant(PhonebookGrantRow):
    """Devices of `seen_by` find what `organisation` has listed."""


class BulkMessageTemplate(Document):
    """The text of an invitation."""

    organisation: Text
    name: Text
    body: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
    inherit: Flag = False


class BulkTheme(Document):
    """A theme by the name that the platform knows; its archive is not carried."""

    organisation: Text
    name: Text
    pexip_name: Text
    inherit: Flag = False
    legacy_key: Text100 | None = None


# By the name of the file; each refers only to those before it.
KINDS: Final[Mapping[str, type[Document]]] = {
    "organisations": BulkOrganisation,
    "agreements": BulkAgreement,
    "users": BulkUser,
    "domains": BulkDomain,
    "ranges": BulkRange,
    "templates": BulkTemplate,
    "themes": BulkTheme,
    "message_templates": BulkMessageTemplate,
    "rooms": BulkRoom,
    "bookings": BulkBooking,
    "devices": BulkDevice,
    "addresses": BulkAddress,
    "phonebook_grants": BulkGrant,
}

# Left out of an export unless somebody asks for them.
SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "organisations": ("device_webhook_key", "history_api_key_sha256"),
    "rooms": ("pin", "guest_pin"),
    "bookings": ("pin", "guest_pin", "details"),
    "devices": ("password",),
}
