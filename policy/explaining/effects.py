"""What a node does with an answer, in plain sentences. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

from policy.decide.avatar import Drawing
from policy.decide.decision import Decision
from policy.directory.records import PhonebookSearch
from policy.pictures.initials import Initials
from policy.rules.model import Forward, OnFailure
from policy.wire.vocabulary import Action, CallDirection, RequestType, Role

_OWN_CONFIGURATION: Final = "The node looks in its own configuration."
_ROLES: Final[Mapping[object, str]] = {
    Role.CHAIR.value: "as a host",
    Role.GUEST.value: "as a guest",
}


def effect_of(
    request_type: RequestType,
    outcome: Decision | Drawing | PhonebookSearch,
    direction: CallDirection | None = None,
) -> str:
    """Tell what becomes of the call; `direction` is of a request about one."""
    match outcome:
        case Drawing(of=Initials(), width=width, height=height):
            return f"The app shows the initials of the name, {width} x {height} pixels."
        case Drawing(width=width, height=height):
            return f"The app shows the picture, {width} x {height} pixels."
        case PhonebookSearch(limit=limit):
            found = f"up to {limit} rooms and devices of the directory"
            return f"The app lists {found}: what the asking device may see and fits what was typed."
        case Decision():
            return _of_decision(request_type, outcome, direction)
        case _:
            assert_never(outcome)


def effect_of_forward(forward: Forward) -> str:
    """Tell what becomes of a call for which another policy server has not been asked."""
    instead = {
        OnFailure.NEXT: "the rules behind are looked at",
        OnFailure.CONTINUE: "the node looks in its own configuration",
        OnFailure.NOT_FOUND: "the node looks in its own configuration",
        OnFailure.REJECT: "the request is rejected",
    }[forward.on_failure]
    asked = f"policy server {forward.to} would be asked, for {forward.time_limit_s:g} s at most"
    return f"The node gets the answer of another: {asked}. If it gives none, {instead}."


def _of_decision(
    request_type: RequestType, outcome: Decision, direction: CallDirection | None
) -> str:
    match request_type:
        case RequestType.SERVICE:
            return _of_service(outcome, direction)
        case RequestType.PARTICIPANT:
            return _of_participant(outcome)
        case RequestType.LOCATION:
            return _of_location(outcome)
        case RequestType.AVATAR:
            return "The app shows the picture." if outcome.image else "The app shows a placeholder."
        case RequestType.PHONEBOOK:
            return _of_phonebook(outcome)
        case RequestType.REGISTRATION:
            return _of_registration(outcome)
        case _:
            assert_never(request_type)


def _of_service(decision: Decision, direction: CallDirection | None) -> str:
    result = decision.result if isinstance(decision.result, Mapping) else {}
    if "service_type" in result:  # whatever the action says
        return _of_service_result(result, direction)
    match decision.action:
        case Action.REJECT:
            return "The caller hears 'conference not found'."
        case Action.REDIRECT:
            return f"A SIP caller is sent on to {result.get('new_alias')} (SIP 302)."
        case Action.CONTINUE | Action.NOT_FOUND if direction is CallDirection.NON_DIAL:
            return f"No call is set up. {_OWN_CONFIGURATION}"
        case Action.CONTINUE | Action.NOT_FOUND:
            return _OWN_CONFIGURATION
        case _:
            assert_never(decision.action)


def _of_service_result(result: Mapping[str, object], direction: CallDirection | None) -> str:
    name, kind = result.get("name"), result["service_type"]
    if direction is CallDirection.NON_DIAL:
        return f"No call is set up. The node learns that {name} ({kind}) answers here."
    if direction is CallDirection.DIAL_OUT:
        only = "of this answer only prefer_ipv6 has an effect"
        return f"The node places the call that {name} ({kind}) makes; {only}."
    match kind:
        case "gateway":
            to, protocol = result.get("remote_alias"), result.get("outgoing_protocol")
            return f"The node calls {to} by {protocol} and connects the caller."
        case "two_stage_dialing":
            return f"The caller enters {name} (virtual reception) and is asked whom to call."
        case "media_playback":
            playlist = result.get("media_playlist_name")
            return f"The caller sees the playlist {playlist} of {name}. {_pins(result)}"
        case "test_call":
            return f"The caller enters {name} (test call), which plays back what it hears."
        case _:
            return f"The caller enters {_room(result)}. {_pins(result)}"


def _room(result: Mapping[str, object]) -> str:
    name, kind = result.get("name"), result["service_type"]
    if result.get("breakout"):
        return f"{result.get('breakout_name')}, a breakout room of {name}"
    return f"{name} ({kind})"


def _pins(result: Mapping[str, object]) -> str:
    """Say who is asked for what, by the table of PINs."""
    has_guests = bool(result.get("allow_guests"))
    group, guest_group = (result.get(f"{who}_identity_provider_group") for who in ("host", "guest"))
    if group or guest_group:
        asked = [f"hosts by {group}"] if group else []
        asked += [f"guests by {guest_group}"] if guest_group else []
        return f"People sign in at an identity provider: {', '.join(asked)}."
    if not result.get("pin"):
        return "Nobody is asked for a PIN." if has_guests else "Nobody is asked, all are hosts."
    if not has_guests:
        return "Everybody enters the PIN, all are hosts."
    if result.get("guest_pin"):
        return "The PIN that is entered makes somebody host or guest; guests wait for a host."
    return "Hosts enter a PIN, guests wait for a host."


def _of_participant(decision: Decision) -> str:
    result = decision.result if isinstance(decision.result, Mapping) else {}
    if decision.action is Action.REJECT:
        said = result.get("reject_reason")
        told = f" App users read '{said}'." if said else ""
        return f"The participant is not let in.{told}"
    if not result:
        return "The participant joins unchanged."
    role, others = _role(result), sorted(result.keys() - {"preauthenticated_role"})
    changed = f"with {', '.join(others)} changed" if others else ""
    return f"The participant joins {' and '.join(part for part in (role, changed) if part)}."


def _role(result: Mapping[str, object]) -> str:
    if "preauthenticated_role" not in result:
        return ""
    role = _ROLES.get(result["preauthenticated_role"])
    return "after the PIN prompt" if role is None else f"{role}, without a PIN prompt"


def _of_location(decision: Decision) -> str:
    result = decision.result if isinstance(decision.result, Mapping) else {}
    if "location" not in result:
        return "The node chooses the location itself."
    pair = (result.get(f"{which}_overflow_location") for which in ("primary", "secondary"))
    listed = result.get("overflow_locations")
    overflow = listed if isinstance(listed, list | tuple) else [each for each in pair if each]
    full = f" When that is full: {', '.join(map(str, overflow))}." if overflow else ""
    return f"The media of the call runs in {result['location']}.{full}"


def _of_phonebook(decision: Decision) -> str:
    listed = decision.result
    count = len(listed) if isinstance(listed, Sequence) and not isinstance(listed, str) else 0
    if decision.action is Action.NOT_FOUND:
        return "The app lists what the platform itself knows."
    entries = f"{count} {'entry' if count == 1 else 'entries'}" if count else "nothing"
    beside = "and none of" if decision.ignore_local else "beside"
    return f"The app lists {entries} {beside} what the platform itself knows."


def _of_registration(decision: Decision) -> str:
    result = decision.result if isinstance(decision.result, Mapping) else {}
    if decision.action is Action.REJECT:
        return "The device may not register."
    if result.get("username"):
        return f"The device proves itself as {result['username']} with the password kept for it."
    if "username" in result:
        return "The device may register without proving itself."
    own_list = "the node looks in its own list of device aliases."
    if decision.action is Action.NOT_FOUND:
        return own_list.capitalize()
    # An empty answer means both; which of them, only the node knows.
    return f"After single sign-on the device may register; else {own_list}"
