"""What the database finds wrong is told where it stands in the file."""

from __future__ import annotations

from pathlib import Path

from policy.directory.bulk.locating import locate, name_place
from policy.directory.bulk.reading import find_sources
from policy.directory.bulk.staging import place_number


def test_places_are_found_again(tmp_path: Path) -> None:
    """The alias in its cell, the cell of a field, and the row."""
    (tmp_path / "domains.csv").write_text("domain,organisation\nx.org,a\n")
    (tmp_path / "rooms.csv").write_text(
        'aliases,organisation\nA@x.org b@x.org,a\n"c@x.org\n",b\nd@x.org,a\n'
    )
    sources = find_sources([tmp_path])
    faults = [
        ((place_number(1, 5), "organisation", "a"), "three"),
        ((place_number(1, 2), "alias", "b@x.org"), "two"),
        ((place_number(1, 2), "alias", "a@x.org"), "one"),
        ((place_number(1, 3), "", ""), "row"),
        ((place_number(0, 2), "domain", "x.org"), "domain"),
    ]

    found = locate(sources, faults)

    assert sorted(
        (Path(each.source).name, each.line, each.column, each.text) for each in found
    ) == [
        ("domains.csv", 2, 1, "domain"),
        ("rooms.csv", 2, 1, "one"),
        ("rooms.csv", 2, 9, "two"),
        ("rooms.csv", 3, 1, "row"),
        ("rooms.csv", 5, 9, "three"),
    ]
    assert name_place(sources, place_number(1, 5)) == "line 5 of rooms.csv"
