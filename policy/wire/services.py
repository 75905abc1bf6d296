"""Result documents of the service request: one frozen model per service type.

The defaults are Pexip's own and are never sent: a document holds what its author wrote, and
`result()` gives exactly that. Unlike elsewhere, models inherit here: a field that four services
share is stated once, and pydantic has no other way to say so.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from policy.documents import Document
from policy.wire.fields import (
    Callrate,
    CallType,
    Choice,
    CryptoMode,
    DialOutProtocol,
    DirectMedia,
    Dtmf,
    EmailAddress,
    EmptyText,
    EpochSeconds,
    Flag,
    GatewayCallType,
    GatewayLayout,
    GatewayName,
    GuestsSeeGuests,
    Layout,
    LectureLayout,
    MaxPixels,
    NonIdpParticipants,
    NotificationSeconds,
    OutgoingProtocol,
    ParticipantLimit,
    Pattern,
    Pin,
    Role,
    Text,
    UuidText,
    check_pins,
)


class AutomaticParticipant(Document):
    """Somebody whom the platform dials when the conference starts."""

    local_alias: Text
    remote_alias: Text
    protocol: DialOutProtocol
    role: Role
    call_type: CallType = "video"
    description: EmptyText = ""
    dtmf_sequence: Dtmf = ""
    keep_conference_alive: Literal[
        "keep_conference_alive",
        "keep_conference_alive_if_multiple",
        "keep_conference_alive_never",
    ] = "keep_conference_alive_if_multiple"
    local_display_name: Text = ""
    presentation_url: Text = ""
    remote_display_name: Text = ""
    routing: Literal["manual", "routing_rule"] = "manual"
    streaming: Flag = False
    system_location_name: Text = ""

    @model_validator(mode="after")
    def _presentation_is_for_streams(self) -> Self:
        if self.presentation_url and self.protocol != "rtmp":
            raise ValueError("presentation_url is for protocol rtmp only")
        return self


class Service(Document):
    """What every service has, whatever its type."""

    name: Text
    service_tag: EmptyText
    description: EmptyText = ""
    ivr_theme_name: Text = ""
    max_callrate_in: Callrate = 8_192_000
    max_pixels_per_second: MaxPixels | None = None

    def result(self) -> dict[str, object]:
        """Give the fields that were written, as they go onto the wire."""
        return self.model_dump(mode="json", exclude_unset=True)


class _Guarded(Service):
    """A service with PINs and identity providers."""

    allow_guests: Flag = False
    pin: Annotated[Pin, Field(repr=False)] = ""
    guest_pin: Annotated[Pin, Field(repr=False)] = ""
    guest_identity_provider_group: Text = ""
    host_identity_provider_group: Text = ""
    non_idp_participants: NonIdpParticipants = "disallow_all"
    max_callrate_out: Callrate = 8_192_000

    @model_validator(mode="after")
    def _pins_obey_the_platform(self) -> Self:
        check_pins(self.pin or None, self.guest_pin or None, allow_guests=self.allow_guests)
        if self.allow_guests and not self.pin and not self.host_identity_provider_group:
            raise ValueError("allow_guests needs a pin or a host_identity_provider_group")
        return self


class _Meeting(_Guarded):
    """What conferences and lectures share."""

    automatic_participants: tuple[AutomaticParticipant, ...] = ()
    bypass_proxy: Flag = False
    call_type: CallType = "video"
    crypto_mode: CryptoMode | None = None
    denoise_enabled: Flag = False
    direct_media: DirectMedia = "never"
    direct_media_notification_duration: NotificationSeconds = 0
    enable_active_speaker_indication: Flag = False
    enable_chat: Choice = "default"
    enable_overlay_text: Flag = False
    guests_can_present: Flag = True
    live_captions_enabled: Choice = "default"
    live_captions_language: Text = ""
    local_display_name: Text = ""
    locked: Flag = False
    mute_all_guests: Flag = False
    participant_limit: ParticipantLimit = 1_000_000
    pinning_config: Text = ""
    prefer_ipv6: Choice = "default"
    primary_owner_email_address: EmailAddress = ""
    softmute_enabled: Flag = False
    source_language: Text = ""


class Conference(_Meeting):
    """A Virtual Meeting Room, or one of its breakout rooms."""

    service_type: Literal["conference"]
    view: Layout = "one_main_seven_pips"
    breakout_rooms: Flag = False
    breakout: Flag = False
    breakout_uuid: UuidText = ""
    breakout_name: Text = ""
    breakout_description: EmptyText = ""
    breakout_guests_allowed_to_leave: Flag = False
    breakout_uuids: tuple[UuidText, ...] = ()
    end_action: Literal["transfer", "disconnect"] = "transfer"
    end_time: EpochSeconds = 0

    @model_validator(mode="after")
    def _breakouts_fit_together(self) -> Self:
        if self.breakout:
            self._check_breakout_room()
        elif parts := self.model_fields_set & _BREAKOUT_ONLY:
            raise ValueError(f"{min(parts)} needs breakout: true")
        if self.breakout_uuids and not self.breakout_rooms:
            raise ValueError("breakout_uuids needs breakout_rooms: true")
        if self.breakout_rooms and self.direct_media != "never":
            raise ValueError("direct_media must be never when breakout_rooms is true")
        return self

    def _check_breakout_room(self) -> None:
        if self.breakout_rooms:
            raise ValueError("breakout_rooms must be false in a breakout room")
        if "breakout_uuids" in self.model_fields_set:
            raise ValueError("breakout_uuids is for the main room, not for a breakout room")
        missing = {"breakout_uuid", "breakout_name"} - self.model_fields_set
        if missing:
            raise ValueError(f"a breakout room needs {min(missing)}")


_BREAKOUT_ONLY = frozenset(
    {
        "breakout_uuid",
        "breakout_name",
        "breakout_description",
        "breakout_guests_allowed_to_leave",
        "end_action",
        "end_time",
    }
)


class Lecture(_Meeting):
    """A Virtual Auditorium: hosts and guests see different things."""

    service_type: Literal["lecture"]
    host_view: LectureLayout = "one_main_seven_pips"
    guest_view: LectureLayout = "one_main_seven_pips"
    force_presenter_into_main: Flag = False
    guests_can_see_guests: GuestsSeeGuests = "no_hosts"


class Gateway(Service):
    """A call through the Infinity Gateway; `name` is made unique for each call."""

    service_type: Literal["gateway"]
    name: GatewayName
    local_alias: Text
    remote_alias: Text
    outgoing_protocol: OutgoingProtocol
    bypass_proxy: Flag = False
    call_type: GatewayCallType = "video"
    called_device_type: Literal[
        "external",
        "registration",
        "mssip_conference_id",
        "mssip_server",
        "gms_conference",
        "teams_conference",
        "teams_user",
        "telehealth_profile",
    ] = "external"
    crypto_mode: CryptoMode | None = None
    denoise_audio: Flag = True
    dtmf_sequence: Dtmf = ""
    enable_active_speaker_indication: Flag = False
    enable_overlay_text: Flag = False
    external_participant_avatar_lookup: Choice = "default"
    gms_access_token_name: Text = ""
    h323_gatekeeper_name: Text = ""
    live_captions_enabled: Choice = "default"
    live_captions_language: Text = ""
    local_display_name: Text = ""
    max_callrate_out: Callrate = 8_192_000
    mssip_proxy_name: Text = ""
    outgoing_location_name: Text = ""
    prefer_ipv6: Choice = "default"
    sip_proxy_name: Text = ""
    source_language: Text = ""
    stun_server_name: Text = ""
    teams_fit_to_frame: Literal["yes", "no"] = "no"
    teams_proxy_name: Text = ""
    transcoding_enabled: Flag = True
    treat_as_trusted: Flag = False
    turn_server_name: Text = ""
    view: GatewayLayout = "one_main_seven_pips"

    @model_validator(mode="after")
    def _teams_layouts_are_for_teams(self) -> Self:
        if self.view in {"teams", "teams_focus"} and self.outgoing_protocol != "teams":
            raise ValueError(f"view {self.view!r} needs outgoing_protocol: teams")
        return self


class Reception(Service):
    """A Virtual Reception: the caller enters the alias to be connected to."""

    service_type: Literal["two_stage_dialing"]
    bypass_proxy: Flag = False
    call_type: CallType = "video"
    crypto_mode: CryptoMode | None = None
    gms_access_token_name: Text = ""
    local_display_name: Text = ""
    match_string: Pattern = ""
    replace_string: Text = ""
    post_match_string: Pattern = ""
    post_replace_string: Text = ""
    max_callrate_out: Callrate = 8_192_000
    mssip_proxy_name: Text = ""
    system_location_name: Text = ""
    teams_proxy_name: Text = ""
    two_stage_dial_type: Literal["regular", "mssip", "gms", "teams"] = "regular"


class Transfer(Document):
    """Where a playback sends its participants."""

    conference: Text
    role: Role = "guest"


class OnCompletion(Document):
    """What happens when a playback has ended: exactly one of the two."""

    disconnect: Literal[True] | None = None
    transfer: Transfer | None = None

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if len(self.model_fields_set) != 1 or (self.disconnect is None and self.transfer is None):
            raise ValueError("on_completion is either disconnect: true or transfer")
        return self


class MediaPlayback(_Guarded):
    """A playlist, and what comes after it."""

    service_type: Literal["media_playback"]
    media_playlist_name: Text
    # The default is never sent; None would let a file say null, which a node refuses.
    on_completion: OnCompletion = OnCompletion.model_construct()


class TestCall(Service):
    """The Test Call Service."""

    service_type: Literal["test_call"]
    bypass_proxy: Flag = False
    call_type: CallType = "video"
    crypto_mode: CryptoMode | None = None
    local_display_name: Text = ""


AnyService = Annotated[
    Conference | Lecture | Gateway | Reception | MediaPlayback | TestCall,
    Field(discriminator="service_type"),
]
