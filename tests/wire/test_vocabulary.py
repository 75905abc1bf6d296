"""Words are spelled as Pexip spells them."""

from __future__ import annotations

from policy.wire.vocabulary import Action, AuthType, CallDirection, CallProtocol, RequestType


def test_the_words_of_a_call_are_those_of_a_node() -> None:
    """What a node sends is compared with these very words."""
    assert {each.value for each in CallDirection} == {"dial_in", "dial_out", "non_dial"}
    assert {"api", "webrtc", "sip", "h323", "mssip", "rtmp"} <= {
        each.value for each in CallProtocol
    }
    assert {each.value for each in AuthType} == {"credentials", "sso"}


def test_the_actions_are_those_that_a_node_takes() -> None:
    """Besides having no opinion, which is a status and no action."""
    sent = {each.value for each in Action} - {"not_found"}

    assert sent == {"continue", "reject", "redirect"}


def test_there_are_six_requests() -> None:
    """A node asks six things."""
    assert len(RequestType) == 6
