"""Rows of bulk files are held against what the database holds them against."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from policy.directory.bulk.kinds import KINDS, SECRETS

BOOKING = {
    "organisation": "north",
    "starts_at": "2026-03-02T10:00:00Z",
    "ends_at": "2026-03-02T11:00:00Z",
}
ROWS = [
    ("organisations", {"name": "X"}, "an organisation has a code, a group has none"),
    ("organisations", {"name": "X", "type": "group"}, "a group needs an id"),
    (
        "agreements",
        {
            "organisation": "north",
            "kind": "connection",
            "version": "1",
            "signed_on": "2026-01-01",
            "valid_from": "2026-01-01",
            "instruction": {"a": 1},
        },
        "only a dpa has an instruction",
    ),
    (
        "agreements",
        {
            "organisation": "north",
            "kind": "dpa",
            "version": "1",
            "signed_on": "2026-01-01",
            "valid_from": "2026-01-02",
            "valid_to": "2026-01-01",
        },
        "valid_to must not be before valid_from",
    ),
    (
        "ranges",
        {"name": "r", "domain": "example.org", "low": 9, "high": 8},
        "must not be below low",
    ),
    (
        "ranges",
        {"name": "r", "domain": "example.org", "low": 1, "high": 9, "expected": 1},
        "ten times as many",
    ),
    ("rooms", {"organisation": "north", "description": "0102031234"}, "CPR number"),
    ("devices", {"organisation": "north", "description": "0102031234"}, "CPR number"),
    ("bookings", BOOKING | {"details": {"subject": "010203-1234"}}, "CPR number"),
    ("bookings", BOOKING | {"ends_at": "2026-03-04T11:00:00Z"}, "24 hours at most"),
    (
        "bookings",
        BOOKING | {"cancelled": True, "ended_at": "2026-03-02T10:10:00Z"},
        "cancelled or has ended, not both",
    ),
    (
        "addresses",
        {"alias": "1", "state": "held", "room": "r", "organisation": "north"},
        "only one of room, device and organisation",
    ),
    ("addresses", {"alias": "1", "state": "active", "room": "r"}, "this only adds to it"),
]


@pytest.mark.parametrize(("kind", "row", "said"), ROWS)
def test_what_does_not_fit_together_is_refused(
    kind: str, row: dict[str, object], said: str
) -> None:
    """The rule is named, and no value of a secret."""
    with pytest.raises(ValidationError, match=said) as caught:
        KINDS[kind].model_validate(row)
    assert "010203" not in str(caught.value)


def test_secrets_are_fields_of_their_kinds_and_are_not_shown() -> None:
    """A name that has changed would be exported in clear."""
    for kind, names in SECRETS.items():
        fields = KINDS[kind].model_fields
        assert [name for name in names if name not in fields or fields[name].repr] == []
