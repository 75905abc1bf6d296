"""Which keys an alias stands for, and what may be called when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from policy.decide.addresses import refusal_of, state_of
from policy.decide.decision import Decision, Reason, refuse
from policy.directory.records import (
    Booking,
    Device,
    OrganisationState,
    PermanentRoom,
    Quarantined,
    Reserved,
    RoomState,
)
from policy.wire.results import ServiceResult
from policy.wire.vocabulary import Action

ACTIVE = OrganisationState.ACTIVE
NOON = datetime(2026, 5, 4, 10, tzinfo=UTC)
NOTHING = ServiceResult.of({})


@pytest.mark.parametrize("state", OrganisationState)
def test_only_active_and_leaving_organisations_are_called(state: OrganisationState) -> None:
    """Rooms, meetings and devices of every other organisation are refused alike."""
    hour = timedelta(hours=1)
    targets = (
        PermanentRoom(state, RoomState.ACTIVE, NOTHING),
        Booking(state, NOON - hour, NOON + hour, NOON + hour, cancelled=False, service=NOTHING),
        Device(state, True, False, True, "", ""),  # noqa: FBT003  the order of the record
    )
    want = None if state.value in {"active", "leaving"} else refuse(Reason.ORG_INACTIVE)

    got = [refusal_of(target, NOON) for target in targets]

    assert got == [want] * 3


@pytest.mark.parametrize(
    ("state", "want"),
    [
        (RoomState.DRAFT, Reason.UNKNOWN_ALIAS),
        (RoomState.ACTIVE, None),
        (RoomState.UNUSED_WARNED, None),
        (RoomState.RETIRED, Reason.RETIRED),
        (RoomState.DELETED, Reason.UNKNOWN_ALIAS),
    ],
)
def test_a_room_is_open_by_its_state(state: RoomState, want: Reason | None) -> None:
    """Every state of a permanent room has its answer."""
    got = refusal_of(PermanentRoom(ACTIVE, state, NOTHING), NOON)

    assert got == (refuse(want) if want else None)


def test_what_is_not_to_be_called_is_refused() -> None:
    """A number in quarantine has ended; one that is held back is nobody's."""
    got = [refusal_of(target, NOON) for target in (Quarantined(), Reserved())]

    assert got == [refuse(Reason.ENDED), refuse(Reason.UNKNOWN_ALIAS)]


def test_a_meeting_tells_when_it_opens() -> None:
    """A caller who is too early can be told the minute, with its offset."""
    opens_at = datetime.fromisoformat("2026-10-25T02:15:30+02:00")
    later = opens_at + timedelta(hours=1)
    booking = Booking(ACTIVE, opens_at, later, later, cancelled=False, service=NOTHING)

    got = refusal_of(booking, opens_at - timedelta(microseconds=1))

    want = Decision(Action.REJECT, Reason.TOO_EARLY, text="opens at 2026-10-25T02:15+02:00")
    assert got == want


def test_the_offsets_of_clock_and_booking_do_not_matter() -> None:
    """A moment is the same moment in every offset."""
    opens_at = datetime.fromisoformat("2026-03-29T03:00:00+02:00")
    booking = Booking(ACTIVE, opens_at, opens_at, opens_at, cancelled=False, service=NOTHING)

    got = refusal_of(booking, datetime.fromisoformat("2026-03-29T02:00:00+01:00"))

    assert got is None


def test_rules_see_how_a_room_is_in_their_own_words() -> None:
    """What is neither open nor has a state of its own is closed."""
    opened = PermanentRoom(ACTIVE, RoomState.ACTIVE, NOTHING)
    retired = PermanentRoom(ACTIVE, RoomState.RETIRED, NOTHING)
    draft = PermanentRoom(ACTIVE, RoomState.DRAFT, NOTHING)
    gone = PermanentRoom(OrganisationState.CLOSED, RoomState.ACTIVE, NOTHING)

    got = [state_of(target, NOON) for target in (opened, retired, draft, gone, Quarantined())]

    assert got == ["open", "retired", "closed", "org_inactive", "ended"]
