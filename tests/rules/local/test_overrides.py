"""Overrides in scripts."""

from __future__ import annotations

import pytest

from policy.rules.local.overrides import overridden_text, override_text
from policy.rules.local.writing import UnfitError
from tests.rules.local.running import value_of


def test_each_type_takes_its_own_fields() -> None:
    """A test call has no limit of participants, a conference has."""
    text = override_text({"participant_limit": 3, "crypto_mode": "on"})
    lines = f'{{% set o = {text} %}}{{% set s = {{"name": "x"}} %}}'

    conference = value_of(lines, overridden_text("s", ["o"], '"conference"'))
    assert conference == {"name": "x", "participant_limit": 3, "crypto_mode": "on"}
    assert value_of(lines, overridden_text("s", ["o"], '"test_call"')) == {
        "name": "x",
        "crypto_mode": "on",
    }
    assert value_of(lines, overridden_text("s", ["o"], '"unknown"')) == {"name": "x"}


@pytest.mark.parametrize(
    ("override", "why"),
    [
        ({"description": "${user}"}, "placeholders"),
        ({"pin": "1234", "locked": True}, "pin depends on other fields"),
        ({"direct_media": "always"}, "direct_media depends on other fields"),
        ({"view": "teams"}, "view is not valid for lecture|view is not valid for conference"),
    ],
)
def test_what_could_spoil_a_service_is_refused(override: dict[str, object], why: str) -> None:
    """The server checks the whole service, a script cannot."""
    with pytest.raises(UnfitError, match=why):
        override_text(override)
