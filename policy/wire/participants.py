"""Result document of the participant request: what a rule changes about somebody who joins."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from policy.documents import Document
from policy.wire.fields import EmptyText, Flag, Mix, Number, Role, Text


class AudioMix(Document):
    """A mix that a participant speaks into."""

    mix_name: Mix
    prominent: Flag = False


class ParticipantOverrides(Document):
    """The properties to change; what is not written stays as it is."""

    bypass_lock: Flag = False
    call_tag: EmptyText = ""
    can_receive_personal_mix: Flag = False
    disable_overlay_text: Flag = False
    display_count: Annotated[Number, Field(ge=0)] = 0
    layout_group: Text = ""
    # For SIP and H.323 null keeps the PIN prompt and a role skips it.
    preauthenticated_role: Role | None = None
    prefers_multiscreen_mix: Flag = False
    receive_from_audio_mix: Mix = "main"
    remote_alias: Text = ""
    remote_display_name: Text | None = None
    rx_presentation_policy: Literal["ALLOW", "DENY"] = "ALLOW"
    send_to_audio_mixes: tuple[AudioMix, ...] = ()
    spotlight: Annotated[Number, Field(ge=0)] = 0
    wants_presentation_in_mix: Flag = False

    def result(self) -> dict[str, object]:
        """Give the properties that were written, as they go onto the wire."""
        return self.model_dump(mode="json", exclude_unset=True)
