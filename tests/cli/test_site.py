"""Where a command works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.directory.writing.trees import add, fill

if TYPE_CHECKING:
    from tests.cli.conftest import Run, Say
    from tests.database import Database


@pytest.fixture
async def region(database: Database) -> Database:
    """Give a region with two wards that have everything, and somebody else."""
    for code, parent in (("north", None), ("a", "north"), ("b", "north"), ("south", None)):
        await add(database.sql, code, parent)
        await fill(database.sql, code, code, "auditor")
    return database


@pytest.mark.usefixtures("region")
async def test_who_acts_for_an_organisation_sees_what_is_below_it(say: Say) -> None:
    """In every list, and nobody else by their code."""
    for words in (
        ("list",),
        ("tree",),
        ("user", "list"),
        ("domain", "list"),
        ("agreement", "list"),
    ):
        said = await say(*words, "--as", "north")
        assert "a" in said
        assert "south" not in said
        assert "s.example.org" not in said

    assert await say("show", "south", "--as", "north") == (
        "refused: organisation 'south': there is none of this code"
    )


async def test_who_acts_for_an_organisation_looks_after_it(say: Say, region: Database) -> None:
    """What is made is below it; what is below it is changed, moved, merged and deleted."""
    signed = ("--version", "2", "--signed", "2026-01-15")
    acting = ("--as", "north")
    said = [
        await say("create", "c", "Ward C", *acting),
        await say("create-group", "Clinics", *acting),
        await say("change", "c", "--name", "C", *acting),
        await say("agreement", "add", "c", "--kind", "connection", *signed),
        await say("agreement", "add", "c", "--kind", "dpa", *signed),
        await say("state", "c", "agreement-pending", *acting),
        await say("state", "c", "active", "--contact", "kim@example.org", *acting),
        await say("user", "change", "c", "kim@example.org", "--role", "auditor", *acting),
        await say("domain", "add", "c", "c.north.example.org", *acting),
        await say("move", "c", "--below", "Clinics", *acting),
        await say("merge", "a", "--into", "b", *acting),
    ]

    assert [line for line in said if line.startswith("refused")] == []
    assert await region.sql.fetchval("SELECT path FROM organisation WHERE code = 'c'") == [
        "c",
        "north",
    ]
    assert await region.sql.fetchval("SELECT state FROM organisation WHERE code = 'a'") == "closed"


@pytest.mark.usefixtures("region")
@pytest.mark.parametrize(
    "words",
    [
        ("create", "x", "X", "--parent", "south"),
        ("move", "a", "--to-root"),
        ("move", "a", "--below", "south"),
        ("move", "north", "--below", "a"),
        ("merge", "a", "--into", "south"),
        ("merge", "north", "--into", "a"),
        ("state", "north", "suspended"),
        ("change", "north", "--quota", "1000"),
        ("delete", "north"),
        ("user", "add", "north", "eve", "--role", "operator"),
        ("user", "change", "a", "kim@example.org", "--role", "support"),
        ("user", "remove", "south", "kim@example.org"),
        ("agreement", "end", "north", "--kind", "dpa", "--version", "1", "--on", "2030-01-01"),
        ("domain", "add", "a", "x.south.example.org"),
        ("domain", "change", "south.example.org", "--organisation", "a"),
        ("domain", "remove", "south.example.org"),
    ],
)
async def test_who_acts_for_an_organisation_stays_within(say: Say, words: tuple[str, ...]) -> None:
    """Nothing of others, and not its own place, state and limits, which are set from above."""
    assert (await say(*words, "--as", "north")).startswith("refused: ")


@pytest.mark.usefixtures("region")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("domain", "add", "a", "video.example.net"),
            (
                "domain video.example.net: is not below a domain of this organisation and apart "
                "from those of others: only the operator adds it"
            ),
        ),
        (
            ("change", "a", "--quota", "9"),
            (
                "organisation a: its quota, pool, addresses and need for agreements are as north "
                "has them, only the operator sets others"
            ),
        ),
        (
            ("create", "x", "X", "--parent", "b", "--no-agreements"),
            "organisation x: would begin below b, which is suspended",
        ),
        (
            ("agreement", "add", "a", "--kind", "dpa", "--version", "9", "--signed", "2026-01-15"),
            "organisation north: this is not for it to change",
        ),
    ],
)
async def test_what_only_the_operator_gives_is_said(
    say: Say, words: tuple[str, ...], told: str
) -> None:
    """Domains that are not its own, limits and agreements, and life below what has none."""
    await say("state", "b", "suspended")

    assert await say(*words, "--as", "north") == f"refused: {told}"
    assert not (await say(*words, "--dry-run")).startswith("refused: ")


def test_a_database_that_is_away_is_one_line(run: Run) -> None:
    """Code 1 and the reason, for whoever reads and whoever writes."""
    url = "postgresql://u:an-odd-word@127.0.0.1:1/x"

    for words in (("list",), ("create", "north", "North")):
        done = run("organisations", *words, database_url=url)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "vdx-policy: database: connection refused\n"
