"""What has been gathered, and how deciding asks for more."""

from __future__ import annotations

import pytest

from policy.directory.records import (
    AddressKey,
    Entry,
    Found,
    OrganisationState,
    PermanentRoom,
    RoomState,
)
from policy.errors import DirectoryError
from policy.rules.known import Dialling, Known, NeedsAnswer, NeedsEntry, keys_of
from policy.rules.model import Forward, OnFailure
from policy.wire.alias import parse_alias
from policy.wire.answers import ForwardedAnswer
from policy.wire.results import ServiceResult
from policy.wire.vocabulary import Action

BARE = AddressKey("ward7", "")
FULL = AddressKey("ward7", "rooms.example.org")
OPEN = PermanentRoom(OrganisationState.ACTIVE, RoomState.ACTIVE, ServiceResult.of({}))
ROOM = Found(Entry(own_domain=True, target=OPEN))
NOBODY = Found(Entry(own_domain=True, target=None))


@pytest.mark.parametrize(
    ("dialled", "default_domain", "want"),
    [
        ("ward7@rooms.example.org", "", (FULL,)),
        ("ward7@rooms.example.org", "other.example.org", (FULL,)),
        ("ward7", "", (BARE,)),
        ("ward7", "rooms.example.org", (BARE, FULL)),
    ],
)
def test_only_a_bare_alias_is_completed(
    dialled: str, default_domain: str, want: tuple[AddressKey, ...]
) -> None:
    """The bare key is tried first, then the completed one; an alias with a domain stands alone."""
    alias = parse_alias(dialled)

    got = keys_of(alias, default_domain)

    assert got == want


def test_keys_are_asked_for_one_after_the_other() -> None:
    """The second key is needed only once nobody owns the first."""
    keys = (BARE, FULL)

    with pytest.raises(NeedsEntry) as first:
        Known().owned(keys)
    with pytest.raises(NeedsEntry) as second:
        Known({BARE: NOBODY}).owned(keys)

    assert (first.value.key, second.value.key) == (BARE, FULL)
    assert Known({BARE: ROOM}).owned(keys) == ROOM
    assert Known({BARE: NOBODY, FULL: ROOM}).owned(keys) == ROOM


def test_the_last_key_counts_when_nobody_owns_any() -> None:
    """Whether an unowned alias is ours is what its last completion says."""
    foreign = Found(Entry(own_domain=False, target=None))

    got = Known({BARE: NOBODY, FULL: foreign}).owned((BARE, FULL))

    assert got == foreign


def test_an_old_word_that_nobody_owns_it_is_no_answer() -> None:
    """It may lead on to the next key; that nobody owns any may have changed meanwhile."""
    stale = Found(NOBODY.entry, is_stale=True)

    assert Known({BARE: stale, FULL: ROOM}).owned((BARE, FULL)) == ROOM
    with pytest.raises(DirectoryError):
        Known({BARE: stale}).owned((BARE,))


def test_a_location_has_its_own_domain_or_the_default() -> None:
    """The domain of the caller's location wins over the default, which is empty at first."""
    plan = Dialling("rooms.example.org", {"Oslo": "oslo.example.org"})

    assert plan.domain_for("Oslo") == "oslo.example.org"
    assert plan.domain_for("London") == "rooms.example.org"
    assert Dialling().domain_for("London") == ""


def test_another_policy_server_is_asked_once() -> None:
    """That it gave no answer is known too, and not asked for again."""
    forward = Forward("old", 1.5, OnFailure.NEXT)
    answer = ForwardedAnswer(Action.CONTINUE)

    with pytest.raises(NeedsAnswer) as needs:
        Known().answer(forward)

    assert needs.value.forward == forward
    assert Known(answers={"old": answer}).answer(forward) == answer
    assert Known(answers={"old": None}).answer(forward) is None
