"""What does not fit together in a directory file is told with both places, without a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.directory.checking import check_directory, check_directory_at
from policy.directory.document import DirectoryFile
from policy.documents import Document, load, parse
from policy.errors import DocumentError
from policy.platform_names import PlatformNames
from tests.directory.rows import parsed

EXAMPLE = Path(__file__).parents[2] / "examples" / "vdx" / "directory.yaml"
FRAME = """organisations: [{code: north, name: North}]
domains: [{domain: example.org, organisation: north}]
"""


def _said(text: str, platform: PlatformNames | None = None) -> list[str]:
    with pytest.raises(DocumentError) as refused:
        check_directory(parsed(FRAME + text), platform)
    return [str(problem).removeprefix("directory.yaml:") for problem in refused.value.problems]


def test_the_example_fits_together() -> None:
    """What newcomers start from is without fault."""
    check_directory(load(EXAMPLE, DirectoryFile))


def test_an_alias_is_taken_once() -> None:
    """However it is spelled, and whoever has it; the other line is named."""
    text = """rooms:
  - {organisation: north, aliases: [700@example.org, "701"]}
  - {organisation: north, aliases: [700@Example.Org]}
devices: [{organisation: north, alias: "701", without_proof: true}]
addresses: [{alias: 700@example.org, state: held}]
"""
    assert _said(text) == [
        "5:37: alias '700@example.org' is taken in line 4",
        "6:40: alias '701' is taken in line 4",
        "7:21: alias '700@example.org' is taken in line 4",
    ]


def test_what_is_referred_to_must_be_there() -> None:
    """Organisations, domains, templates, parents: every row that hangs in the air is told."""
    text = """templates: [{organisation: south, name: quiet}]
rooms: [{organisation: north, aliases: [700@other.example.net], template: quiet}]
phonebook_grants: [{organisation: north, seen_by: west}]
"""
    assert _said(text) == [
        "3:28: organisation 'south' is not in this file",
        "4:41: alias '700@other.example.net': domain 'other.example.net' is not in this file",
        "4:75: template 'quiet' is no template of this organisation",
        "5:51: organisation 'west' is not in this file",
    ]


def test_an_organisation_stands_once_and_below_its_parent() -> None:
    """The order of the rows is the order in which they are written."""
    rows = "[{code: a, name: A, parent: b}, {code: b, name: B}, {code: a, name: A}]"

    with pytest.raises(DocumentError) as refused:
        check_directory(parsed(f"organisations: {rows}\n"))

    assert [problem.text for problem in refused.value.problems] == [
        "parent 'b' is no organisation above this row",
        "organisation 'a' stands twice",
    ]


def test_what_may_stand_once() -> None:
    """Whatever the database would refuse the second time is told with the line of the first."""
    text = """  - {domain: example.org, organisation: north}
templates:
  - {organisation: north, name: quiet}
  - {organisation: north, name: quiet}
rooms:
  - {organisation: north, aliases: ["1"], service_name: r}
bookings:
  - organisation: north
    aliases: ["2"]
    service_name: r
    starts_at: 2026-05-04T10:00Z
    ends_at: 2026-05-04T11:00Z
phonebook_grants:
  - {organisation: north, seen_by: south}
  - {organisation: north, seen_by: south}
"""
    rows = "organisations: [{code: north, name: N}, {code: south, name: S}]\ndomains:\n"
    first = "  - {domain: example.org, organisation: north}\n"

    with pytest.raises(DocumentError) as refused:
        check_directory(parsed(rows + first + text))

    assert [str(problem).removeprefix("directory.yaml:") for problem in refused.value.problems] == [
        "4:14: domain 'example.org' is there already, in line 3",
        "7:33: template 'quiet' is there already, in line 6",
        "13:19: service_name 'r' is taken in line 9",
        "18:5: this grant is there already, in line 17",
    ]


def test_an_organisation_is_not_granted_what_it_has() -> None:
    """It sees itself anyway."""
    text = "phonebook_grants: [{organisation: north, seen_by: north}]\n"

    assert _said(text) == ["3:51: organisation 'north' sees itself anyway"]


@pytest.mark.parametrize(
    ("alias", "said"),
    [
        ("ward/7@example.org", "an address has 1 to 100 of a-z, æ, ø, å, 0-9, '.', '_' and '-'"),
        ("+4712345678", "an address has 1 to 100 of a-z, æ, ø, å, 0-9, '.', '_' and '-'"),
        ("a" * 101, "an address has 1 to 100 of a-z, æ, ø, å, 0-9, '.', '_' and '-'"),
    ],
)
def test_an_address_is_spelled_as_the_register_has_it(alias: str, said: str) -> None:
    """A call may come with any alias, but the table of addresses takes only some."""
    text = f"addresses: [{{alias: {alias}, state: held}}]\n"

    assert _said(text) == [f"3:21: alias {alias!r}: {said}"]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (
            "starts_at: 1970-12-31T23:59Z, ends_at: 1971-02-01T00:00Z",
            "3:59: starts_at: a meeting is in the years 1971 to 9998",
        ),
        (
            "starts_at: 9998-12-31T23:59Z, ends_at: 9999-01-01T00:00Z",
            "3:87: ends_at: a meeting is in the years 1971 to 9998",
        ),
    ],
)
def test_a_meeting_is_in_years_that_can_be_counted(times: str, said: str) -> None:
    """As the table of bookings has it."""
    assert _said(f"bookings: [{{organisation: north, aliases: [a], {times}}}]\n") == [said]


def test_a_room_fits_its_template() -> None:
    """The template is for this type of service, and both together are what a node takes."""
    text = """templates:
  - {organisation: north, name: talk, type: lecture}
  - {organisation: north, name: apart, service: {breakout_rooms: true}}
rooms:
  - {organisation: north, aliases: ["1"], template: talk}
  - {organisation: north, aliases: ["2"], template: apart, direct_media: always}
"""
    assert _said(text) == [
        "7:53: template 'talk' is for a lecture, this is a conference",
        "8:5: with template 'apart': direct_media must be never when breakout_rooms is true",
    ]


class _Case(Document):
    """A document that holds a directory somewhere inside."""

    tests: tuple[DirectoryFile, ...]


def test_a_directory_inside_another_document_is_told_with_its_place() -> None:
    """Lines and columns are those of the whole document, of the first row of two as well."""
    text = """tests:
  - {}
  - organisations: [{code: north, name: North}]
    rooms:
      - {organisation: south, aliases: ["1"], ivr_theme_name: Kiosk}
      - {organisation: north, aliases: ["1"]}
"""
    case = parse(text, "blocked.test.yaml", _Case)
    platform = PlatformNames(themes=frozenset({"Corporate"}))

    problems = check_directory_at(case.value.tests[1], case.marks, ("tests", 1), platform)

    assert list(map(str, problems)) == [
        "blocked.test.yaml:5:24: organisation 'south' is not in this file",
        (
            "blocked.test.yaml:5:63: ivr_theme_name: 'Kiosk' is not among platform.themes; "
            "known here: Corporate"
        ),
        "blocked.test.yaml:6:41: alias '1' is taken in line 5",
    ]


def test_names_of_the_platform_are_looked_at() -> None:
    """A theme that does not exist is told before the database is asked."""
    text = "rooms: [{organisation: north, aliases: [700@example.org], ivr_theme_name: Kiosk}]\n"

    said = _said(text, PlatformNames(themes=frozenset({"Corporate"})))

    unknown = "ivr_theme_name: 'Kiosk' is not among platform.themes; known here: Corporate"
    assert said == [f"3:75: {unknown}"]
