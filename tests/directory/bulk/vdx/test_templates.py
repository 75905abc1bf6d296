"""Booking templates: limits that were excluded are included, and what cannot be is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.directory.bulk.vdx.telling import notes_of, rows_of

if TYPE_CHECKING:
    from tests.directory.bulk.vdx.conftest import Convert


def test_ranges_end_one_lower(converted: Convert) -> None:
    """VDX never drew the highest number."""
    work = converted()

    (numbers,) = rows_of(work, "ranges")
    assert numbers == {
        "organisation": "region/nord æ",
        "name": "VDX template 7",
        "domain": "rooms.example.org",
        "prefix": "88",
        "low": 1_000_000,
        "high": 1_999_999,
    }
    template = rows_of(work, "templates")[0]
    assert (template["host_pin_low"], template["host_pin_high"]) == (1000, 9999)
    assert (template["range"], template["legacy_id"]) == ("VDX template 7", 7)
    assert template["service"] == {
        "view": "one_main_seven_pips",
        "max_pixels_per_second": "hd",
        "ivr_theme_name": "Region",
    }


def test_all_that_does_not_fit_is_told(converted: Convert) -> None:
    """Rules that a template must keep here."""
    assert notes_of(converted(), "scheduling_templates") == [
        (
            "scheduling_templates.csv:2: repaired: template 7:"
            " the end of its range was excluded: is one lower, included"
        ),
        (
            "scheduling_templates.csv:2: dropped: template 7:"
            " its PIN range of guests does not go with that of hosts"
        ),
        "scheduling_templates.csv:3: dropped: template 8: has no range of numbers",
        (
            "scheduling_templates.csv:3: repaired: template 8:"
            " asked for a PIN of guests only: asks for one of hosts too"
        ),
        "scheduling_templates.csv:3: dropped: template 8: its PIN ranges do not give good PINs",
        (
            "scheduling_templates.csv:3: dropped: template 8:"
            " host_view five_mains_seven_pips is not for lectures"
        ),
        (
            "scheduling_templates.csv:3: repaired: template 8:"
            " a second one with is_default: the first stays it"
        ),
    ]
