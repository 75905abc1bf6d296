"""An explanation is a value that survives the way from a server to a terminal."""

from __future__ import annotations

from typing import Final

import orjson
from pydantic import TypeAdapter

from policy.explaining.explanation import (
    Decided,
    DialledAlias,
    DirectoryFact,
    Explanation,
    OtherServer,
    RuleStep,
    Sent,
)

WHOLE: Final = Explanation(
    request="service",
    at="2026-05-04T10:00:00+00:00",
    took_ms=1.25,
    rules_version="0123456789ab",
    alias=DialledAlias("a@example.org", "a", "example.org", "sip", "address", "b@example.org"),
    directory=(
        DirectoryFact(
            "b@example.org",
            own_domain=True,
            is_stale=True,
            is_a="permanent room",
            owner="ward",
            subtree=("ward", "north"),
            tags=("t",),
            details=(("room", "active"),),
        ),
    ),
    others=(OtherServer("old", "gave no usable answer"),),
    steps=(RuleStep("a", "a.yaml:1", is_shadow=False, matches=False, condition="tag"),),
    decided=Decided("continue", "OK_DEGRADED", faults=(("a", "no value"),)),
    sent=Sent(200, "application/json", {"status": "success"}),
    effect="The caller enters.",
)


def test_it_can_be_sent_and_read_back() -> None:
    """What `--server` shows is what the server explained."""
    body = orjson.dumps(WHOLE.as_json())

    assert TypeAdapter(Explanation).validate_json(body) == WHOLE


def test_it_says_what_is_remembered() -> None:
    """A row past its time is told as such, for the database may say something else."""
    text = WHOLE.as_text()

    assert "tags t, remembered, the database is away" in " ".join(text.split())
    assert "decision   continue, OK_DEGRADED (1.25 ms)" in text
