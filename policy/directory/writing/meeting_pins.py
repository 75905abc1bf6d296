"""The PINs of a meeting: those that somebody chose, or a pair as its template wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.directory.pins import PinPair, draw_pair, draw_pair_from, is_trivial, repair_pair
from policy.directory.writing.values import pin_range_of
from policy.errors import RefusedError
from policy.wire.fields import PIN_TEXT, check_pins

if TYPE_CHECKING:
    from uuid import UUID

    import asyncpg

    from policy.directory.sealing import Seal
    from policy.directory.writing.inheritance import Resolved


def pins_for(resolved: Resolved, pin: str | None, guest_pin: str | None) -> PinPair | None:
    """Give the PINs of a meeting, None when it has none; what is wanted and not given is drawn."""
    wants_guest_pin = bool(resolved.get("guest_pin_required"))
    if pin is not None:
        if guest_pin is None and wants_guest_pin:
            guest_pin = repair_pair(pin, pin).guest_pin  # draws one that goes with the host's
        return chosen_pins(pin, guest_pin)
    if guest_pin is not None:
        raise RefusedError("guest PIN: needs a PIN for hosts beside it")
    if not resolved.get("host_pin_required"):
        return None
    return drawn_pins(resolved.get("host_pins"), resolved.get("guest_pins"), guest=wants_guest_pin)


def drawn_pins(host_pins: object, guest_pins: object, *, guest: bool) -> PinPair:
    """Draw from ranges as they are said, or any where none is said."""
    if not host_pins:
        return draw_pair(guest=guest)
    host = pin_range_of(host_pins)
    return draw_pair_from(host, pin_range_of(guest_pins or host_pins) if guest else None)


def chosen_pins(pin: str, guest_pin: str | None, before: PinPair | None = None) -> PinPair:
    """Hold what somebody chose against the platform's rules and ours; raises RefusedError.

    What the meeting had before is no choice: it may be trivial.
    """
    try:
        check_pins(pin, guest_pin, allow_guests=True)
    except ValueError as exc:
        raise RefusedError(f"PINs: {exc}") from None
    _refuse_trivial("pin", pin, before.pin if before else None)
    _refuse_trivial("guest_pin", guest_pin, before.guest_pin if before else None)
    return PinPair(pin, guest_pin)


def _refuse_trivial(which: str, pin: str | None, before: str | None) -> None:
    if pin is None or pin == before or not PIN_TEXT.fullmatch(pin):
        return
    if is_trivial(pin):
        raise RefusedError(f"{which}: is among the first that a stranger would try")


def sealed_pins(seal: Seal, room_id: UUID, pair: PinPair | None) -> tuple[str | None, str | None]:
    """Give both as their columns take them."""
    if pair is None:
        return None, None
    guest = None
    if pair.guest_pin is not None:
        guest = seal.seal_pin(room_id, "guest_pin", pair.guest_pin)
    return seal.seal_pin(room_id, "pin", pair.pin), guest


def unsealed_pins(seal: Seal, room: asyncpg.Record) -> PinPair | None:
    """Give both in clear text, None when the room has none."""
    room_id = room["id"]
    pin, guest_pin = room["pin"], room["guest_pin"]
    if pin is None:
        return None
    guest = None if guest_pin is None else seal.unseal_pin(room_id, "guest_pin", guest_pin)
    return PinPair(seal.unseal_pin(room_id, "pin", pin), guest)
