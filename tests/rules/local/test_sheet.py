"""What a script reads of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.rules.local.sheet import Sheet, search_in
from policy.rules.local.writing import UnfitError
from policy.wire.vocabulary import RequestType
from tests.rules.local.running import value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVICE, PARTICIPANT = RequestType.SERVICE, RequestType.PARTICIPANT


def test_each_line_is_written_once() -> None:
    """Who asks again gets the same variable, and others never do."""
    sheet = Sheet(SERVICE)

    first, again = sheet.parameter("vendor"), sheet.parameter("vendor")
    other = sheet.put("vendor", "1")

    assert first == again != other
    assert sheet.text().count("call_info.vendor") == 1
    assert len({sheet.fresh("x") for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("sent", "wanted"), [("dial_out", "dial_out"), ("NON_DIAL", "non_dial"), ("", "dial_in")]
)
def test_a_call_of_no_direction_comes_in(sent: str, wanted: str) -> None:
    """As on the server."""
    sheet = Sheet(SERVICE)
    name = sheet.direction()

    assert value_of(sheet.text(), name, call_direction=sent) == wanted


def test_attributes_are_found_in_any_spelling() -> None:
    """One value or several, of names that differ in letter case."""
    sheet = Sheet(PARTICIPANT)
    name = sheet.attribute("groups")

    sent: dict[str, str | Sequence[str]] = {
        "idp_attribute_Groups": ["A", "B"],
        "idp_attribute_GROUPS": "C",
    }
    assert value_of(sheet.text(), name, PARTICIPANT, sent=sent) == ["a", "b", "c"]
    assert value_of(sheet.text(), name, PARTICIPANT) == []


def test_each_request_has_its_own_facts() -> None:
    """A participant's are read where scripts have them, and nowhere else."""
    sheet = Sheet(PARTICIPANT)

    assert value_of(sheet.text(), sheet.flag("registered"), PARTICIPANT) is False
    assert sheet.parameter("participant_type") in sheet.text()
    with pytest.raises(UnfitError, match="bypass_lock is not told to scripts for participant"):
        sheet.flag("bypass_lock")
    with pytest.raises(UnfitError, match=r"idp_attribute\.x is for participants"):
        Sheet(SERVICE).attribute("x")
    with pytest.raises(UnfitError, match=r"alias\.kind is for the server alone"):
        sheet.alias("alias", "kind")


@pytest.mark.parametrize(
    ("direction", "name", "leg"),
    [
        ("dial_out", "Teams: a:5a5a5a5a-0000-4000-8000-000000000000", "Teams: a"),
        ("dial_in", "Teams:5a5a5a5a-0000-4000-8000-000000000000", None),
        ("dial_out", "Teams", None),
    ],
)
def test_the_leg_of_a_gateway_call_is_known(direction: str, name: str, leg: str | None) -> None:
    """By the name that its call has."""
    sheet = Sheet(SERVICE)
    variable = sheet.leg()

    sent: dict[str, str | Sequence[str]] = {"call_direction": direction, "service_name": name}
    assert value_of(sheet.text(), variable, sent=sent) == leg


def test_a_pattern_fits_the_whole_text() -> None:
    """In any letter case, and with its groups behind the whole."""
    sheet = Sheet(SERVICE)
    name, portable = sheet.match(sheet.alias("alias", "text"), "WARD([0-9])@.*")

    assert value_of(sheet.text(), name) == ["ward7@example.org", "7"]
    assert portable.groups == 1
    assert value_of("", search_in("ward", '"ward7"')) is None
