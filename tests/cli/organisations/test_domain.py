"""Domains are added, changed, removed and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.directory.writing.trees import add, fill

if TYPE_CHECKING:
    from tests.cli.conftest import Say
    from tests.database import Database


async def test_the_life_of_a_domain(say: Say) -> None:
    """It is kept as nodes write it, and shown with whose it is."""
    for code in ("north", "south"):
        await say("create", code, code)
    said = [
        await say("domain", "add", "north", "MØDE.Example.ORG.", "--inherit"),
        await say("domain", "change", "møde.example.org", "--organisation", "south"),
        await say("domain", "list"),
        await say("domain", "list", "north"),
        await say("domain", "remove", "møde.example.org"),
        await say("domain", "remove", "møde.example.org"),
        await say("domain", "add", "north", "no domain"),
    ]

    assert said == [
        "xn--mde-0na.example.org: added to north\n",
        "xn--mde-0na.example.org: changed\n",
        (
            "domain                   organisation  inherit  history_only\n"
            "xn--mde-0na.example.org  south         yes      no\n"
        ),
        "none\n",
        "xn--mde-0na.example.org: removed\n",
        "refused: domain xn--mde-0na.example.org: there is none of this name",
        "refused: 'no domain' is no domain name",
    ]


async def test_what_a_change_closes_is_noted(say: Say, database: Database) -> None:
    """Addresses that nobody can call, devices that may not register."""
    for code in ("north", "south"):
        await add(database.sql, code)
    await fill(database.sql, "north", "n", "auditor")

    said = [
        await say("domain", "change", "n.example.org", "--history-only", "--dry-run"),
        await say("domain", "change", "n.example.org", "--organisation", "south"),
        await say("domain", "remove", "n.example.org"),
        await say("domain", "change", "n.example.org"),
    ]

    assert said[:3] == [
        (
            "would change n.example.org\n"
            "note: addresses in n.example.org that cannot be called any more: 5\n"
        ),
        (
            "n.example.org: changed\n"
            "note: devices that may not register in n.example.org any more: 1\n"
        ),
        "refused: domain n.example.org: still has addresses (5) and ranges (1)",
    ]
    assert "Error: " in said[3]
