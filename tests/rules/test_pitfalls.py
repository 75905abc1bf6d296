"""What a rule does beside what it says."""

from __future__ import annotations

import pytest

from policy.rules.pitfalls import pitfalls
from policy.rules.syntax import parse_rules

REFUSES = "also refuses outgoing calls of meetings that run: write direction: dial_in"
REWRITES = (
    "rewrites the alias for some questions of a call alone: "
    "write for: [service, participant, location]"
)


@pytest.mark.parametrize(
    ("rule", "want"),
    [
        ("then: {reject: no}", [REFUSES]),
        ("then: {redirect: a@example.org}", [REFUSES]),
        ("when: {direction: dial_in}, then: {reject: no}", []),
        ("when: {direction: [dial_in, dial_out]}, then: {reject: no}", []),
        ("for: participant, then: {reject: no}", []),
        ("then: {room: a@example.org}", []),
        ("then: {rewrite: a@example.org}", [REWRITES]),
        ("for: [service, participant], then: {rewrite: a@example.org}", [REWRITES]),
        ("for: [service, participant, location], then: {rewrite: a@example.org}", []),
        ("then: {set: {x: y}}", []),
    ],
)
def test_an_author_is_warned(rule: str, want: list[str]) -> None:
    """Of refusals that reach outgoing calls, and of half a rewriting; of nothing else."""
    (placed,) = parse_rules(f"rules:\n  - {{name: a, {rule}}}\n", "a.yaml")

    assert list(pitfalls(placed.rule)) == want
