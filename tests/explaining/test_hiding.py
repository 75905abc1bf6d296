"""Operators see why a call was decided so, and no PIN and no password."""

from __future__ import annotations

from typing import Final

import pytest

from policy.directory.records import Device, OrganisationState, PermanentRoom, RoomState
from policy.explaining.hiding import Hiding, secrets_in, secrets_of
from policy.wire.results import ServiceResult

ROOM: Final = PermanentRoom(
    OrganisationState.ACTIVE,
    RoomState.ACTIVE,
    ServiceResult.of({"pin": "48213", "guest_pin": "90377#", "name": "r"}),
)
DEVICE: Final = Device(
    OrganisationState.ACTIVE,
    enabled=True,
    single_sign_on=False,
    without_proof=False,
    username="cart",
    password="invented-7",
)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("pin 48213", "pin ****"),
        ("x48213", "x****"),
        ("90377# or 90377", "**** or ****"),
        ("invented-7.", "****."),
        ("rtmps://live.example.org/app/key", "rtmps://live.example.org/****"),
        ("721834@rooms.example.org", "721834@rooms.example.org"),
    ],
)
def test_texts_lose_their_secrets(text: str, hidden: str) -> None:
    """Wherever a secret of the call stands on its own, it is masked."""
    hiding = Hiding([*secrets_of(ROOM), *secrets_of(DEVICE)])

    assert hiding.text(text) == hidden


def test_documents_lose_their_secrets() -> None:
    """By key, however deep, and in texts; what says that there is none stays."""
    result = {
        "pin": "1111",
        "guest_pin": "",
        "automatic_participants": [{"dtmf_sequence": "12,34", "remote_alias": "rtmp://a/b"}],
        "name": "room 1111",
        "participant_limit": 7,
    }

    assert Hiding(secrets_in(result)).document(result) == {
        "pin": "****",
        "guest_pin": "",
        "automatic_participants": [{"dtmf_sequence": "****", "remote_alias": "rtmp://a/****"}],
        "name": "room ****",
        "participant_limit": 7,
    }


def test_what_is_no_secret_hides_nothing() -> None:
    """Empty and very short texts stand everywhere; nobody has no secrets."""
    assert Hiding(["", "1", *secrets_of(None)]).text("11 and 1") == "11 and 1"
