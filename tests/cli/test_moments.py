"""Times are Danish unless they carry an offset, and nobody has to guess on two nights a year."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from policy.cli.moments import DENMARK, MOMENT, moment_of, shown


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-24T13:00", "2026-11-24T12:00:00+00:00"),
        ("2026-11-24 13:00", "2026-11-24T12:00:00+00:00"),
        ("2026-07-01T13:00", "2026-07-01T11:00:00+00:00"),
        ("2026-07-01T13:00:30", "2026-07-01T11:00:30+00:00"),
        ("2026-07-01T13:00Z", "2026-07-01T13:00:00+00:00"),
        ("2026-07-01T13:00-05:00", "2026-07-01T18:00:00+00:00"),
        ("2026-07-01", "2026-06-30T22:00:00+00:00"),
        ("2026-03-29T01:59", "2026-03-29T00:59:00+00:00"),
        ("2026-03-29T03:00", "2026-03-29T01:00:00+00:00"),
        ("2026-10-25T01:59", "2026-10-24T23:59:00+00:00"),
        ("2026-10-25T03:00", "2026-10-25T02:00:00+00:00"),
        ("2026-10-25T02:30+02:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30:00+00:00"),
    ],
)
def test_a_time_is_danish_unless_it_carries_an_offset(text: str, utc: str) -> None:
    """In summer and winter, and up to the minute at which clocks change."""
    assert moment_of(text).astimezone(UTC).isoformat() == utc


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "2026-10-25T02:00",
            (
                "comes twice in Denmark, since clocks are put back: "
                "write 2026-10-25T02:00+02:00 or 2026-10-25T02:00+01:00"
            ),
        ),
        (
            "2026-10-25T02:59",
            (
                "comes twice in Denmark, since clocks are put back: "
                "write 2026-10-25T02:59+02:00 or 2026-10-25T02:59+01:00"
            ),
        ),
        (
            "2026-03-29T02:00",
            (
                "never comes in Denmark, since clocks are put forward: "
                "write 2026-03-29T01:00+01:00 or 2026-03-29T03:00+02:00"
            ),
        ),
        (
            "2026-03-29T02:30",
            (
                "never comes in Denmark, since clocks are put forward: "
                "write 2026-03-29T01:30+01:00 or 2026-03-29T03:30+02:00"
            ),
        ),
        ("tomorrow", "is no time, write it as 2026-11-24T13:00 or 2026-11-24T13:00+01:00"),
        ("0001-01-01", "is no time, write it as 2026-11-24T13:00 or 2026-11-24T13:00+01:00"),
        (
            "9999-12-31T23:59-12:00",
            "is no time, write it as 2026-11-24T13:00 or 2026-11-24T13:00+01:00",
        ),
    ],
)
def test_a_doubtful_time_is_refused_with_what_would_be_right(text: str, said: str) -> None:
    """Whoever plans at night says which of the two hours is meant."""
    with pytest.raises(ValueError, match=r"write") as caught:
        moment_of(text)

    assert str(caught.value) == f"{text!r} {said}"


@given(st.datetimes(datetime(1971, 1, 2), datetime(9998, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001  hypothesis adds the zone
def test_what_is_shown_is_read_as_the_same_minute(moment: datetime) -> None:
    """Whoever copies a time from one command to another means the same."""
    minute = moment.replace(second=0, microsecond=0)

    assert moment_of(shown(moment)) == minute


@given(st.datetimes(datetime(1971, 1, 2), datetime(2100, 12, 30)))  # noqa: DTZ001  as on a wall
def test_a_time_without_an_offset_is_what_clocks_in_denmark_show(written: datetime) -> None:
    """Whatever is taken is shown on a Danish wall at that moment."""
    try:
        moment = moment_of(written.isoformat())
    except ValueError:
        return
    assert moment.astimezone(DENMARK).replace(tzinfo=None) == written


def test_the_command_says_which_option_is_wrong() -> None:
    """Code 2, the option, and what would be right; a default is taken as it is."""

    @click.command()
    @click.option("--at", type=MOMENT, default=datetime(2026, 1, 1, tzinfo=UTC))
    def tell(at: datetime) -> None:
        click.echo(shown(at))

    runner = CliRunner()

    assert runner.invoke(tell).output == "2026-01-01T01:00+01:00\n"
    assert runner.invoke(tell, ["--at", "2026-07-01 10:00"]).output == "2026-07-01T10:00+02:00\n"
    wrong = runner.invoke(tell, ["--at", "2026-10-25 02:15"])
    assert wrong.exit_code == 2
    assert "'--at': '2026-10-25 02:15' comes twice in Denmark" in wrong.output
