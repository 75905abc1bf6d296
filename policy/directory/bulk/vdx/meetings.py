"""Bookings: a meeting with its technical room. Of one that is over, its address is kept at most."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from policy.directory.bulk.spelling import key_for
from policy.directory.bulk.vdx.claims import written
from policy.directory.bulk.vdx.notes import What
from policy.directory.bulk.vdx.people import add_user
from policy.directory.bulk.vdx.services import pins_of, service_of
from policy.directory.bulk.vdx.tables import ENDED
from policy.directory.bulk.vdx.templates import pages_of, spoken_of
from policy.directory.writing.details import details_of
from policy.errors import RefusedError, RequestError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from policy.directory.bulk.vdx.notes import Origin
    from policy.directory.bulk.vdx.rows import Work
    from policy.directory.bulk.vdx.tables import Meeting, SchedulingInfo

_SHORT_ID: Final = re.compile("[0-9a-f]{12}")
_OVER: Final = "is over"
_NO_SUBJECT: Final = "-"
_WITHOUT: Final[Mapping[str, object]] = {
    "subject": _NO_SUBJECT,
    "description": "",
    "labels": [],
    "additional_information": {},
}
_A_DAY: Final = timedelta(hours=24)

Held = tuple["SchedulingInfo", "Origin"]


def convert_meetings(
    work: Work,
    meetings: Iterable[tuple[Meeting, Origin]],
    infos: Iterable[tuple[SchedulingInfo, Origin]],
) -> list[tuple[Meeting, Held]]:
    """Make bookings of meetings that are not over, the earliest first; gives those that are."""
    kept = list(_not_long_over(work, meetings))
    rooms = _rooms(work, infos, {meeting.uuid.lower() for meeting, _ in kept})
    coming: list[tuple[Meeting, Origin, Held]] = []
    over: list[tuple[Meeting, Held]] = []
    for meeting, origin in kept:
        held = rooms.get(meeting.uuid.lower())
        if held is None:
            about = f"meeting {meeting.uuid}"
            work.notes.add(What.LEFT_OUT, origin, about, "has no technical room")
        elif _is_over(work, meeting, held[0]):
            work.notes.count(What.SKIPPED, origin, "meeting", _OVER)
            over.append((meeting, held))
        else:
            coming.append((meeting, origin, held))
    external: set[tuple[str, str]] = set()
    for meeting, origin, held in sorted(coming, key=lambda each: str(each[0].start_time)):
        _convert(work, meeting, origin, held, external)
    return over


def _not_long_over(
    work: Work, meetings: Iterable[tuple[Meeting, Origin]]
) -> Iterator[tuple[Meeting, Origin]]:
    """Give the meetings of which anything is carried: most of VDX's are over for years."""
    long_over = work.wishes.now - timedelta(days=work.wishes.quarantine_days)
    for meeting, origin in meetings:
        if meeting.end_time is not None and meeting.end_time <= long_over:
            work.notes.count(What.SKIPPED, origin, "meeting", _OVER)
        elif (fault := _fault_of(meeting)) is not None:
            work.notes.add(What.LEFT_OUT, origin, f"meeting {meeting.uuid}", fault)
        else:
            yield meeting, origin


def _rooms(
    work: Work, infos: Iterable[tuple[SchedulingInfo, Origin]], wanted: Container[str]
) -> dict[str, Held]:
    """Give the technical rooms of these meetings."""
    rooms: dict[str, Held] = {}
    for info, origin in infos:
        meeting = (info.meeting_uuid or "").lower()
        if not meeting:
            text = "a room of a pool: none is needed"
            work.notes.count(What.SKIPPED, origin, "technical room", text)
        elif meeting in wanted:
            rooms[meeting] = (info, origin)
            if info.portal_link is not None:
                text = "the portal link is not carried: it is made when asked for"
                work.notes.count(What.DROPPED, origin, "technical room", text)
    return rooms


def _fault_of(meeting: Meeting) -> str | None:
    try:
        UUID(meeting.uuid)
    except ValueError:
        return "has no uuid"
    if meeting.start_time is None or meeting.end_time is None:
        return "has no start or no end"
    return None if meeting.end_time > meeting.start_time else "ends before it starts"


def _is_over(work: Work, meeting: Meeting, info: SchedulingInfo) -> bool:
    assert meeting.end_time is not None  # noqa: S101  see _fault_of
    return meeting.end_time <= work.wishes.now or info.provision_status in ENDED


def _convert(
    work: Work, meeting: Meeting, origin: Origin, held: Held, external: set[tuple[str, str]]
) -> None:
    info, technical = held
    about = f"meeting {meeting.uuid}"
    owner = work.organisation(meeting.organisation_id, origin, about)
    if owner is None or meeting.start_time is None or meeting.end_time is None:
        return
    aliases = _aliases(work, info, technical)
    if not aliases:
        work.notes.add(What.LEFT_OUT, origin, about, "has no address left")
        return
    pins = pins_of(work, info.host_pin, info.guest_pin, technical, about)
    is_long = meeting.end_time - meeting.start_time > _A_DAY
    if is_long:
        work.notes.add(What.KEPT, origin, about, "lasts more than 24 hours")
    row = {
        "id": str(UUID(meeting.uuid)),
        "organisation": owner,
        "aliases": aliases,
        "type": info.vmr_type,
        **pins,
        "allow_guests": pins["guest_pin"] is not None,
        **service_of(work, spoken_of(info), technical, about),
        **pages_of(work, info, technical, about),
        "starts_at": meeting.start_time.isoformat(),
        "ends_at": meeting.end_time.isoformat(),
        "lead_minutes": max(0, info.vmr_available_before or 0),
        "end_meeting_on_end_time": info.end_meeting_on_end_time,
        "long_permitted": is_long or None,
        "created_at": meeting.created_time and meeting.created_time.isoformat(),
        "project_code": work.shortened(meeting.project_code, 100, origin, about),
        "guest_microphone": meeting.guest_microphone,
        "guest_pin_required": meeting.guest_pin_required,
        "meeting_type": meeting.meeting_type and meeting.meeting_type.upper(),
        "details": _details(work, meeting, origin, about),
        "short_id": _short_id(work, meeting, origin, about),
        "external_id": _external_id(work, meeting, owner, origin, external),
    }
    work.made.add("bookings", row | _people(work, meeting, owner, origin), origin)


def _aliases(work: Work, info: SchedulingInfo, origin: Origin) -> list[str]:
    """Give the address with the domain, and the bare number where that lacks a prefix."""
    aliases = [info.uri_with_domain] if info.uri_with_domain else []
    local = (info.uri_with_domain or "").partition("@")[0]
    bare = info.uri_without_domain
    if bare and (not aliases or bare.lower() != local.lower()):
        aliases.append(bare)
        if local:
            text = "has a prefix: the number without it is an address too"
            work.notes.add(What.REPAIRED, origin, f"address {info.uri_with_domain}", text)
    keys = [work.claims.claim(alias, "booking", origin) for alias in aliases]
    return [written(key) for key in keys if key is not None]


def _details(
    work: Work, meeting: Meeting, origin: Origin, about: str
) -> Mapping[str, object] | None:
    labels, more = meeting.labels, meeting.additional_information
    said: dict[str, object] = {
        "subject": (meeting.subject or _NO_SUBJECT)[:100],
        "description": (meeting.description or "")[:500],
        "labels": labels if isinstance(labels, list) else [each for each in (labels,) if each],
        "additional_information": more if isinstance(more, dict) else {},
    }
    for field, instead in _WITHOUT.items():
        try:
            details_of({"subject": _NO_SUBJECT, field: said[field]})
        except RefusedError:
            text = f"its {field} does not fit or may hold a CPR number: is left out"
            work.notes.add(What.DROPPED, origin, about, text)
            said[field] = instead
    return said


def _short_id(work: Work, meeting: Meeting, origin: Origin, about: str) -> str | None:
    if meeting.short_id is None or _SHORT_ID.fullmatch(meeting.short_id):
        return meeting.short_id
    text = "its short id is none: gets a new one, links with the old one end"
    work.notes.add(What.REPAIRED, origin, about, text)
    return None


def _external_id(
    work: Work, meeting: Meeting, owner: str, origin: Origin, taken: set[tuple[str, str]]
) -> str | None:
    external = meeting.external_id
    if external is None:
        return None
    if (owner, external) in taken or len(external) > 200:  # noqa: PLR2004  as the column
        text = "its external id is another meeting's, or too long"
        work.notes.add(What.DROPPED, origin, f"meeting {meeting.uuid}", text)
        return None
    taken.add((owner, external))
    return external


def _people(work: Work, meeting: Meeting, owner: str, origin: Origin) -> dict[str, object]:
    people = {
        "organised_by": meeting.organized_by,
        "created_by": meeting.created_by,
        "updated_by": meeting.updated_by,
    }
    for email in people.values():
        if email is not None and (owner, email.lower()) not in work.users:
            text = "stood in no table of users: is one, as meeting-user"
            work.notes.add(What.REPAIRED, origin, "user", text)
            add_user(work, owner, email, ["meeting-user"], origin)
    return {name: email and email[:100] for name, email in people.items()}


def quarantine(work: Work, over: Iterable[tuple[Meeting, Held]]) -> None:
    """Keep addresses of meetings that are over, and nobody else's, from strangers for a while."""
    for meeting, held in over:
        _quarantine(work, meeting, *held)


def _quarantine(work: Work, meeting: Meeting, info: SchedulingInfo, origin: Origin) -> None:
    if meeting.end_time is None or info.uri_with_domain is None:
        return
    until = min(meeting.end_time, work.wishes.now) + timedelta(days=work.wishes.quarantine_days)
    if until <= work.wishes.now:
        return
    try:
        key = key_for(info.uri_with_domain, "booking")
    except (ValueError, RequestError):
        return
    if not work.claims.is_free(key) or key[1] not in work.claims.domains:
        return
    if work.claims.claim(info.uri_with_domain, "booking", origin) is None:
        return
    row = {
        "alias": written(key),
        "state": "quarantined",
        "kind": "booking",
        "organisation": meeting.organisation_id if meeting.organisation_id in work.codes else None,
        "until": until.isoformat(),
    }
    work.made.add("addresses", row, origin)
