"""The requests of one call in their order, by protocol, and those that belong to no call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from load.day.plan import Ask, Kind
from load.day.targets import Caller, phonebook, registration

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

# Browser 80 %, SIP 12 %, H.323 4 %, Skype for Business 2 %; the rest are no calls.
PROTOCOLS: Final = ("browser", "sip", "h323", "mssip", "other")
SHARES: Final = (80, 12, 4, 2, 2)
# How long a node takes from an answer to its next request, in seconds, and a person to type a PIN.
_NEXT_S: Final = 0.05
_TYPING_S: Final = 4.0


def call(at_s: float, local: object, draw: random.Random, devices: int) -> list[Ask]:
    """Give the requests of one call, or of something else that nodes ask now and then."""
    protocol = draw.choices(PROTOCOLS, SHARES)[0]
    asks = {
        "browser": _browser,
        "sip": _sip,
        "h323": _h323,
        "mssip": _mssip,
    }.get(protocol)
    if asks is None:
        return list(_no_call(at_s, draw, devices))
    caller = Caller(local, "api" if protocol == "browser" else protocol, draw)
    return list(asks(at_s, caller, draw))


def _browser(at_s: float, caller: Caller, draw: random.Random) -> Iterator[Ask]:
    """Service, PIN, service again, twice the participant, location; some fetch a picture."""
    yield Ask(at_s, Kind.ROOM, caller.service("web"))
    typed_s = at_s + _TYPING_S * (0.5 + draw.random())
    yield Ask(typed_s, Kind.ROOM, caller.service("web"))
    yield Ask(typed_s + _NEXT_S, Kind.PARTICIPANT, caller.participant("api", "guest", "api"))
    standard = caller.participant("standard", "guest", "webrtc")
    yield Ask(typed_s + 2 * _NEXT_S, Kind.PARTICIPANT, standard)
    yield Ask(typed_s + 3 * _NEXT_S, Kind.LOCATION, caller.place("webrtc"))
    if draw.random() < 0.5:  # noqa: PLR2004  five or six requests for each
        yield Ask(typed_s + 1.0, Kind.AVATAR, caller.avatar())


def _sip(at_s: float, caller: Caller, draw: random.Random) -> Iterator[Ask]:
    """Service, participant, location; some fetch a picture."""
    yield Ask(at_s, Kind.ROOM, caller.service("invite"))
    yield from _joining(at_s + _NEXT_S, caller, "sip")
    if draw.random() < 0.5:  # noqa: PLR2004  three or four requests for each
        yield Ask(at_s + 1.0, Kind.AVATAR, caller.avatar())


def _h323(at_s: float, caller: Caller, draw: random.Random) -> Iterator[Ask]:
    """Admission or the location request of another gatekeeper, then the call itself."""
    if draw.random() < 0.5:  # noqa: PLR2004  one as often as the other
        yield Ask(at_s, Kind.ROOM, caller.service("arq"))
    else:
        yield Ask(at_s, Kind.NON_DIAL, caller.service("lrq", direction="non_dial"))
    yield Ask(at_s + _NEXT_S, Kind.ROOM, caller.service("setup"))
    yield from _joining(at_s + 2 * _NEXT_S, caller, "h323")


def _mssip(at_s: float, caller: Caller, _draw: random.Random) -> Iterator[Ask]:
    """Presence, then as SIP."""
    yield Ask(at_s, Kind.NON_DIAL, caller.service("subscribe", direction="non_dial"))
    yield Ask(at_s + _NEXT_S, Kind.ROOM, caller.service("invite"))
    yield from _joining(at_s + 2 * _NEXT_S, caller, "mssip")


def _joining(at_s: float, caller: Caller, protocol: str) -> Iterator[Ask]:
    yield Ask(at_s, Kind.PARTICIPANT, caller.participant("standard", "", protocol))
    yield Ask(at_s + _NEXT_S, Kind.LOCATION, caller.place(protocol))


def _no_call(at_s: float, draw: random.Random, devices: int) -> Iterator[Ask]:
    """Two registrations are refreshed, or somebody looks up a ward letter by letter."""
    device = draw.randrange(devices)
    if draw.random() < 0.7:  # noqa: PLR2004  most often
        yield Ask(at_s, Kind.REGISTRATION, registration(device))
        yield Ask(at_s + draw.random(), Kind.REGISTRATION, registration(draw.randrange(devices)))
        return
    word = f"ward {draw.randrange(1000)}"
    for number, length in enumerate((2, 4, len(word))):
        yield Ask(at_s + 0.4 * number, Kind.PHONEBOOK, phonebook(device, word[:length]))
