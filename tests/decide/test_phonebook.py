"""Who may look around: what cases cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import pytest

from policy.decide.decision import Decision, Reason
from policy.decide.grounds import Plan
from policy.decide.phonebook import decide_phonebook, decide_search
from policy.directory.records import (
    AddressKey,
    Device,
    Entry,
    Found,
    OrganisationState,
    PhonebookEntry,
    PhonebookSearch,
)
from policy.rules.known import Dialling, NeedsEntry
from policy.wire.requests import PhonebookRequest
from policy.wire.vocabulary import Action
from tests.decide.deciding import grounds

if TYPE_CHECKING:
    from collections.abc import Mapping

BARE: Final = AddressKey("ana", "")
WHOLE: Final = AddressKey("ana", "example.org")
DEVICE: Final = Device(
    organisation=OrganisationState.ACTIVE,
    enabled=True,
    single_sign_on=False,
    without_proof=False,
    username="ana",
    password="invented-7",
)


def _decide(
    known: Mapping[AddressKey, Entry], *, is_stale: bool = False, **parameters: str
) -> Decision | PhonebookSearch:
    query = {"q": "ward", "registration_alias": "ana@example.org"} | parameters
    request = PhonebookRequest.parse(urlencode(query), frozenset())
    found = {key: Found(entry, is_stale) for key, entry in known.items()}
    return decide_search(request, grounds(found, plan=Plan(Dialling("example.org"))))


def test_the_asker_is_asked_for() -> None:
    """Deciding says which address it lacks."""
    with pytest.raises(NeedsEntry) as needs:
        _decide({})

    assert needs.value.key == WHOLE


@pytest.mark.parametrize("typed", ["", " ", "\0", "@", " @example.org"])
def test_nothing_typed_asks_nobody(typed: str) -> None:
    """The answer is there at once, whoever asks."""
    assert _decide({}, q=typed) == Decision(Action.CONTINUE, Reason.OK, [])


def test_a_limit_of_none_asks_nobody() -> None:
    """A list without entries is known beforehand."""
    assert _decide({}, limit="0") == Decision(Action.CONTINUE, Reason.OK, [])


def test_a_search_names_the_address_under_which_the_asker_was_found() -> None:
    """A bare asker may be owned as such or in the domain of the location."""
    nobody = Entry(own_domain=True, target=None)
    ana = Entry(own_domain=True, target=DEVICE)

    as_such = _decide({BARE: ana}, registration_alias="ana")
    completed = _decide({BARE: nobody, WHOLE: ana}, registration_alias="ana")

    assert as_such == PhonebookSearch(BARE, "ward", 10)
    assert completed == PhonebookSearch(WHOLE, "ward", 10)


def test_a_remembered_asker_may_search() -> None:
    """Who asks is looked up again by the search itself, so a stale entry is enough here."""
    ana = Entry(own_domain=True, target=DEVICE)

    assert _decide({WHOLE: ana}, is_stale=True) == PhonebookSearch(WHOLE, "ward", 10)


def test_hits_are_shown_in_their_order_and_fit() -> None:
    """A hit without a description shows its alias; no text is longer than a node takes."""
    hits = [
        PhonebookEntry("b@example.org", "Bay"),
        PhonebookEntry("a@example.org", ""),
        PhonebookEntry("c@example.org", "x" * 300),
    ]

    decision = decide_phonebook(hits)

    assert decision.result == [
        {"alias": "b@example.org", "description": "Bay", "username": ""},
        {"alias": "a@example.org", "description": "a@example.org", "username": ""},
        {"alias": "c@example.org", "description": "x" * 250, "username": ""},
    ]


def test_nobody_is_shown_in_a_trace() -> None:
    """What was typed and what was found name people, and are not printed."""
    search = PhonebookSearch(WHOLE, "karin", 10)
    decision = decide_phonebook([PhonebookEntry("karin@example.org", "Karin")])

    assert "arin" not in repr(search) + repr(decision) + repr(PhonebookEntry("karin", "Karin"))
