"""Windows of time, without weekdays to ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.rules.calendar import TimeCondition
from policy.rules.local.clock import window_text
from policy.rules.local.sheet import Sheet
from policy.rules.local.writing import UnfitError
from policy.wire.vocabulary import RequestType
from tests.rules.local.running import value_of

_CLOCKS = st.sampled_from(["00:00", "06:00", "08:30", "22:00"])
_MOMENTS = st.integers(0, 3 * 366 * 24 * 60).map(
    lambda minutes: datetime(2027, 11, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
_WINDOWS = st.fixed_dictionaries(
    {"days": st.sampled_from(["mon", "sat, sun", "mon-fri", "mon-sun"]), "from": _CLOCKS},
    optional={
        "to": st.sampled_from(["06:01", "17:00", "24:00"]),
        "zone": st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"]),
    },
)


@settings(max_examples=settings().max_examples // 5)  # each compiles a script
@given(_WINDOWS, _MOMENTS)
def test_a_window_holds_when_it_does_on_the_server(written: dict[str, str], now: datetime) -> None:
    """Over midnight, over leap years, and in any zone."""
    window = TimeCondition.model_validate(written).compiled()
    sheet = Sheet(RequestType.SERVICE)

    text = window_text(window, sheet)

    got = value_of(sheet.text(), f"true if {text} else false", now=now)
    assert got is window.holds(now)


def test_dates_count_both_ends() -> None:
    """From the first day to the end of the last."""
    written = {"from_date": "2026-03-01", "to_date": "2026-03-02"}
    window = TimeCondition.model_validate(written).compiled()
    sheet = Sheet(RequestType.SERVICE)
    text = window_text(window, sheet)

    at = [datetime(2026, 2, 28, 22, tzinfo=UTC), datetime(2026, 3, 2, 22, tzinfo=UTC)]
    outside = datetime(2026, 3, 2, 23, tzinfo=UTC)  # midnight in Copenhagen

    assert not value_of(sheet.text(), text, now=at[0])
    assert value_of(sheet.text(), text, now=at[1])
    assert not value_of(sheet.text(), text, now=outside)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"holidays": True}, "public holidays"),
        ({"from": "22:00", "to": "06:00", "from_date": "2026-01-01"}, "dates of a window"),
    ],
)
def test_calendars_are_for_the_server(written: dict[str, object], why: str) -> None:
    """A script has none, and none for what began yesterday."""
    window = TimeCondition.model_validate(written).compiled()

    with pytest.raises(UnfitError, match=why):
        window_text(window, Sheet(RequestType.SERVICE))
