"""Moments on the command line: ISO 8601, in Danish time where no offset says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import click

DENMARK: Final = ZoneInfo("Europe/Copenhagen")


class _Moment(click.ParamType[datetime]):
    """Reads `2026-11-24 13:00`, `2026-11-24T13:00+01:00` or a day, which is its midnight."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Give an aware moment, and refuse one that Denmark's clocks show twice or never."""
        if isinstance(value, datetime):  # click converts a default once more
            return value
        try:
            return moment_of(str(value))
        except ValueError as exc:
            self.fail(str(exc), param, ctx)


MOMENT: Final = _Moment()


def moment_of(text: str) -> datetime:
    """Read a moment; raises ValueError, which says what would be right.

    It is given in universal time: Python compares and adds times of one zone as clocks on a wall.
    """
    try:
        written = datetime.fromisoformat(text)
        if written.tzinfo is not None:
            return _in_range(written.astimezone(UTC))
        # The first of two where the clocks are put back, and as before where they are put forward.
        earlier, later = (
            _in_range(written.replace(tzinfo=DENMARK, fold=fold).astimezone(UTC)) for fold in (0, 1)
        )
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is no time, write it as 2026-11-24T13:00 or 2026-11-24T13:00+01:00"
        ) from None
    if earlier == later:
        return earlier
    if earlier < later:
        said = "comes twice in Denmark, since clocks are put back: write"
        raise ValueError(f"{text!r} {said} {shown(earlier)} or {shown(later)}")
    said = "never comes in Denmark, since clocks are put forward: write"
    raise ValueError(f"{text!r} {said} {shown(later)} or {shown(earlier)}")


def _in_range(moment: datetime) -> datetime:
    moment.astimezone(DENMARK)  # raises OverflowError at both ends of the calendar
    return moment


def shown(moment: datetime, *, timespec: str = "minutes") -> str:
    """Write a moment as Denmark's clocks show it, with the offset that leaves no doubt."""
    return moment.astimezone(DENMARK).isoformat(timespec=timespec)
