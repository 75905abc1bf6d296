"""What a node is told of a room: from the words of VDX to those of the platform."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

from policy.directory.bulk.vdx.notes import What
from policy.directory.pins import repair_pair
from policy.wire.fields import LectureLayout

if TYPE_CHECKING:
    from policy.directory.bulk.vdx.notes import Origin
    from policy.directory.bulk.vdx.rows import Work

_LECTURE_VIEWS: Final = frozenset(get_args(LectureLayout))
_ADDRESS: Final = re.compile(r"https?://\S+")
_MAX_PARTICIPANTS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Spoken:
    """What rooms, meetings and templates of VDX say alike."""

    type: str | None
    host_view: str | None
    guest_view: str | None
    quality: str | None
    theme: str | None
    max_participants: int | None
    enable_overlay_text: bool | None
    guests_can_present: bool | None
    enable_chat: bool | None
    force_presenter_into_main: bool | None
    mute_all_guests: bool | None
    force_encryption: bool | None
    direct_media: str | None = None


def service_of(work: Work, said: Spoken, origin: Origin, about: str) -> dict[str, object]:
    """Give the fields of a result document; what does not fit is dropped with a note."""
    limit = said.max_participants or None  # 0 is no limit
    chat = {True: "yes", False: "no", None: None}[said.enable_chat]
    return {
        **_views(work, said, origin, about),
        "max_pixels_per_second": said.quality,
        "ivr_theme_name": _theme(work, said.theme, origin, about),
        "participant_limit": limit and min(limit, _MAX_PARTICIPANTS),
        "enable_overlay_text": said.enable_overlay_text,
        "guests_can_present": said.guests_can_present,
        "enable_chat": chat,
        "mute_all_guests": said.mute_all_guests,
        "crypto_mode": "on" if said.force_encryption else None,
        "direct_media": said.direct_media,
    }


def _views(work: Work, said: Spoken, origin: Origin, about: str) -> dict[str, object]:
    if said.type != "lecture":
        if said.guest_view is not None and said.guest_view != (said.host_view or said.guest_view):
            text = "a conference has one view: that of the guests is not carried"
            work.notes.add(What.DROPPED, origin, about, text)
        return {"view": said.host_view}
    views: dict[str, object] = {"force_presenter_into_main": said.force_presenter_into_main}
    for name, view in (("host_view", said.host_view), ("guest_view", said.guest_view)):
        if view is None or view in _LECTURE_VIEWS:
            views[name] = view
        else:
            work.notes.add(What.DROPPED, origin, about, f"{name} {view} is not for lectures")
    return views


def _theme(work: Work, theme: str | None, origin: Origin, about: str) -> str | None:
    if theme is None:
        return None
    name = work.wishes.themes.get(theme)
    if name is None:
        text = f"theme {theme!r} has no name here, see --themes"
        work.notes.add(What.DROPPED, origin, about, text)
    return name


def pins_of(
    work: Work, pin: str | None, guest_pin: str | None, origin: Origin, about: str
) -> dict[str, object]:
    """Give a pair that the platform takes; what was done about it is told without a PIN."""
    repair = repair_pair(pin, guest_pin)
    for text in repair.done:
        what = What.KEPT if "kept" in text else What.REPAIRED
        work.notes.add(what, origin, about, text)
    return {"pin": repair.pin, "guest_pin": repair.guest_pin}


def address_of(
    work: Work, written: str | None, limit: int, origin: Origin, about: str
) -> str | None:
    """Give the address of a page, if it is one and not too long."""
    if written is None or (len(written) <= limit and _ADDRESS.match(written)):
        return written
    work.notes.add(What.DROPPED, origin, about, f"is no web address of at most {limit} characters")
    return None
