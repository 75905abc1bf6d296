"""One frozen type per policy request, read from the raw query once, at the border.

What every decision looks at is read at once; the rest is read from the parameters when a rule or a
decision asks for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Self
from urllib.parse import unquote

from policy.wire.call import Call, read_alias
from policy.wire.parameters import Parameters, as_utf8
from policy.wire.vocabulary import (
    AuthType,
    CallProtocol,
    ParticipantType,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.wire.alias import Alias

# A phone book entry has no more to compare with than some hundred letters.
MAX_TYPED: Final = 100
# Nodes have always asked for 10 phone book entries.
DEFAULT_ENTRIES: Final = 10
MAX_ENTRIES: Final = 100
# Apps ask for some 40 to 200 pixels; what is larger only costs memory.
MAX_AVATAR_SIDE: Final = 2048


class ServiceRequest(NamedTuple):
    """Ask which room that is, and whether they may in."""

    call: Call

    @classmethod
    def parse(cls, query: str, own_nodes: frozenset[str]) -> Self:
        """Read the raw query."""
        return cls(Call.read(Parameters(query), own_nodes))


class ParticipantRequest(NamedTuple):
    """Ask as whom somebody joins; browser callers ask twice: `api`, then `standard`.

    `role` is None while it is undecided, which it always is for SIP and H.323.
    """

    call: Call
    participant_type: ParticipantType | None
    role: Role | None

    @classmethod
    def parse(cls, query: str, own_nodes: frozenset[str]) -> Self:
        """Read the raw query."""
        parameters = Parameters(query)
        return cls(
            Call.read(parameters, own_nodes),
            parameters.word("participant_type", ParticipantType),
            parameters.word("preauthenticated_role", Role),
        )

    @property
    def idp_attributes(self) -> Mapping[str, tuple[str, ...]]:
        """What the identity provider says, by the attribute's name in lower case."""
        return self.call.parameters.attributes("idp_attribute_")

    @property
    def call_uuid(self) -> str:
        """The participant's call."""
        return self.call.parameters.text("call_uuid")

    @property
    def participant_uuid(self) -> str:
        """The participant."""
        return self.call.parameters.text("participant_uuid")

    @property
    def receive_from_audio_mix(self) -> str:
        """The mix that the participant hears."""
        return self.call.parameters.text("receive_from_audio_mix")

    @property
    def receive_from_video_mix(self) -> str:
        """The mix that the participant sees; nodes write its key with a tilde."""
        return self.call.parameters.text("receive_from_video_mix~mix_name")

    @property
    def bypass_lock(self) -> bool:
        """Whether the participant may enter a locked conference."""
        return self.call.parameters.flag("bypass_lock")

    @property
    def can_receive_personal_mix(self) -> bool:
        """Whether the participant may use layouts of its own."""
        return self.call.parameters.flag("can_receive_personal_mix")

    @property
    def disable_overlay_text(self) -> bool:
        """Whether the participant's name is kept off the picture."""
        return self.call.parameters.flag("disable_overlay_text")

    @property
    def layout_group(self) -> str:
        """The group in which layouts pin the participant."""
        return self.call.parameters.text("layout_group")

    @property
    def prefers_multiscreen_mix(self) -> bool:
        """Whether the participant wants a mix for several screens."""
        return self.call.parameters.flag("prefers_multiscreen_mix")

    @property
    def may_receive_presentations(self) -> bool:
        """Whether presentations are sent to the participant."""
        return self.call.parameters.text("rx_presentation_policy").upper() != "DENY"

    @property
    def spotlight(self) -> int | None:
        """The priority in the spotlight; lower is higher."""
        return self.call.parameters.number("spotlight")

    @property
    def wants_presentation_in_mix(self) -> bool:
        """Whether a presentation is part of the participant's layout."""
        return self.call.parameters.flag("wants_presentation_in_mix")

    @property
    def send_to_audio_mixes(self) -> tuple[str, bool]:
        """The mix that the participant speaks into, and whether prominently."""
        parameters = self.call.parameters
        name = parameters.text("send_to_audio_mixes_mix_name")
        return name, parameters.flag("send_to_audio_mixes_prominent")


class LocationRequest(NamedTuple):
    """Ask in which system location the media shall run."""

    call: Call

    @classmethod
    def parse(cls, query: str, own_nodes: frozenset[str]) -> Self:
        """Read the raw query."""
        return cls(Call.read(Parameters(query), own_nodes))


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """Ask whether a device may register under an alias; there is no other alias."""

    parameters: Parameters = field(repr=False)
    alias: Alias | None
    protocol: CallProtocol | None
    auth_type: AuthType
    location: str

    @classmethod
    def parse(cls, path_segment: str, query: str, own_nodes: frozenset[str]) -> Self:
        """Read the percent-encoded alias of the raw path, and the query."""
        parameters = Parameters(query)
        return cls(
            parameters=parameters,
            alias=read_alias(alias_of_path(path_segment), parameters, own_nodes),
            protocol=parameters.word("protocol", CallProtocol),
            auth_type=parameters.word("auth_type", AuthType) or AuthType.CREDENTIALS,
            location=parameters.text("location"),
        )


@dataclass(frozen=True, slots=True)
class AvatarRequest:
    """Ask for a picture of a participant or of a phone book entry.

    `size` is width and height in pixels, None when it cannot be drawn. Of a phone book entry the
    name is not known.
    """

    parameters: Parameters = field(repr=False)
    alias: Alias | None
    size: tuple[int, int] | None
    location: str
    remote_display_name: str = field(repr=False)

    @classmethod
    def parse(cls, path_segment: str, query: str, own_nodes: frozenset[str]) -> Self:
        """Read the percent-encoded alias of the raw path, and the query."""
        parameters = Parameters(query)
        return cls(
            parameters=parameters,
            alias=read_alias(alias_of_path(path_segment), parameters, own_nodes),
            size=_size(parameters.number("width"), parameters.number("height")),
            location=parameters.text("location"),
            remote_display_name=parameters.text("remote_display_name"),
        )


def _size(width: int | None, height: int | None) -> tuple[int, int] | None:
    if not width or not height or max(width, height) > MAX_AVATAR_SIDE:
        return None
    return width, height


def alias_of_path(segment: str) -> str:
    """Decode an alias of the raw path, in which even `/` comes percent-encoded."""
    return unquote(as_utf8(segment), errors="replace")


@dataclass(frozen=True, slots=True)
class PhonebookRequest:
    """Ask what the user of a registered app may be looking for; each letter typed asks anew."""

    parameters: Parameters = field(repr=False)
    typed: str = field(repr=False)
    asker: Alias | None
    limit: int
    location: str

    @classmethod
    def parse(cls, query: str, own_nodes: frozenset[str]) -> Self:
        """Read the raw query. What was typed stays as it is: somebody may be called None."""
        parameters = Parameters(query)
        limit = parameters.number("limit")
        return cls(
            parameters=parameters,
            # PostgreSQL has no character 0.
            typed=parameters.written("q")[:MAX_TYPED].replace("\0", " "),
            asker=read_alias(parameters.text("registration_alias"), parameters, own_nodes),
            limit=DEFAULT_ENTRIES if limit is None else min(limit, MAX_ENTRIES),
            location=parameters.text("location"),
        )
