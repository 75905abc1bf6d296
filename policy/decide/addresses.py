"""What stands behind an alias, and whether it may be called at this moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from policy.decide.decision import Decision, Reason, refuse
from policy.directory.records import (
    Booking,
    Device,
    PermanentRoom,
    Quarantined,
    Reserved,
    RoomState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from policy.directory.records import Target


_STATES: Final[Mapping[Reason, str]] = {
    Reason.TOO_EARLY: "too_early",
    Reason.ENDED: "ended",
    Reason.CANCELLED: "cancelled",
    Reason.RETIRED: "retired",
    Reason.ORG_INACTIVE: "org_inactive",
}


def refusal_of(target: Target, now: datetime) -> Decision | None:
    """Say why nobody may call there now, None when they may.

    An inactive organisation outweighs all else; of a booking a cancellation outweighs its end.
    """
    match target:
        case Booking() | Device() if not target.organisation.may_call:
            return refuse(Reason.ORG_INACTIVE)
        case PermanentRoom():
            return refusal_of_room(target)
        case Booking():
            return _refusal_of_booking(target, now)
        case Device():
            return None if target.enabled else refuse(Reason.UNKNOWN_ALIAS)
        case Quarantined():
            return refuse(Reason.ENDED)
        case Reserved():
            return refuse(Reason.UNKNOWN_ALIAS)
        case _:
            assert_never(target)


def refusal_of_room(room: PermanentRoom) -> Decision | None:
    """Say why nobody may call a permanent room, None when they may."""
    if not room.organisation.may_call:
        return refuse(Reason.ORG_INACTIVE)
    match room.state:
        case RoomState.ACTIVE | RoomState.UNUSED_WARNED:
            return None
        case RoomState.RETIRED:
            return refuse(Reason.RETIRED)
        case RoomState.DRAFT | RoomState.DELETED:
            return refuse(Reason.UNKNOWN_ALIAS)
        case _:
            assert_never(room.state)


def _refusal_of_booking(booking: Booking, now: datetime) -> Decision | None:
    if booking.cancelled:
        return refuse(Reason.CANCELLED)
    if now > booking.closes_at:
        return refuse(Reason.ENDED)
    if now < booking.opens_at:
        opens_at = booking.opens_at.isoformat(timespec="minutes")
        return refuse(Reason.TOO_EARLY, text=f"opens at {opens_at}")
    return None


def state_of(target: Target, now: datetime) -> str:
    """Say in the words of rules whether anybody may call there at this moment."""
    refusal = refusal_of(target, now)
    if refusal is None:
        return "open"
    return _STATES.get(refusal.reason, "closed")


def service_of(target: Target, now: datetime) -> Mapping[str, object] | None:
    """Give the service that a room answers with at this moment, None when nobody may call."""
    if not isinstance(target, PermanentRoom | Booking) or refusal_of(target, now) is not None:
        return None
    return target.service
