"""Frozen values for what the directory holds. Pure: no I/O, no waiting, no settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from policy.wire.results import ServiceResult

# The columns of a room that go onto the wire under their own name.
ROOM_FIELDS: Final = (
    "service_type",
    "description",
    "pin",
    "guest_pin",
    "allow_guests",
    "participant_limit",
    "view",
    "host_view",
    "guest_view",
    "max_pixels_per_second",
    "ivr_theme_name",
    "enable_overlay_text",
    "guests_can_present",
    "enable_chat",
    "force_presenter_into_main",
    "mute_all_guests",
    "crypto_mode",
    "direct_media",
)


class OrganisationState(StrEnum):
    """Where an organisation stands with its agreements."""

    PROSPECT = "prospect"
    AGREEMENT_PENDING = "agreement-pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEAVING = "leaving"
    CLOSED = "closed"

    @property
    def may_call(self) -> bool:
        """Say whether calls are let in; one that is leaving keeps its rooms until it is closed."""
        return self is OrganisationState.ACTIVE or self is OrganisationState.LEAVING


class RoomState(StrEnum):
    """The life of a permanent room."""

    DRAFT = "draft"
    ACTIVE = "active"
    UNUSED_WARNED = "unused-warned"  # no call for a year: its owner has been told, calls go on
    RETIRED = "retired"
    DELETED = "deleted"


class AddressKey(NamedTuple):
    """What the directory is asked for; `domain` is empty for a bare number or name.

    A tuple, for it is looked up in every call: its hash takes 60 ns, that of a dataclass 250.
    """

    local: str
    domain: str


@dataclass(frozen=True, slots=True)
class PermanentRoom:
    """A room without an end; `service` is its result document, as it goes onto the wire."""

    organisation: OrganisationState
    state: RoomState
    service: ServiceResult
    owner: str = ""  # the organisation's code
    picture_id: UUID | None = None
    subtree: tuple[str, ...] = ()  # codes of the owner and of those above it, the root last
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Booking:
    """A meeting and its one-time room; it may be joined from `opens_at` to `closes_at`.

    It closes at its end, or later while its conference is known to run and may.
    """

    organisation: OrganisationState
    opens_at: datetime
    ends_at: datetime
    closes_at: datetime
    cancelled: bool
    service: ServiceResult
    owner: str = ""
    picture_id: UUID | None = None
    subtree: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Device:
    """A device or soft client, and how it proves itself when it registers.

    A user name goes with a password; `without_proof` admits whoever claims the alias.
    """

    organisation: OrganisationState
    enabled: bool
    single_sign_on: bool
    without_proof: bool
    username: str = field(repr=False)
    password: str = field(repr=False)
    owner: str = ""
    in_own_domain: bool = True  # else its alias is in a domain of somebody else
    picture_id: UUID | None = None
    subtree: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An address whose meeting has ended and that nobody else may have yet."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """An address that is held back: nobody answers there."""


Target = PermanentRoom | Booking | Device | Quarantined | Reserved


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory knows of one key.

    `own_domain` says whether the key's domain is one of ours; a bare key is always ours.
    `target` is None when nobody owns the address. From `valid_until` on, by the database's clock,
    the directory says something else. `parts` are the rows that it was made of (room or device,
    template, organisation): a change of one of them makes it wrong.
    """

    own_domain: bool
    target: Target | None
    valid_until: datetime | None = field(default=None, compare=False)
    parts: tuple[UUID, ...] = field(default=(), compare=False)
    address_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Changes:
    """What was committed since somebody last looked.

    `locals` are the local parts of addresses, in whichever domain; `rows` are ids as in
    `Entry.parts`; `everything` says that all that is known is doubtful.
    """

    locals: frozenset[str] = frozenset()
    rows: frozenset[UUID] = frozenset()
    everything: bool = False


class Found(NamedTuple):
    """An entry; `is_stale` when it is past its time because the database is away."""

    entry: Entry
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class PhonebookSearch:
    """Who looks for what; `asker` is the address of a device."""

    asker: AddressKey
    typed: str = field(repr=False)
    limit: int


@dataclass(frozen=True, slots=True)
class PhonebookEntry:
    """A room or device that was found: what to dial, and what it is called."""

    alias: str = field(repr=False)
    description: str = field(repr=False)


def service_tag(organisation_code: str | None, kind: str) -> str:
    """Give the tag of a room that has none of its own: for statistics, without personal data."""
    # A node takes 250 characters; a code may fill them alone.
    return f"{(organisation_code or '')[:238]}:{kind}"
