"""Users are added, changed, removed and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Say


async def test_the_life_of_a_user(say: Say) -> None:
    """Case does not count; roles replace roles; an address need not be one."""
    await say("create", "north", "North")
    said = [
        await say("user", "add", "north", "Kim@example.org", "--role", "meeting-admin"),
        await say("user", "add", "north", "robot 7", "--role", "auditor"),
        await say("user", "change", "north", "kim@example.org", "--role", "auditor"),
        await say("user", "change", "north", "robot 7", "--no-roles", "--email", "robot 8"),
        await say("user", "list", "north"),
        await say("user", "list", "--role", "auditor"),
        await say("user", "remove", "north", "KIM@example.org", "--dry-run"),
        await say("user", "remove", "north", "KIM@example.org"),
        await say("user", "remove", "north", "KIM@example.org"),
    ]

    assert said == [
        "north: user added\n",
        "north: user added\n",
        "north: user changed\n",
        "north: user changed\n",
        (
            "organisation  email            roles\n"
            "north         Kim@example.org  auditor\n"
            "north         robot 8          -\n"
        ),
        "organisation  email            roles\nnorth         Kim@example.org  auditor\n",
        "would remove a user of north\n",
        "north: user removed\n",
        "refused: user: organisation north has none of this address",
    ]


async def test_a_change_says_what(say: Say) -> None:
    """Nothing, or both roles and none, is a slip."""
    assert "Error: " in await say("user", "change", "north", "kim")
    assert "Error: " in await say(
        "user", "change", "north", "kim", "--no-roles", "--role", "auditor"
    )
