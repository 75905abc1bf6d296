"""Windows of time: weekdays, hours, dates and public holidays, by the wall clock of a zone. Pure.

A window over midnight belongs to the day on which it begins: `fri` from 22:00 to 06:00 ends on
Saturday morning. Where the clock is put back, an hour comes twice and is in its window twice.

The library of holidays is loaded by the first rule that has them: it takes 10 MiB and 0.2 s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    StrictBool,
    WithJsonSchema,
    model_validator,
)

from policy.documents import Document
from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

_DAY: Final = timedelta(days=1)
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])|24:00")
_YEARLY: Final = re.compile(r"[0-9]{2}-[0-9]{2}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# The years of one country that a server looks at in its life, and some for replaying old calls.
_YEARS_KEPT: Final = 256


class Weekday(StrEnum):
    """Days as rule files write them, in the order of `date.weekday()`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


_WEEK: Final = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class Window:
    """All that is given must hold; `start` is in the window and `end` is not.

    `end` None is the end of the day. `holidays` True is on public holidays only, False never on
    them; `extra_holidays` counts further days as such, each as `12-24` or `2026-12-24`.
    """

    zone: str = "Europe/Copenhagen"
    days: frozenset[Weekday] = frozenset()
    start: time | None = None
    end: time | None = None
    from_date: date | None = None
    to_date: date | None = None
    holidays: bool | None = None
    country: str = "DK"
    extra_holidays: frozenset[str] = frozenset()

    def holds(self, now: datetime) -> bool:
        """Look at the wall clock of the zone; `now` knows its own zone."""
        try:
            local = now.astimezone(_zone(self.zone))
        except OverflowError:  # the first and the last hours that there are belong to no window
            return False
        day, clock = local.date(), local.time()
        start, end = self.start or time.min, self.end or time.min
        if clock >= start:
            return (end <= start or clock < end) and self._is_on(day)
        return clock < end <= start and day > date.min and self._is_on(day - _DAY)

    def clock(self, now: datetime) -> str:
        """Tell the time as the zone's clocks show it."""
        try:
            local = now.astimezone(_zone(self.zone))
        except OverflowError:
            return now.isoformat()
        return f"{_WEEK[local.weekday()]} {local:%Y-%m-%d %H:%M} {self.zone}"

    def _is_on(self, day: date) -> bool:
        """Say whether the window begins on a day."""
        if self.days and _WEEK[day.weekday()] not in self.days:
            return False
        if self.from_date is not None and day < self.from_date:
            return False
        if self.to_date is not None and day > self.to_date:
            return False
        if self.holidays is None:
            return True
        free = public_holidays(self.country, day.year, self.extra_holidays)
        return (day in free) is self.holidays

    def prepare(self, year: int) -> None:
        """Look up the holidays of a year; a call that is the first to do so waits for 0.2 s."""
        if self.holidays is not None:
            public_holidays(self.country, year, self.extra_holidays)

    def covers(self, other: Window) -> bool:
        """Say whether every moment of the other window is in this one; False when in doubt."""
        is_every_day = self._is_every_day()
        begin, end = self._span()
        if is_every_day and end - begin == _DAY:
            return True
        if self.zone != other.zone or not self._covers_days(other):
            return False
        inner_begin, inner_end = other._span()
        if begin <= inner_begin and inner_end <= end:
            return True
        # Yesterday's window may still be open when the other one begins.
        return is_every_day and begin <= inner_begin + _DAY and inner_end + _DAY <= end

    def _span(self) -> tuple[timedelta, timedelta]:
        """Give begin and end, counted from the start of the day on which the window begins."""
        begin, end = _since_midnight(self.start), _since_midnight(self.end)
        return begin, end if begin < end else end + _DAY

    def _is_every_day(self) -> bool:
        is_always = self.from_date is None and self.to_date is None and self.holidays is None
        return is_always and (not self.days or len(self.days) == len(_WEEK))

    def _covers_days(self, other: Window) -> bool:
        """Say whether this window begins on every day on which the other does."""
        if self.days and not (other.days or frozenset(_WEEK)) <= self.days:
            return False
        if (other.from_date or date.min) < (self.from_date or date.min):
            return False
        if (other.to_date or date.max) > (self.to_date or date.max):
            return False
        if self.holidays is None:
            return True
        if self.holidays is not other.holidays or self.country != other.country:
            return False
        if self.holidays:
            return other.extra_holidays <= self.extra_holidays
        return self.extra_holidays <= other.extra_holidays

    def __str__(self) -> str:
        shown = [_shown_days(self.days)]
        if self.start or self.end:
            end = f"{self.end:%H:%M}" if self.end else "24:00"
            shown.append(f"{self.start or time.min:%H:%M}-{end}")
        parts = [" ".join([*shown, self.zone])]
        if self.from_date is not None:
            parts.append(f"from {self.from_date}")
        if self.to_date is not None:
            parts.append(f"to {self.to_date}")
        if self.holidays is not None:
            parts.append(self._shown_holidays())
        return ", ".join(parts)

    def _shown_holidays(self) -> str:
        shown = "only on public holidays" if self.holidays else "not on public holidays"
        if self.country != "DK":
            shown += f" of {self.country}"
        return " or ".join([shown, *sorted(self.extra_holidays)])


@lru_cache(_YEARS_KEPT)
def public_holidays(
    country: str, year: int, extra: frozenset[str] = frozenset()
) -> frozenset[date]:
    """Give the public holidays of a year, and the further days that somebody counts as such."""
    import holidays  # noqa: PLC0415  see the module docstring

    known = holidays.country_holidays(country, years=year)
    further = (_day_in(year, written) for written in extra)
    return frozenset(known) | {day for day in further if day is not None}


def _day_in(year: int, written: str) -> date | None:
    """Read `12-24` or `2026-12-24`; None when the year has no such day."""
    text = f"{year:04}-{written}" if _YEARLY.fullmatch(written) else written
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(_YEARS_KEPT)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _since_midnight(clock: time | None) -> timedelta:
    if clock is None:
        return timedelta()
    return timedelta(
        hours=clock.hour,
        minutes=clock.minute,
        seconds=clock.second,
        microseconds=clock.microsecond,
    )


def _shown_days(days: frozenset[Weekday]) -> str:
    """Write runs of days as ranges: `mon-wed, sat`."""
    if not days or len(days) == len(_WEEK):
        return "every day"
    runs: list[list[Weekday]] = []
    for day in _WEEK:
        if day not in days:
            continue
        if runs and _WEEK.index(runs[-1][-1]) == _WEEK.index(day) - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _check_clock(value: object) -> str:
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no time of day, write it as 08:00, at most 24:00")
    return found[0].zfill(5)


def _check_days(value: object) -> frozenset[Weekday]:
    written = value if isinstance(value, list) else [value]
    parts = [part for each in written for part in str(each).split(",")]
    if not parts or value is None:
        raise ValueError("needs at least one day")
    return frozenset(day for part in parts for day in _days_of(part.strip()))


def _days_of(written: str) -> Iterable[Weekday]:
    """Read `mon` or `mon-fri`; `fri-mon` goes over the end of the week."""
    first, dash, last = written.partition("-")
    begin = _weekday(first.strip())
    end = _weekday(last.strip()) if dash else begin
    week = _WEEK.index(begin)
    length = (_WEEK.index(end) - week) % len(_WEEK) + 1
    return (_WEEK * 2)[week : week + length]


def _weekday(written: str) -> Weekday:
    try:
        return Weekday(written.lower())
    except ValueError:
        raise ValueError(
            f"{written!r} is no weekday{did_you_mean(written, [day.value for day in _WEEK])}"
        ) from None


def _check_date(value: object) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as exc:
            raise ValueError(f"{value!r} is no date: {exc}") from exc
    raise ValueError(f"{value!r} is no date, write it as 2026-12-24")


def _check_extra(value: object) -> str:
    # 2024 has a 29 February.
    is_one = isinstance(value, str) and (_YEARLY.fullmatch(value) or _DATE.fullmatch(value))
    if not is_one or _day_in(2024, str(value)) is None:
        raise ValueError(f"{value!r} is no day, write it as 12-24 or 2026-12-24")
    return str(value)


def _check_zone(value: str) -> str:
    try:
        _zone(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        near = did_you_mean(value, sorted(available_timezones()))
        hint = near if near.startswith(", did") else ", write it as Europe/Copenhagen"
        raise ValueError(f"{value!r} is no time zone{hint}") from exc
    return value


def _check_country(value: str) -> str:
    import holidays  # noqa: PLC0415  see the module docstring

    if value not in holidays.list_supported_countries(include_aliases=False):
        raise ValueError(
            f"{value!r} is no country whose holidays are known, write it in two letters, as DK"
        )
    return value


def _as_text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^({pattern})$"})


_DAY_SCHEMA: Final = {"type": "string", "examples": ["mon-fri", "sat, sun"]}
Days = Annotated[
    frozenset[Weekday],
    PlainValidator(_check_days),
    WithJsonSchema({"anyOf": [_DAY_SCHEMA, {"type": "array", "items": _DAY_SCHEMA}]}),
]
Clock = Annotated[str, PlainValidator(_check_clock), _as_text(_CLOCK.pattern)]
Day = Annotated[date, PlainValidator(_check_date), WithJsonSchema({"type": "string"})]
ExtraDay = Annotated[
    str, PlainValidator(_check_extra), _as_text(f"{_YEARLY.pattern}|{_DATE.pattern}")
]


class TimeCondition(Document):
    """When a rule speaks: what is written must hold, and something must be."""

    days: Days = frozenset()
    from_: Annotated[Clock, Field(alias="from")] = "00:00"
    to: Clock = "24:00"
    zone: Annotated[str, AfterValidator(_check_zone)] = "Europe/Copenhagen"
    from_date: Day = date.min
    to_date: Day = date.max
    holidays: StrictBool = False
    country: Annotated[str, AfterValidator(_check_country)] = "DK"
    extra_holidays: tuple[ExtraDay, ...] = ()

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        written = self.model_fields_set
        if not written - {"zone", "country", "extra_holidays"}:
            raise ValueError("time needs days, from, to, from_date, to_date or holidays")
        if self.from_ == "24:00":
            raise ValueError("from: '24:00' is the end of a day, its start is 00:00")
        if self.from_ == self.to:
            raise ValueError(f"from and to are both {self.to}: leave both out for the whole day")
        if self.to_date < self.from_date:
            raise ValueError(f"to_date {self.to_date} is before from_date {self.from_date}")
        for name in sorted(written & {"country", "extra_holidays"}):
            if "holidays" not in written:
                raise ValueError(f"{name} needs holidays: true or holidays: false")
        return self

    def compiled(self) -> Window:
        """Give the condition as a value; each window in one way only."""
        written = self.model_fields_set
        return Window(
            zone=self.zone,
            days=self.days if len(self.days) < len(_WEEK) else frozenset(),
            start=_clock(self.from_),
            end=_clock(self.to),
            from_date=self.from_date if "from_date" in written else None,
            to_date=self.to_date if "to_date" in written else None,
            holidays=self.holidays if "holidays" in written else None,
            country=self.country,
            extra_holidays=frozenset(self.extra_holidays),
        )


def _clock(written: str) -> time | None:
    """Give None for both ends of a day."""
    return None if written in {"00:00", "24:00"} else time.fromisoformat(written)
