"""Agreements are noted, ended and listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Say

DPA = ("agreement", "add", "north", "--kind", "dpa", "--version", "1", "--signed", "2026-01-15")


async def test_an_agreement_and_its_instruction(say: Say, tmp_path: Path) -> None:
    """The instruction is held against what there is; days are inclusive."""
    file = tmp_path / "instruction.json"
    file.write_text('{"retention_days": {"bookings": 14}, "purposes": ["citizen"]}')
    await say("create", "north", "North")

    said = [
        await say(*DPA, "--instruction", file, "--sub-processors", "7"),
        await say(
            "agreement", "end", "north", "--kind", "dpa", "--version", "1", "--on", "2026-06-30"
        ),
        await say(
            "agreement", "end", "north", "--kind", "dpa", "--version", "2", "--on", "2026-06-30"
        ),
        await say("agreement", "list", "north"),
    ]

    assert said[1] == "north: dpa 1 ends on 2026-06-30\n"
    assert said[2] == "refused: organisation north: has no dpa agreement of version '2'"
    assert said[3].splitlines()[1].split()[:6] == [
        "north",
        "dpa",
        "1",
        "2026-01-15",
        "2026-01-15",
        "2026-06-30",
    ]
    assert '"bookings": 14' in said[3]


async def test_a_wrong_instruction_is_told_with_its_line(say: Say, tmp_path: Path) -> None:
    """And a wrong day as well."""
    file = tmp_path / "instruction.json"
    file.write_text('{"retention_days":\n  {"bookings": 0}}')
    await say("create", "north", "North")

    said = await say(*DPA, "--instruction", file)
    late = await say(*DPA[:-1], "15.1.2026")

    assert said.startswith(f"refused: {file}:2:")
    assert "'15.1.2026' is no day, write it as 2026-12-31" in late
