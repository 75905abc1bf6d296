"""Windows of time as conditions of a script, which knows no weekdays and no holidays. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policy.rules.calendar import Weekday
from policy.rules.local.writing import UnfitError, joined, literal, quoted

if TYPE_CHECKING:
    from datetime import date, time

    from policy.rules.calendar import Window
    from policy.rules.local.sheet import Sheet

# Sakamoto's: how far the first of each month is off in the week.
_OFFSETS: Final = "[0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]"
_WEEK: Final = tuple(Weekday)


def window_text(window: Window, sheet: Sheet) -> str:
    """Write a window; raises UnfitError for holidays, and for dates of nights."""
    if window.holidays is not None:
        raise UnfitError("time: public holidays are for the server alone")
    now = sheet.put("now", f"pex_now({quoted(window.zone)})")
    start, end = _minutes(window.start), _minutes(window.end) or 24 * 60
    if end <= start and (window.from_date or window.to_date):
        raise UnfitError("time: dates of a window over midnight are for the server alone")
    minute = sheet.put("minute", f"{now}.hour * 60 + {now}.minute")
    today = [*_on_day(window, sheet, now, yesterday=False), *_on_date(window, sheet, now)]
    if end > start:
        hours = [f"{minute} >= {start}"] if start else []
        hours += [f"{minute} < {end}"] if window.end else []
        return joined("and", [*hours, *today] or ["true"])
    late = joined("and", [f"{minute} >= {start}", *today])
    early = [f"{minute} < {end}", *_on_day(window, sheet, now, yesterday=True)]
    return f"({late} or {joined('and', early)})"


def _minutes(clock: time | None) -> int:
    if clock is None:
        return 0
    return clock.hour * 60 + clock.minute


def _on_day(window: Window, sheet: Sheet, now: str, *, yesterday: bool) -> list[str]:
    if not window.days:
        return []
    year = sheet.put("year", f"{now}.year - (1 if {now}.month < 3 else 0)")
    day = sheet.put(
        "weekday",  # 0 is Monday
        f"({year} + {year} // 4 - {year} // 100 + {year} // 400 + {_OFFSETS}[{now}.month - 1]"
        f" + {now}.day + 6) % 7",
    )
    shift = 1 if yesterday else 0
    wanted = sorted((_WEEK.index(each) + shift) % len(_WEEK) for each in window.days)
    return [f"{day} in {literal(wanted)}"]


def _on_date(window: Window, sheet: Sheet, now: str) -> list[str]:
    if window.from_date is None and window.to_date is None:
        return []
    day = sheet.put("date", f"{now}.year * 10000 + {now}.month * 100 + {now}.day")
    first = [f"{day} >= {_number(window.from_date)}"] if window.from_date else []
    return first + ([f"{day} <= {_number(window.to_date)}"] if window.to_date else [])


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day
