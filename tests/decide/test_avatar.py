"""Which picture is shown: the cases say what comes out, these say what is asked on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.decide.avatar import Drawing, decide_avatar
from policy.decide.decision import Decision, Reason
from policy.decide.grounds import Plan
from policy.directory.records import (
    AddressKey,
    Device,
    Entry,
    Found,
    OrganisationState,
    Quarantined,
)
from policy.pictures.initials import Initials
from policy.rules.known import Dialling, NeedsEntry
from policy.wire.requests import AvatarRequest
from policy.wire.vocabulary import Action
from tests.decide.deciding import grounds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.directory.records import Target

PICTURE: Final = UUID("4ce6aa27-e550-4e02-be1f-90b3b15a2eaf")
DESK: Final = AddressKey("desk", "example.org")
BARE: Final = AddressKey("desk", "")
DIALLING: Final = Dialling("", {"Oslo": "example.org"})
SIZE: Final = "width=48&height=64"


def _decide(
    alias: str,
    known: Mapping[AddressKey, Found],
    query: str = SIZE,
    *,
    initials: bool = False,
) -> Decision | Drawing:
    request = AvatarRequest.parse(alias, query, frozenset())
    return decide_avatar(request, grounds(known, plan=Plan(DIALLING, initials=initials)))


def _found(target: Target | None, *, is_stale: bool = False) -> Found:
    return Found(Entry(own_domain=True, target=target), is_stale)


def _device(picture_id: UUID | None = PICTURE) -> Device:
    return Device(
        organisation=OrganisationState.ACTIVE,
        enabled=True,
        single_sign_on=False,
        without_proof=True,
        username="",
        password="",
        picture_id=picture_id,
    )


@pytest.mark.parametrize(("is_stale", "reason"), [(False, Reason.OK), (True, Reason.OK_DEGRADED)])
def test_a_picture_is_drawn_in_the_size_asked_for(*, is_stale: bool, reason: Reason) -> None:
    """Deciding says which one, how large and why; a remembered one is as good."""
    got = _decide("desk%40example.org", {DESK: _found(_device(), is_stale=is_stale)})

    assert got == Drawing(PICTURE, 48, 64, reason)


def test_a_bare_alias_is_asked_for_as_such_and_then_in_the_domain() -> None:
    """As for calls: the bare one first, then with the domain of the node's location."""
    query = f"{SIZE}&location=Oslo"

    with pytest.raises(NeedsEntry) as first:
        _decide("desk", {}, query)
    with pytest.raises(NeedsEntry) as second:
        _decide("desk", {BARE: _found(None)}, query)
    third = _decide("desk", {BARE: _found(None), DESK: _found(_device())}, query)

    assert (first.value.key, second.value.key) == (BARE, DESK)
    assert third == Drawing(PICTURE, 48, 64, Reason.OK)


def test_an_address_in_quarantine_shows_nothing() -> None:
    """Whose it was does not matter any more."""
    got = _decide("desk%40example.org", {DESK: _found(Quarantined())})

    assert got == Decision(Action.NOT_FOUND, Reason.ENDED)


def test_the_directory_is_not_asked_for_what_cannot_be_drawn() -> None:
    """Without an alias or a size the answer is known."""
    assert _decide("", {}) == Decision(Action.NOT_FOUND, Reason.BAD_ALIAS)
    assert _decide("desk", {}, "width=9999&height=1") == Decision(Action.NOT_FOUND, Reason.BAD_SIZE)


def test_a_name_shows_in_nothing_that_may_be_written_down() -> None:
    """Neither the request nor the drawing repeats it, and of a drawing only letters are kept."""
    query = f"{SIZE}&remote_display_name=Karin+Holm"

    got = _decide("desk%40example.org", {DESK: _found(_device(None))}, query, initials=True)

    assert isinstance(got, Drawing)
    assert isinstance(got.of, Initials)
    assert got.of.letters == "KH"
    assert "KH" not in repr(got)
    assert "Karin" not in repr(AvatarRequest.parse("desk", query, frozenset()))


@given(alias=st.text(), name=st.text(), initials=st.booleans())
def test_deciding_ends_for_any_alias_and_name(alias: str, name: str, *, initials: bool) -> None:
    """It never raises but for a fact, and never asks twice for the same key."""
    query = f"{SIZE}&location=Oslo&remote_display_name={quote(name, errors='replace')}"
    segment = quote(alias, safe="", errors="replace")
    known: dict[AddressKey, Found] = {}

    asked = []
    for _ in range(3):
        try:
            _decide(segment, known, query, initials=initials)
            break
        except NeedsEntry as needs:
            asked.append(needs.key)
            known[needs.key] = _found(None)

    assert len(asked) == len(set(asked)) < 3
