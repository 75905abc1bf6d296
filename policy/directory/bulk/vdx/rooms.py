"""Permanent rooms with their aliases, and registered devices and clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.directory.bulk.vdx.claims import written
from policy.directory.bulk.vdx.notes import What
from policy.directory.bulk.vdx.services import Spoken, pins_of, service_of
from policy.directory.writing.free_text import refuse_cpr
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policy.directory.bulk.vdx.notes import Origin
    from policy.directory.bulk.vdx.rows import Work
    from policy.directory.bulk.vdx.tables import PermanentAlias, PermanentRoom, RegisteredClient

    Aliases = list[tuple[PermanentAlias, Origin]]


def convert_rooms(
    work: Work,
    rooms: Iterable[tuple[PermanentRoom, Origin]],
    aliases: Iterable[tuple[PermanentAlias, Origin]],
) -> None:
    """Make permanent rooms; one whose addresses are all somebody else's becomes a draft."""
    by_room: dict[str, Aliases] = {}
    for alias, origin in aliases:
        by_room.setdefault(alias.room_id, []).append((alias, origin))
    for room, origin in rooms:
        _convert_room(work, room, by_room.pop(room.id, []), origin)
    for left in by_room.values():
        for alias, origin in left:
            work.notes.add(What.LEFT_OUT, origin, alias.alias, "its room is in no table")


def _convert_room(work: Work, room: PermanentRoom, aliases: Aliases, origin: Origin) -> None:
    about = f"room {room.id}"
    owner = work.node(room.group_id, origin, about)
    if owner is None:
        return
    kept = [each for each in (_alias(work, *each) for each in aliases) if each is not None]
    if not kept:
        work.notes.add(What.REPAIRED, origin, about, "has no address left: is a draft")
    pins = pins_of(work, room.pin, room.guest_pin, origin, about)
    guests = room.allow_guests is not False
    if guests and pins["pin"] is None:
        text = "lets guests in without a PIN of hosts: everybody is host"
        work.notes.add(What.REPAIRED, origin, about, text)
        guests = False
    if not guests:
        pins["guest_pin"] = None
    row = {
        "organisation": owner,
        "aliases": kept,
        "state": None if kept else "draft",
        "type": room.type,
        "description": _description(work, room.description or room.name, origin, about),
        **pins,
        "allow_guests": guests,
        **service_of(work, _spoken(room), origin, about),
    }
    work.made.add("rooms", row, origin)


def _alias(work: Work, alias: PermanentAlias, origin: Origin) -> str | None:
    key = work.claims.claim(alias.alias, "permanent", origin)
    if key is None:
        return None
    if alias.description is not None or alias.last_use is not None:
        row = {
            "alias": written(key),
            "state": "active",
            "description": _description(work, alias.description, origin, alias.alias),
            "last_used_at": alias.last_use and alias.last_use.isoformat(),
        }
        work.made.add("addresses", row, origin)
    return written(key)


def _description(work: Work, text: str | None, origin: Origin, about: str) -> str | None:
    if text is None:
        return None
    try:
        refuse_cpr("description", text)
    except RefusedError:
        text = "its description may hold a CPR number: is left out"
        work.notes.add(What.DROPPED, origin, about, text)
        return None
    return work.shortened(text, 250, origin, about)


def _spoken(room: PermanentRoom) -> Spoken:
    return Spoken(
        room.type,
        room.host_layout,
        room.guest_layout,
        room.quality,
        room.theme,
        room.participant_limit,
        room.enable_overlay_text,
        room.guests_can_present,
        room.enable_chat,
        room.force_presenter_into_main,
        room.mute_all_guests,
        room.force_encryption,
    )


def convert_clients(work: Work, clients: Iterable[tuple[RegisteredClient, Origin]]) -> None:
    """Make devices; a credential is not carried, since it cannot be read back."""
    for client, origin in clients:
        about = f"device {client.alias}"
        owner = work.node(client.group_id, origin, about)
        if owner is None:
            continue
        key = work.claims.claim(client.alias, "device", origin)
        if key is None:
            work.notes.add(What.LEFT_OUT, origin, about, "has no address left")
            continue
        if client.username is not None or client.credential is not None:
            text = "its password cannot be carried: give it a new one before it registers"
            work.notes.add(What.DROPPED, origin, about, text)
        row = {
            "organisation": owner,
            "alias": written(key),
            "description": _description(work, client.description, origin, about),
            "owner_email": work.shortened(client.owner_email, 200, origin, about),
            "single_sign_on": client.single_sign_on,
            "enabled": client.enabled,
        }
        work.made.add("devices", row, origin)
        if client.last_use is not None:
            used = {
                "alias": written(key),
                "state": "active",
                "last_used_at": client.last_use.isoformat(),
            }
            work.made.add("addresses", used, origin)
