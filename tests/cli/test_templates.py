"""Templates on the command line: made, changed, shown with the source of each value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.bookings.conftest import say

if TYPE_CHECKING:
    from tests.cli.bookings.conftest import Say
    from tests.database import Database

__all__ = ["say"]  # a fixture that is used here too

BIG = ("big", "--organisation", "hospital")


async def test_a_template_from_beginning_to_end(say: Say) -> None:
    """Each command says what it did; a dry run what it would do."""
    for words, said in (
        (("create", *BIG, "--set", "participant_limit=200", "--dry-run"), "would create big\n"),
        (("create", *BIG, "--set", "participant_limit=200", "--pool"), "big: created\n"),
        (("change", *BIG, "--rename", "huge", "--dry-run"), "would change big\n"),
        (("change", *BIG, "--set", "view=one_main_zero_pips"), "big: changed\n"),
        (("change", *BIG, "--inherit", "view", "--no-pool"), "big: changed\n"),
        (("delete", *BIG, "--dry-run"), "would delete big\n"),
        (("delete", *BIG), "big: deleted\n"),
    ):
        assert await say("templates", *words) == said

    assert await say("templates", "list") == (
        "organisation  name  type        default  pool  range  rooms\n"
        "-             base  conference  yes      no    all    0\n"
    )


async def test_what_becomes_of_a_default_is_said(say: Say) -> None:
    """Which one was it before, and when there is none any more."""
    of_hospital = ("--organisation", "hospital")
    for words, said in (
        (("create", "two", "--default", "--dry-run"),
         "would create two, the default instead of base\n"),
        (("create", "two", "--default"), "two: created, the default instead of base\n"),
        (("default", "base"), "base: is the default instead of two\n"),
        (("default", "base"), "base: is the default\n"),
        (("delete", "two"), "two: deleted\n"),
        (("delete", "base", "--dry-run"),
         "would delete base; the platform would have no default template any more\n"),
        (("delete", "base"), "base: deleted; the platform has no default template any more\n"),
        (("create", "one", *of_hospital, "--default"), "one: created\n"),
        (("delete", "one", *of_hospital),
         "one: deleted; organisation hospital has no default template any more\n"),
    ):  # fmt: skip
        assert await say("templates", *words) == said


async def test_a_template_of_the_platform_speaks_before_its_default(say: Say) -> None:
    """As one of an organisation does, for the operator and for a tenant."""
    await say("templates", "create", "other", "--default", "--set", "participant_limit=7")
    for words in ((), ("--as", "hospital")):
        named = await say("templates", "show", "base", *words)

        assert "range                    all                  template 'base' of the" in named
        assert "type                     conference           template 'base' of the" in named
        assert "participant_limit        7                    template 'other' of the" in named


async def test_each_value_is_shown_with_its_source(say: Say) -> None:
    """What a meeting of the organisation would get, with a template and with none."""
    await say("templates", "create", *BIG, "--set", "participant_limit=200")
    await say("templates", "create", "usual", "--organisation", "region", "--default",
              "--set", "lead_minutes=10", "--set", "guest_pin_required=true")  # fmt: skip

    named = await say("templates", "show", *BIG)
    unnamed = await say("templates", "show", "--organisation", "hospital")
    platform = await say("templates", "show")

    assert named == (
        "name                     value                from\n"
        "type                     conference           template 'big' of hospital\n"
        "range                    all                  template 'base' of the platform\n"
        "host_pin_required        yes                  template 'usual' of region\n"
        "guest_pin_required       yes                  template 'usual' of region\n"
        "lead_minutes             10                   template 'usual' of region\n"
        "end_meeting_on_end_time  no                   built in\n"
        "max_pixels_per_second    hd                   built in\n"
        "direct_media             never                built in\n"
        "enable_overlay_text      yes                  built in\n"
        "guests_can_present       yes                  built in\n"
        "mute_all_guests          no                   built in\n"
        "participant_limit        200                  template 'big' of hospital\n"
        "view                     one_main_seven_pips  built in\n"
    )
    assert "participant_limit        0                    built in\n" in unnamed
    assert "guest_pin_required       no                   built in\n" in platform


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", *BIG, "--set", "viev=1"), "refused: viev: is no value of a conference, did"),
        (("create", *BIG, "--set", "range=theirs"), "refused: range 'theirs': is none of the"),
        (("create", "base"), "refused: "),
        (("change", "base"), "nothing to change: give at least one option"),
        (("change", *BIG, "--set", "view=x"), "refused: template 'big': is none of this"),
        (("change", "base", "--inherit", "type"), "refused: type: is nothing that a template can"),
        (("default", *BIG), "refused: template 'big': is none of this organisation"),
        (("show", "--organisation", "nowhere"), "refused: organisation 'nowhere'"),
        (("create", "mine", "--as", "hospital"), "refused: "),
    ],
)
async def test_what_is_wrong_is_said(
    say: Say,
    database: Database,
    words: tuple[str, ...],
    said: str,
) -> None:
    """And nothing is written."""
    assert said in await say("templates", *words)
    assert await database.sql.fetchval("SELECT count(*) FROM template") == 1


async def test_the_list_can_be_that_of_an_organisation(say: Say) -> None:
    """What it can inherit from: its own, those above, the platform's."""
    for name, organisation in (("one", "hospital"), ("two", "region"), ("three", "neighbour")):
        await say("templates", "create", name, "--organisation", organisation)

    listed = await say("templates", "list", "--organisation", "hospital", "--json")

    assert [line.split('"name":"')[1].split('"')[0] for line in listed.splitlines()] == [
        *("base", "one", "two"),
    ]
