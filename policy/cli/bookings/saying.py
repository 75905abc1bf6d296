"""What can be said of a meeting on the command line, when it is booked and later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import click

from policy.cli.said_values import NAME_AND_TEXT, set_option, values_said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TEXTS: Final = ("subject", "description", "labels")
# Values that have an option of their own; --set says these too.
_VALUES: Final = ("lead_minutes", "participant_limit", "end_meeting_on_end_time")
_OPTIONS: Final = (
    click.option("--description", help="At most 500 characters; kept encrypted."),
    click.option("--label", "labels", multiple=True, help="Kept encrypted. May be repeated."),
    click.option(
        "--info",
        type=NAME_AND_TEXT,
        multiple=True,
        metavar="KEY=VALUE",
        help="Additional information; kept encrypted. May be repeated.",
    ),
    click.option(
        "--lead", "lead_minutes", type=int, help="How many minutes before its start it opens."
    ),
    click.option(
        "--limit", "participant_limit", type=int, help="How many participants; 0 for no limit."
    ),
    click.option(
        "--end-on-time/--may-go-on",
        "end_meeting_on_end_time",
        default=None,
        help="Whether it ends on time, even while it runs.",
    ),
    set_option,
    click.option("--pin", help="The host PIN: 4 to 20 digits, of which the last may be '#'."),
    click.option("--guest-pin", help="The guest PIN: as long as the other, or both end with '#'."),
    click.option("--external-id", help="The client's own id; once in each organisation."),
    click.option("--project-code", help="At most 100 characters."),
    click.option(
        "--guest-microphone",
        type=click.Choice(["on", "off", "muted"]),
        help="Of guests who join by link; on unless said.",
    ),
    click.option(
        "--pin-in-link/--no-pin-in-link",
        default=None,
        help="Whether the short link asks guests for the PIN; else not.",
    ),
    click.option(
        "--long/--not-long", "is_long", default=None, help="Whether it may last more than 24 hours."
    ),
)


@dataclass(frozen=True, slots=True)
class Said:
    """What was said: free texts, values as in templates, and all else by its name."""

    texts: Mapping[str, object] = field(repr=False)
    values: Mapping[str, object]
    others: Mapping[str, object] = field(repr=False)


def meeting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that booking and changing share."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def said_of(options: Mapping[str, object]) -> Said:
    """Keep what was given on the command line, sorted by what it is."""
    given = {name: value for name, value in options.items() if value is not None and value != ()}
    texts: dict[str, object] = {name: given.pop(name) for name in _TEXTS if name in given}
    if "info" in given:
        texts["additional_information"] = dict(given.pop("info"))  # type: ignore[call-overload]  # pairs
    values = values_said(given.pop("said", ()))  # type: ignore[arg-type]  # pairs
    values |= {name: given.pop(name) for name in _VALUES if name in given}
    return Said(texts, values, given)
