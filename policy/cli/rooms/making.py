"""`rooms create` and `rooms change`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, get_args

import click
import orjson

from policy.cli.options import seal_of
from policy.cli.site import Site, writing
from policy.directory.document import ServiceType
from policy.directory.records import RoomState
from policy.directory.writing.organisations import get_living
from policy.directory.writing.rooms import (
    NewRoom,
    PinChoice,
    RoomChange,
    change_room,
    create_room,
    get_room,
)
from policy.wire.fields import Choice, CryptoMode, DirectMedia, MaxPixels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policy.directory.pins import PinPair
    from policy.directory.writing.rooms import Created

# Options bear the names of the keys of a directory file, and those are checked as there.
_TEXTS: Final[Mapping[str, str]] = {
    "description": "For phone books; nothing about health or a person.",
    "template": "Name of a template of the same organisation.",
    "view": "Layout of a conference, such as one_main_seven_pips.",
    "host_view": "Layout for the hosts of a lecture.",
    "guest_view": "Layout for the guests of a lecture.",
    "ivr_theme_name": "Name of a theme on the platform.",
    "service_tag": "For statistics; else organisation and kind.",
    "service_name": "Name on the platform; else one is drawn.",
}
_FLAGS: Final[Mapping[str, str]] = {
    "listed": "Whether phone books show it; else not.",
    "allow_guests": "Whether guests may join; a guest PIN says so too.",
    "enable_overlay_text": "Whether names are shown in the picture.",
    "guests_can_present": "Whether guests may present.",
    "force_presenter_into_main": "Lecture: whether the presenter is seen large.",
    "mute_all_guests": "Whether guests join muted.",
}
_CHOICES: Final[Mapping[str, tuple[object, str]]] = {
    "type": (ServiceType, "The service; else a conference."),
    "max_pixels_per_second": (MaxPixels, "The best picture there is."),
    "enable_chat": (Choice, "Whether there is chat."),
    "crypto_mode": (CryptoMode, "Whether media must be encrypted."),
    "direct_media": (DirectMedia, "Whether two talk past the platform."),
}
_PINS: Final[Mapping[str, str]] = {
    "pin": "The host PIN: 4 to 20 digits, of which the last may be '#'.",
    "guest_pin": "The guest PIN: as long as the other, or both end with '#'.",
}


def _options() -> list[Callable[[Callable[..., None]], Callable[..., None]]]:
    return [
        *(_option(key, help=said) for key, said in _TEXTS.items()),
        click.option("--tag", "tags", multiple=True, help="A word for rules; may be repeated."),
        click.option(
            "--participant-limit", type=int, help="How many at once; 0 for no limit of its own."
        ),
        *(_option(key, help=said, default=None, pair=True) for key, said in _FLAGS.items()),
        *(
            _option(key, help=said, type=click.Choice(get_args(of)))
            for key, (of, said) in _CHOICES.items()
        ),
        click.option(
            "--set",
            "further",
            multiple=True,
            metavar="FIELD=VALUE",
            help="Any other field of the service, its value as JSON or text; may be repeated.",
        ),
        *(_option(key, help=said) for key, said in _PINS.items()),
    ]


def _option(
    key: str, *, pair: bool = False, **settings: object
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    name = key.replace("_", "-")
    declared = f"--{name}/--no-{name}" if pair else f"--{name}"
    return click.option(declared, key, **settings)  # type: ignore[arg-type]  # click's own keywords


def _room_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_options()):
        command = option(command)
    return command


@click.command()
@click.argument("organisation")
@click.option("--alias", "aliases", multiple=True, help="An address; may be repeated.")
@click.option("--from-range", metavar="NAME", help="Draw a number of this range.")
@click.option("--draft", is_flag=True, help="Not callable yet: see 'rooms reactivate'.")
@click.option("--no-guest-pin", is_flag=True, help="Draw a host PIN only.")
@click.option("--no-pin", is_flag=True, help="Let everybody in who dials, as a host.")
@_room_options
@writing
def create(
    site: Site,
    /,
    organisation: str,
    from_range: str | None,
    *,
    draft: bool,
    no_guest_pin: bool,
    no_pin: bool,
    **said: object,
) -> None:
    """Make a permanent room of ORGANISATION.

    Its address is drawn from a number range, given, or both. A pair of PINs is
    drawn and shown unless PINs are given or declined. The room can be called at
    once, unless it is a draft.
    """
    wanted = _given(said) | ({"state": RoomState.DRAFT} if draft else {})
    draw = _draw(wanted, host_only=no_guest_pin, none=no_pin)
    created = asyncio.run(_create(site, organisation, wanted, from_range, draw))
    aliases = ", ".join(each.alias for each in created.addresses)
    site.tell(f"{created.name}: created, {aliases}", f"would create a room, such as {aliases}")
    _show_pins(site, created.pins)


@click.command()
@click.argument("room")
@click.option("--organisation", metavar="ORGANISATION", help="Another one whose it is.")
@click.option("--new-pins", is_flag=True, help="Draw its PINs anew: as many as it has, or a pair.")
@click.option("--clear", multiple=True, metavar="KEY", help="Leave out this; may be repeated.")
@_room_options
@writing
def change(
    site: Site,
    /,
    room: str,
    organisation: str | None,
    *,
    new_pins: bool,
    clear: tuple[str, ...],
    **said: object,
) -> None:
    """Change what is given of ROOM, which is one of its aliases, its name or its id.

    The rest stays, its addresses too. KEY is the name of an option, or a field
    of the service.
    """
    changes = _given(said)
    if not (changes or clear or new_pins or organisation):
        raise click.UsageError("nothing to change: give at least one option")
    pins = asyncio.run(_change(site, room, organisation, changes, clear, new_pins=new_pins))
    site.tell(f"{room}: changed", f"would change {room}")
    _show_pins(site, pins)


def _given(said: Mapping[str, object]) -> dict[str, object]:
    """Give the keys of a directory file for what was said on the command line."""
    given = {name: value for name, value in said.items() if value is not None and value != ()}
    further = given.pop("further", ())
    if isinstance(further, tuple) and further:
        given["service"] = dict(_field(each) for each in further)
    return given


def _field(written: str) -> tuple[str, object]:
    name, equals, value = written.partition("=")
    if not name or not equals:
        raise click.UsageError(f"--set {written}: write it as FIELD=VALUE")
    try:
        return name, orjson.loads(value)
    except orjson.JSONDecodeError:
        return name, value


def _draw(said: Mapping[str, object], *, host_only: bool, none: bool) -> PinChoice:
    given = _gives_pins(said)
    if sum((given, host_only, none)) > 1:
        raise click.UsageError("either give PINs, or --no-guest-pin, or --no-pin")
    if given or none or said.get("type") not in {None, "conference", "lecture"}:
        return PinChoice.NONE
    return PinChoice.HOST if host_only else PinChoice.PAIR


def _gives_pins(said: Mapping[str, object]) -> bool:
    return "pin" in said or "guest_pin" in said


def _show_pins(site: Site, pins: PinPair | None) -> None:
    if pins is None or site.dry_run:
        return
    click.echo(f"host PIN: {pins.pin}")
    if pins.guest_pin is not None:
        click.echo(f"guest PIN: {pins.guest_pin}")


async def _create(
    site: Site,
    organisation: str,
    said: Mapping[str, object],
    from_range: str | None,
    draw: PinChoice,
) -> Created:
    seals = _gives_pins(said) or draw is not PinChoice.NONE
    async with site.transaction(seals=seals) as connection:
        owner = await get_living(connection, organisation)
        new = NewRoom(owner, said, from_range, draw)
        return await create_room(connection, seal_of(site.settings), new)


async def _change(
    site: Site,
    written: str,
    organisation: str | None,
    changes: dict[str, object],
    clear: tuple[str, ...],
    *,
    new_pins: bool,
) -> PinPair | None:
    async with site.transaction(seals=new_pins or _gives_pins(changes)) as connection:
        room = await get_room(connection, written)
        owner = await get_living(connection, organisation) if organisation is not None else None
        draw = PinChoice.NONE
        if new_pins:
            has_host_only = room.row["pin"] is not None and room.row["guest_pin"] is None
            draw = PinChoice.HOST if has_host_only else PinChoice.PAIR
        keys = [each.replace("-", "_") for each in clear]
        seal = seal_of(site.settings)
        return await change_room(connection, seal, room, RoomChange(changes, keys, owner, draw))
