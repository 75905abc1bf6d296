"""Windows of time, by the wall clock, over midnight, over nights in which the clock changes."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.documents import parse
from policy.errors import DocumentError
from policy.rules.calendar import TimeCondition, Weekday, Window, public_holidays

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTE: Final = timedelta(minutes=1)
HALF_HOUR: Final = timedelta(minutes=30)
# The clock is put forward on 29 March and back on 25 October.
SPRING: Final = datetime(2026, 3, 28, 12, tzinfo=UTC)
AUTUMN: Final = datetime(2026, 10, 24, 12, tzinfo=UTC)
WEEKDAYS: Final = frozenset(Weekday) - {Weekday.SAT, Weekday.SUN}


def _window(text: str) -> Window:
    return parse(text, "rules.yaml", TimeCondition).value.compiled()


def _said(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        parse(text, "rules.yaml", TimeCondition)
    (problem,) = caught.value.problems
    return f"{problem.line}:{problem.column}: {problem.text}"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


OFFICE: Final = "{days: mon-fri, from: 08:00, to: 16:00, holidays: false}"


@pytest.mark.parametrize(
    ("text", "at", "want"),
    [
        (OFFICE, "2026-05-04T08:00+02:00", True),
        (OFFICE, "2026-05-04T07:59:59.999999+02:00", False),
        (OFFICE, "2026-05-04T15:59:59.999999+02:00", True),
        (OFFICE, "2026-05-04T16:00+02:00", False),
        (OFFICE, "2026-05-03T12:00+02:00", False),  # a Sunday
        (OFFICE, "2026-05-14T12:00+02:00", False),  # Ascension Day
        (OFFICE, "2026-12-14T08:00+01:00", True),
        ("{days: fri, from: 22:00, to: 06:00}", "2026-05-08T22:00+02:00", True),
        ("{days: fri, from: 22:00, to: 06:00}", "2026-05-09T05:59+02:00", True),
        ("{days: fri, from: 22:00, to: 06:00}", "2026-05-09T06:00+02:00", False),
        ("{days: fri, from: 22:00, to: 06:00}", "2026-05-08T05:59+02:00", False),
        ("{days: fri, from: 22:00, to: 06:00}", "2026-05-09T22:00+02:00", False),
        ("{from: 22:00, to: 24:00}", "2026-05-09T23:59+02:00", True),
        ("{from: 22:00, to: 24:00}", "2026-05-10T00:00+02:00", False),
        ("{from: 22:00, to: 00:00}", "2026-05-09T23:59+02:00", True),
        ("{from: 22:00}", "2026-05-09T23:59+02:00", True),
        ("{to: 06:00}", "2026-05-09T00:00+02:00", True),
        ("{from_date: 2026-05-09, to_date: 2026-05-09}", "2026-05-09T00:00+02:00", True),
        ("{from_date: 2026-05-09, to_date: 2026-05-09}", "2026-05-09T23:59+02:00", True),
        ("{from_date: 2026-05-09, to_date: 2026-05-09}", "2026-05-10T00:00+02:00", False),
        ("{from_date: 2026-05-09}", "2026-05-08T23:59+02:00", False),
        ("{to_date: 2026-05-09, from: 22:00, to: 06:00}", "2026-05-10T05:00+02:00", True),
        ("{holidays: true}", "2026-12-25T12:00+01:00", True),
        ("{holidays: true}", "2026-12-24T12:00+01:00", False),
        ("{holidays: true, extra_holidays: [12-24]}", "2026-12-24T12:00+01:00", True),
        ("{holidays: true, extra_holidays: [2025-12-24]}", "2026-12-24T12:00+01:00", False),
        ("{holidays: true, extra_holidays: [02-29]}", "2026-03-01T12:00+01:00", False),
        ("{holidays: false, from: 22:00, to: 06:00}", "2026-12-27T05:00+01:00", False),
        ("{holidays: true, country: SE}", "2026-06-06T12:00+02:00", True),
        ("{from: 08:00, to: 16:00, zone: America/Nuuk}", "2026-05-04T08:00-01:00", True),
        ("{days: [sat, sun]}", "2026-05-03T12:00+02:00", True),
    ],
)
def test_a_window_holds(text: str, at: str, want: bool) -> None:  # noqa: FBT001  a parameter of the test
    """The start is in the window, the end is not; over midnight the day of the start counts."""
    assert _window(text).holds(_at(at)) is want


def _held(window: Window, begin: datetime) -> list[datetime]:
    """Give the minutes of a day that are in the window."""
    minutes = (begin + number * MINUTE for number in range(24 * 60))
    return [minute for minute in minutes if window.holds(minute)]


@pytest.mark.parametrize(
    ("noon", "offset_before", "offset_after"), [(SPRING, 1, 2), (AUTUMN, 2, 1)]
)
@pytest.mark.parametrize("hours", [(22, 6), (1, 4), (2, 3), (3, 2), (0, 3), (2, 0), (23, 2)])
def test_the_wall_clock_counts_when_it_changes(
    noon: datetime, offset_before: int, offset_after: int, hours: tuple[int, int]
) -> None:
    """Minute by minute, what the clock on the wall shows is in the window or is not."""
    start, end = hours
    change = noon.replace(hour=1) + timedelta(days=1)

    held = _held(Window(start=time(start), end=time(end)), noon)

    for minute in (noon + number * MINUTE for number in range(24 * 60)):
        offset = offset_before if minute < change else offset_after
        hour = (minute + timedelta(hours=offset)).hour
        is_in = start <= hour < (end or 24) if start < (end or 24) else hour >= start or hour < end
        assert (minute in held) is is_in


@pytest.mark.parametrize(
    ("begin", "hours", "want"),
    [(SPRING, (22, 6), 7), (AUTUMN, (22, 6), 9), (SPRING, (2, 3), 0), (AUTUMN, (2, 3), 2)],
)
def test_a_night_is_as_long_as_it_is(begin: datetime, hours: tuple[int, int], want: int) -> None:
    """An hour that is left out is in no window; one that comes twice is in it twice."""
    window = Window(start=time(hours[0]), end=time(hours[1]))

    assert len(_held(window, begin)) == want * 60


def test_danish_holidays() -> None:
    """Great Prayer Day is gone since 2024; Constitution Day and Christmas Eve are not public."""
    assert date(2023, 5, 5) in public_holidays("DK", 2023)
    assert sorted(public_holidays("DK", 2026)) == [
        date(2026, 1, 1),
        date(2026, 4, 2),
        date(2026, 4, 3),
        date(2026, 4, 5),
        date(2026, 4, 6),
        date(2026, 5, 14),
        date(2026, 5, 24),
        date(2026, 5, 25),
        date(2026, 12, 25),
        date(2026, 12, 26),
    ]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        (
            "{days: mon-fri, from: 08:00, to: 16:00, holidays: false}",
            "mon-fri 08:00-16:00 Europe/Copenhagen, not on public holidays",
        ),
        ("{days: 'sun, mon, wed-thu', to: 24:00}", "mon, wed-thu, sun Europe/Copenhagen"),
        ("{days: fri-mon, from: 9:30}", "mon, fri-sun 09:30-24:00 Europe/Copenhagen"),
        (
            "{from_date: 2026-07-01, to_date: 2026-07-31, zone: UTC}",
            "every day UTC, from 2026-07-01, to 2026-07-31",
        ),
        (
            "{holidays: true, country: SE, extra_holidays: [12-31, 12-24]}",
            "every day Europe/Copenhagen, only on public holidays of SE or 12-24 or 12-31",
        ),
    ],
)
def test_a_window_reads_as_a_person_would_say_it(text: str, want: str) -> None:
    """Traces show the window, days in the order of the week."""
    assert str(_window(text)) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("{}", "1:1: time needs days, from, to, from_date, to_date or holidays"),
        ("{zone: UTC}", "1:1: time needs days, from, to, from_date, to_date or holidays"),
        ("{days: mon-fry}", "1:8: days: 'fry' is no weekday, did you mean 'fri'?"),
        (
            "{days: 7}",
            "1:8: days: '7' is no weekday; known here: mon, tue, wed, thu, fri, sat, sun",
        ),
        ("{days: []}", "1:8: days: needs at least one day"),
        ("{days: }", "1:8: days: needs at least one day"),
        ("{from: 8}", "1:8: from: 8 is no time of day, write it as 08:00, at most 24:00"),
        ("{to: '24:01'}", "1:6: to: '24:01' is no time of day, write it as 08:00, at most 24:00"),
        ("{from: 24:00}", "1:1: from: '24:00' is the end of a day, its start is 00:00"),
        (
            "{from: 8:00, to: 08:00}",
            "1:1: from and to are both 08:00: leave both out for the whole day",
        ),
        (
            "{days: mon, zone: Europe/Kopenhagen}",
            "1:19: zone: 'Europe/Kopenhagen' is no time zone, did you mean 'Europe/Copenhagen'?",
        ),
        (
            "{days: mon, zone: ../../secret}",
            "1:19: zone: '../../secret' is no time zone, write it as Europe/Copenhagen",
        ),
        (
            "{from_date: 2026-13-01}",
            "1:13: from_date: '2026-13-01' is no date: month must be in 1..12",
        ),
        ("{to_date: 20260101}", "1:11: to_date: 20260101 is no date, write it as 2026-12-24"),
        (
            "{from_date: 2026-12-31, to_date: 2026-01-01}",
            "1:1: to_date 2026-01-01 is before from_date 2026-12-31",
        ),
        (
            "{holidays: 'no'}",
            "1:12: holidays: needs true or false, got 'no'",
        ),
        (
            "{holidays: true, country: dk}",
            (
                "1:27: country: 'dk' is no country whose holidays are known, "
                "write it in two letters, as DK"
            ),
        ),
        ("{days: mon, country: SE}", "1:1: country needs holidays: true or holidays: false"),
        (
            "{days: mon, extra_holidays: [12-24]}",
            "1:1: extra_holidays needs holidays: true or holidays: false",
        ),
        (
            "{holidays: true, extra_holidays: [24-12]}",
            "1:35: extra_holidays: '24-12' is no day, write it as 12-24 or 2026-12-24",
        ),
        ("{form: 08:00}", "1:2: unknown key 'form', did you mean 'from'?"),
        ("mon-fri", "1:1: needs a mapping, got 'mon-fri'"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(text: str, want: str) -> None:
    """Every mistake has its place, and a person can mend it without a manual."""
    assert _said(text) == want


def test_null_says_nothing_and_is_refused() -> None:
    """A key with nothing behind it would let the rule speak all day."""
    for key in ("from", "to", "zone", "from_date", "to_date", "holidays", "country"):
        assert key in _said(f"{{days: mon, {key}: }}")


TIMES: Final = st.none() | st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
DAYS: Final = st.frozensets(st.sampled_from(Weekday), max_size=7)
DATES: Final = st.none() | st.dates(date(2026, 3, 20), date(2026, 4, 10))
WINDOWS: Final = st.builds(
    Window,
    zone=st.sampled_from(["Europe/Copenhagen", "America/Nuuk", "UTC"]),
    days=DAYS,
    start=TIMES,
    end=TIMES,
    from_date=DATES,
    to_date=DATES,
    holidays=st.sampled_from([None, None, True, False]),
    extra_holidays=st.frozensets(st.sampled_from(["04-01", "2026-03-31"])),
)
# Easter and the spring night are in these weeks.
MOMENTS: Final = st.datetimes(
    datetime(2026, 3, 20),  # noqa: DTZ001  the zone comes with the strategy
    datetime(2026, 4, 12),  # noqa: DTZ001  as above
    timezones=st.just(UTC),
)


@given(st.times(), st.times(), MOMENTS)
def test_hours_and_their_complement_share_out_the_day(
    start: time, end: time, now: datetime
) -> None:
    """Of a window and the one from its end to its start, exactly one holds."""
    one, other = Window(start=start, end=end), Window(start=end, end=start)

    if start != end:
        assert one.holds(now) is not other.holds(now)


@given(WINDOWS, MOMENTS)
def test_days_and_their_complement_share_out_the_hours(window: Window, now: datetime) -> None:
    """What holds on any day holds on these days or on the others, and on one kind of day only."""
    on_any_day = replace(window, days=frozenset(), holidays=None)
    others = frozenset(Weekday) - window.days

    if window.days and others:
        days = [replace(on_any_day, days=part) for part in (window.days, others)]
        assert [each.holds(now) for each in days].count(True) == on_any_day.holds(now)
    kinds = [replace(on_any_day, holidays=kind) for kind in (True, False)]
    assert [each.holds(now) for each in kinds].count(True) == on_any_day.holds(now)


@given(WINDOWS, WINDOWS, MOMENTS)
def test_what_covers_holds_as_well(one: Window, other: Window, now: datetime) -> None:
    """No moment of the other window is outside one that covers it."""
    other = replace(other, zone=one.zone)

    if one.covers(other) and other.holds(now):
        assert one.holds(now)


@given(WINDOWS)
def test_a_window_covers_itself_and_its_parts(window: Window) -> None:
    """Whatever is added to a window makes it smaller."""
    assert window.covers(window)
    assert Window().covers(window)
    assert replace(window, days=frozenset()).covers(window)
    assert replace(window, holidays=None).covers(window)
    assert replace(window, from_date=None, to_date=None).covers(window)
    assert pickle.loads(pickle.dumps(window)) == window  # noqa: S301  our own


@pytest.mark.parametrize(
    ("one", "other", "want"),
    [
        ("{from: 08:00, to: 16:00}", "{from: 09:00, to: 16:00}", True),
        ("{from: 08:00, to: 16:00}", "{from: 07:00, to: 16:00}", False),
        ("{from: 22:00, to: 06:00}", "{from: 00:00, to: 06:00}", True),
        ("{days: mon, from: 22:00, to: 06:00}", "{days: mon, to: 06:00}", False),
        ("{from: 22:00, to: 06:00}", "{from: 23:00, to: 05:00, days: tue}", True),
        ("{days: mon-fri}", "{days: [mon, tue]}", True),
        ("{days: mon-fri}", "{from: 08:00}", False),
        ("{days: mon-sun}", "{days: mon, zone: UTC}", True),
        ("{days: mon, zone: UTC}", "{days: mon}", False),
        ("{holidays: true}", "{holidays: true, days: mon}", True),
        ("{holidays: true}", "{days: mon}", False),
        ("{holidays: false}", "{holidays: false, extra_holidays: [12-24]}", True),
        ("{holidays: true}", "{holidays: true, extra_holidays: [12-24]}", False),
        ("{from_date: 2026-01-01}", "{from_date: 2026-02-01, to_date: 2026-02-02}", True),
        ("{to_date: 2026-02-01}", "{from_date: 2026-02-01}", False),
    ],
)
def test_covering_is_found_where_it_is_sure(one: str, other: str, want: bool) -> None:  # noqa: FBT001  as above
    """A rule that can never speak because of an earlier one is found by this."""
    assert _window(one).covers(_window(other)) is want


def test_a_whole_week_is_every_day() -> None:
    """Each window has one form, so that equal rules are seen to be equal."""
    assert _window("{days: mon-sun, from: 00:00, to: 24:00}") == Window()
    assert _window("{days: mon-fri}").days == WEEKDAYS


def _schema_of(name: str) -> Mapping[str, object]:
    properties = TimeCondition.model_json_schema()["properties"]
    found: Mapping[str, object] = properties[name]
    return found


def test_editors_know_the_form() -> None:
    """The JSON Schema has every key as it is written."""
    assert "from" in TimeCondition.model_json_schema()["properties"]
    assert "pattern" in _schema_of("to")
    assert "anyOf" in _schema_of("days")


@pytest.mark.parametrize(
    "text", ["{holidays: true}", "{days: fri, from: 22:00, to: 06:00}", "{to_date: 2026-01-01}"]
)
@pytest.mark.parametrize(
    "moment",
    [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)],
    ids=["last", "first"],
)
def test_the_ends_of_time_raise_nothing(text: str, moment: datetime) -> None:
    """A test file or an explanation may ask for any moment."""
    window = parse(text, "time", TimeCondition).value.compiled()

    assert window.holds(moment) in {True, False}
    assert window.clock(moment)
