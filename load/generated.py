"""Rule sets of any size, mixed from what operators write most."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_rules(folder: Path, count: int) -> None:
    """Write a folder of rules: exact aliases, domains, regular expressions, caller subnets.

    None of them speaks to the calls that are measured, so that all of them must be passed over.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = "rules:\n" + "".join(_rule(number) for number in range(count))
    (folder / "10-generated.yaml").write_text(text, encoding="utf-8")


def _rule(number: int) -> str:
    when = (
        f"alias: {{exact: room{number}@rooms.example.org}}",
        f"alias: {{domain: d{number}.example.org}}",
        f"alias: {{regex: '8{number:05d}[0-9]{{2,4}}@tel\\.example\\.org'}}",
        f"subnet: 10.{number // 256 % 256}.{number % 256}.0/24, protocol: sip",
    )[number % 4]
    return (
        f"  - name: rule-{number}\n"
        f"    when: {{{when}}}\n"
        f"    then: {{reject: rule {number} says no}}\n"
        f"    note: generated for measuring\n"
    )
