"""What does not fit together in a directory file is told with both places, without a database."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy.directory.checking import check_directory
from policy.directory.document import DirectoryFile
from policy.documents import load
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


def test_names_of_the_platform_are_looked_at() -> None:
    """A theme that does not exist is told before the database is asked."""
    text = "rooms: [{organisation: north, aliases: [700@example.org], ivr_theme_name: Kiosk}]\n"

    said = _said(text, PlatformNames(themes=frozenset({"Corporate"})))

    assert said == ["3:75: ivr_theme_name: 'Kiosk' is not among platform.themes"]
