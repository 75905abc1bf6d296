"""Values of the directory that say more than their fields."""

from __future__ import annotations

import pytest

from policy.directory.records import (
    AddressKey,
    Device,
    OrganisationState,
    PermanentRoom,
    RoomState,
    service_tag,
)
from policy.wire.results import ServiceResult


@pytest.mark.parametrize(
    ("state_of", "may_call"),
    [
        (OrganisationState.PROSPECT, False),
        (OrganisationState.AGREEMENT_PENDING, False),
        (OrganisationState.ACTIVE, True),
        (OrganisationState.SUSPENDED, False),
        (OrganisationState.LEAVING, True),
        (OrganisationState.CLOSED, False),
    ],
)
def test_who_may_call(state_of: OrganisationState, *, may_call: bool) -> None:
    """With an agreement in force, until the organisation is closed."""
    assert state_of.may_call is may_call


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("region-north", "region-north:permanent"),
        (None, ":permanent"),
        ("c" * 250, "c" * 238 + ":permanent"),
    ],
)
def test_a_tag_fits_into_an_answer(code: str | None, tag: str) -> None:
    """Organisation and kind, cut so that the whole has at most 250 characters."""
    assert service_tag(code, "permanent") == tag
    assert len(service_tag(code, "permanent")) <= 250


def test_secrets_are_not_shown() -> None:
    """A value that is printed, in a trace or a log, shows no PIN and no password."""
    service = ServiceResult.of({"pin": "948201"})
    room = PermanentRoom(OrganisationState.ACTIVE, RoomState.ACTIVE, service)
    device = Device(
        OrganisationState.ACTIVE,
        enabled=True,
        single_sign_on=False,
        without_proof=False,
        username="ward-seven",
        password="an-odd-word",
    )

    shown = f"{room!r} {device!r}"

    assert [word for word in ("948201", "ward-seven", "an-odd-word") if word in shown] == []


def test_keys_are_compared_whole() -> None:
    """A bare number and the same number with a domain are two keys."""
    assert AddressKey("7", "") != AddressKey("7", "example.org")
    assert len({AddressKey("7", ""), AddressKey("7", ""), AddressKey("7", "a")}) == 2
