"""Cells of VDX are read in every form in which they come."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from policy.directory.bulk.vdx.tables import TABLES, Group, Meeting, SchedulingInfo

MEETING = {"uuid": "x", "organisation_id": "o"}


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-02 10:00:00", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2026-03-02T10:00:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-07-02 10:00:00 +0200", datetime(2026, 7, 2, 8, tzinfo=UTC)),
        ("0001-01-01 00:00:00", None),
        ("", None),
        ("NULL", None),
    ],
)
def test_times(written: str, moment: datetime | None) -> None:
    """Without an offset they are of the zone that was said; the zero date is none."""
    zone = ZoneInfo("Europe/Copenhagen")
    meeting = Meeting.model_validate({**MEETING, "start_time": written}, context={"zone": zone})
    assert meeting.start_time == moment


@pytest.mark.parametrize("written", ["1", 1, "on", "ON"])
def test_enumerations_by_number_or_name(written: object) -> None:
    """As the tables of VDX have them, or its interface."""
    assert Meeting.model_validate({**MEETING, "guest_microphone": written}).guest_microphone == "on"


@pytest.mark.parametrize(
    ("written", "flag"), [("1", True), ("false", False), (True, True), ("\0", False), ("", None)]
)
def test_flags(written: object, flag: object) -> None:
    """Also the bits of a database."""
    info = SchedulingInfo.model_validate({"end_meeting_on_end_time": written})
    assert info.end_meeting_on_end_time is flag


def test_what_cannot_be_read_is_named_without_a_secret() -> None:
    """The field, and what would be right."""
    with pytest.raises(ValidationError, match="'x' is none of group, organisation, praksis"):
        Group.model_validate({"group_id": "1", "group_type": "x"})
    with pytest.raises(ValidationError, match="'tomorrow' is no time"):
        Meeting.model_validate({**MEETING, "start_time": "tomorrow"})


def test_pins_are_text_and_are_not_shown() -> None:
    """Numbers in JSON too."""
    info = SchedulingInfo.model_validate({"host_pin": 48213, "portal_link": "https://x/?pin=48213"})
    assert info.host_pin == "48213"
    assert "48213" not in repr(info)


def test_every_table_takes_more_columns_than_it_knows() -> None:
    """Their owners export whole tables."""
    assert {table.model_config["extra"] for table in TABLES.values()} == {"ignore"}
