"""What a node does with each answer, as its documentation says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import pytest

from policy.decide.avatar import Drawing
from policy.decide.decision import Decision, Reason
from policy.directory.records import AddressKey, PhonebookSearch
from policy.explaining.effects import effect_of, effect_of_forward
from policy.pictures.initials import initials_of
from policy.rules.model import Forward, OnFailure
from policy.wire.vocabulary import Action, CallDirection, RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOM: Final = {"service_type": "conference", "name": "r-1", "service_tag": ""}
OWN: Final = "The node looks in its own configuration."


def _effect(
    request: str,
    result: Mapping[str, object] | list[object] | None = None,
    action: Action = Action.CONTINUE,
    direction: CallDirection | None = None,
) -> str:
    return effect_of(RequestType(request), Decision(action, Reason.OK, result), direction)


@pytest.mark.parametrize(
    ("said", "effect"),
    [
        ({}, "Nobody is asked, all are hosts."),
        ({"pin": "1111"}, "Everybody enters the PIN, all are hosts."),
        ({"pin": "1111", "allow_guests": True}, "Hosts enter a PIN, guests wait for a host."),
        (
            {"pin": "1111", "guest_pin": "2222", "allow_guests": True},
            "The PIN that is entered makes somebody host or guest; guests wait for a host.",
        ),
        ({"allow_guests": True}, "Nobody is asked for a PIN."),
        (
            {"host_identity_provider_group": "Staff", "guest_identity_provider_group": "All"},
            "People sign in at an identity provider: hosts by Staff, guests by All.",
        ),
        (
            {"guest_identity_provider_group": "All"},
            "People sign in at an identity provider: guests by All.",
        ),
    ],
)
def test_who_is_asked_for_a_pin(said: Mapping[str, object], effect: str) -> None:
    """The table of PINs."""
    assert _effect("service", {**ROOM, **said}) == f"The caller enters r-1 (conference). {effect}"


@pytest.mark.parametrize(
    ("result", "effect"),
    [
        (
            {**ROOM, "breakout": True, "breakout_name": "Room 2"},
            "The caller enters Room 2, a breakout room of r-1. Nobody is asked, all are hosts.",
        ),
        (
            {
                "service_type": "gateway",
                "name": "g",
                "remote_alias": "b@example.org",
                "outgoing_protocol": "sip",
            },
            "The node calls b@example.org by sip and connects the caller.",
        ),
        (
            {"service_type": "two_stage_dialing", "name": "Reception"},
            "The caller enters Reception (virtual reception) and is asked whom to call.",
        ),
        (
            {"service_type": "media_playback", "name": "Film", "media_playlist_name": "Tour"},
            "The caller sees the playlist Tour of Film. Nobody is asked, all are hosts.",
        ),
        (
            {"service_type": "test_call", "name": "Test"},
            "The caller enters Test (test call), which plays back what it hears.",
        ),
        ({"service_type": "lecture", "name": "L", "pin": "1"}, None),
    ],
)
def test_where_a_caller_ends_up(result: Mapping[str, object], effect: str | None) -> None:
    """Each type of service."""
    assert _effect("service", result) == (
        effect or "The caller enters L (lecture). Everybody enters the PIN, all are hosts."
    )


@pytest.mark.parametrize(
    ("action", "direction", "result", "effect"),
    [
        (Action.REJECT, None, None, "The caller hears 'conference not found'."),
        (Action.CONTINUE, CallDirection.DIAL_IN, None, OWN),
        (Action.NOT_FOUND, None, None, OWN),
        (Action.CONTINUE, CallDirection.NON_DIAL, None, f"No call is set up. {OWN}"),
        (
            Action.CONTINUE,
            CallDirection.NON_DIAL,
            ROOM,
            "No call is set up. The node learns that r-1 (conference) answers here.",
        ),
        (
            Action.CONTINUE,
            CallDirection.DIAL_OUT,
            ROOM,
            (
                "The node places the call that r-1 (conference) makes; "
                "of this answer only prefer_ipv6 has an effect."
            ),
        ),
        (
            Action.REDIRECT,
            None,
            {"new_alias": "b@example.org"},
            "A SIP caller is sent on to b@example.org (SIP 302).",
        ),
    ],
)
def test_what_becomes_of_a_call(
    action: Action, direction: CallDirection | None, result: Mapping[str, object], effect: str
) -> None:
    """Actions count when there is no service, and the direction says what a service means."""
    assert _effect("service", result, action, direction) == effect


@pytest.mark.parametrize(
    ("request_type", "result", "action", "effect"),
    [
        ("participant", {}, Action.CONTINUE, "The participant joins unchanged."),
        (
            "participant",
            {"preauthenticated_role": "chair"},
            Action.CONTINUE,
            "The participant joins as a host, without a PIN prompt.",
        ),
        (
            "participant",
            {"preauthenticated_role": None, "spotlight": 1},
            Action.CONTINUE,
            "The participant joins after the PIN prompt and with spotlight changed.",
        ),
        (
            "participant",
            {"reject_reason": "not today"},
            Action.REJECT,
            "The participant is not let in. App users read 'not today'.",
        ),
        ("participant", {}, Action.REJECT, "The participant is not let in."),
        ("location", None, Action.NOT_FOUND, "The node chooses the location itself."),
        (
            "location",
            {"location": "Oslo", "primary_overflow_location": "Bergen"},
            Action.CONTINUE,
            "The media of the call runs in Oslo. When that is full: Bergen.",
        ),
        ("avatar", None, Action.NOT_FOUND, "The app shows a placeholder."),
        (
            "phonebook",
            None,
            Action.NOT_FOUND,
            "The app lists what the platform itself knows.",
        ),
        (
            "phonebook",
            [],
            Action.CONTINUE,
            "The app lists nothing beside what the platform itself knows.",
        ),
        (
            "phonebook",
            [{"alias": "a"}],
            Action.CONTINUE,
            "The app lists 1 entry beside what the platform itself knows.",
        ),
        ("registration", {}, Action.REJECT, "The device may not register."),
        (
            "registration",
            {"username": "cart", "password": "****"},
            Action.CONTINUE,
            "The device proves itself as cart with the password kept for it.",
        ),
        (
            "registration",
            {"username": "", "password": ""},
            Action.CONTINUE,
            "The device may register without proving itself.",
        ),
        (
            "registration",
            {},
            Action.CONTINUE,
            (
                "After single sign-on the device may register; "
                "else the node looks in its own list of device aliases."
            ),
        ),
        (
            "registration",
            None,
            Action.NOT_FOUND,
            "The node looks in its own list of device aliases.",
        ),
    ],
)
def test_what_becomes_of_other_requests(
    request_type: str, result: dict[str, object] | list[object], action: Action, effect: str
) -> None:
    """Each answer to the five other requests."""
    assert _effect(request_type, result, action) == effect


def test_pictures_and_searches_are_told_before_they_are_made() -> None:
    """Deciding is done when it is known what to draw, or whom to look for."""
    initials = initials_of("Karin Holm")
    assert initials is not None
    drawn = Drawing(initials, 40, 40, Reason.INITIALS)
    picture = Drawing(UUID(int=1), 100, 80, Reason.OK)
    search = PhonebookSearch(AddressKey("a", ""), "wa", 10)

    avatar, phonebook = RequestType.AVATAR, RequestType.PHONEBOOK
    assert effect_of(avatar, drawn) == "The app shows the initials of the name, 40 x 40 pixels."
    assert effect_of(avatar, picture) == "The app shows the picture, 100 x 80 pixels."
    assert effect_of(avatar, Decision(Action.CONTINUE, Reason.FORWARDED, image=b"x")) == (
        "The app shows the picture."
    )
    assert effect_of(phonebook, search).startswith("The app lists up to 10 rooms and devices")


@pytest.mark.parametrize("on_failure", list(OnFailure))
def test_a_request_that_would_be_forwarded(on_failure: OnFailure) -> None:
    """It says who would be asked and what becomes of the call without an answer."""
    said = effect_of_forward(Forward("old", 1.5, on_failure))

    assert "policy server old would be asked, for 1.5 s at most. If it gives none, " in said
