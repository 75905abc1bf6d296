"""Directories of any size, as bulk files: the shape of the Danish hub, with invented names."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

REGIONS: Final = 5
MUNICIPALITIES: Final = 98
START: Final = datetime(2027, 1, 4, 8, tzinfo=UTC)
_VIEWS: Final = ("", "one_main_seven_pips", "one_main_zero_pips", "two_mains_twentyone_pips")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows of each kind; the defaults are those of the hub."""

    organisations: int = 1200
    domains: int = 150
    templates: int = 10_000
    rooms: int = 10_000
    aliases: int = 3  # of a room at most
    devices: int = 5000
    bookings: int = 200_000


def write_directory(folder: Path, sizes: Sizes, *, seed: int = 1) -> None:
    """Write a folder that `vdx-policy directory import` takes; the same every time."""
    folder.mkdir(parents=True, exist_ok=True)
    codes = ["hub", *(f"org-{number}" for number in range(1, sizes.organisations))]
    domains = [
        "rooms.example.org",
        *(f"d{number}.example.org" for number in range(1, sizes.domains)),
    ]
    draw = random.Random(seed)  # noqa: S311  the same every time
    _write(folder, "organisations", _organisations(codes))
    _write(folder, "domains", _domains(domains, codes))
    _write(folder, "templates", _templates(codes, sizes.templates))
    _write(folder, "rooms", _rooms(codes, domains, sizes, draw))
    _write(folder, "devices", _devices(codes, sizes.devices))
    _write(folder, "bookings", _bookings(codes, sizes.bookings, draw))


def _write(folder: Path, kind: str, rows: Iterable[Sequence[object]]) -> None:
    with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _organisations(codes: Sequence[str]) -> Iterator[Sequence[object]]:
    yield "code", "name", "type", "parent"
    yield codes[0], "The Hub", "organisation", ""
    first_practice = REGIONS + MUNICIPALITIES
    for number, code in enumerate(codes[1:], 1):
        if number <= first_practice:
            kind = "Region" if number <= REGIONS else "Municipality"
            yield code, f"{kind} {number}", "organisation", codes[0]
        else:
            parent = codes[1 + number % first_practice]
            yield code, f"Practice {number}", "praksis", parent


def _domains(domains: Sequence[str], codes: Sequence[str]) -> Iterator[Sequence[object]]:
    yield "domain", "organisation", "inherit"
    for number, domain in enumerate(domains):
        yield domain, codes[number % len(codes)], "true"


def _templates(codes: Sequence[str], count: int) -> Iterator[Sequence[object]]:
    yield "organisation", "name", "service", "is_default", "lead_minutes"
    for number in range(count):
        code = codes[number % len(codes)]
        is_default = "true" if number < len(codes) else "false"
        yield code, f"template {number}", '{"enable_chat": "no"}', is_default, number % 4 * 5


def _rooms(
    codes: Sequence[str], domains: Sequence[str], sizes: Sizes, draw: random.Random
) -> Iterator[Sequence[object]]:
    yield (
        "organisation",
        "aliases",
        "description",
        "pin",
        "guest_pin",
        "allow_guests",
        "participant_limit",
        "view",
        "max_pixels_per_second",
    )
    for number in range(sizes.rooms):
        domain = domains[number % len(domains)]
        own = (
            f"{7_000_000 + number}@rooms.example.org",
            f"room{number}@{domain}",
            f"{number}.ward",
        )
        aliases = " ".join(own[: sizes.aliases]) if sizes.aliases < len(own) else " ".join(own)
        host = draw.randrange(10_000, 50_000)
        yield (
            codes[number % len(codes)],
            aliases,
            f"Ward {number}",
            host,
            host + draw.randrange(11_111, 40_000),
            "true",
            draw.choice((0, 12, 25, 50)),
            draw.choice(_VIEWS),
            "hd",
        )


def _devices(codes: Sequence[str], count: int) -> Iterator[Sequence[object]]:
    yield "organisation", "alias", "description", "without_proof"
    for number in range(count):
        alias = f"device{number}@rooms.example.org"
        yield codes[number % len(codes)], alias, f"Screen {number}", "true"


def _bookings(codes: Sequence[str], count: int, draw: random.Random) -> Iterator[Sequence[object]]:
    yield "organisation", "aliases", "pin", "guest_pin", "starts_at", "ends_at", "lead_minutes"
    for number in range(count):
        # On the hour and the quarters, over ninety days.
        starts = START + timedelta(minutes=15 * draw.randrange(4 * 24 * 90))
        host = draw.randrange(10_000, 50_000)
        yield (
            codes[number % len(codes)],
            f"{2_000_000 + number}@rooms.example.org",
            host,
            host + draw.randrange(11_111, 40_000),
            starts.isoformat(),
            (starts + timedelta(minutes=draw.choice((15, 30, 60)))).isoformat(),
            15,
        )
