"""The `when` of a rule as written."""

from __future__ import annotations

import pytest

from policy.rules.conditions import CONDITION_IS_FOR, When
from policy.rules.model import Condition
from policy.wire.vocabulary import ParticipantType, Role


@pytest.mark.parametrize(
    ("written", "want"),
    [
        ({}, Condition()),
        ({"organisation": "north"}, Condition(organisations=frozenset({"north"}))),
        ({"role": ["guest", "none"]}, Condition(roles=frozenset({Role.GUEST, None}))),
        (
            {"participant_type": "api"},
            Condition(participant_types=frozenset({ParticipantType.API})),
        ),
        (
            {"idp_attribute": {"Groups": "managers", "level": ["1", "2"]}},
            Condition(
                idp_attributes=(
                    ("groups", frozenset({"managers"})),
                    ("level", frozenset({"1", "2"})),
                )
            ),
        ),
        (
            {"breakout_uuid": "4CE6AA27-E550-4E02-BE1F-90B3B15A2EAF"},
            Condition(breakout_uuids=frozenset({"4ce6aa27-e550-4e02-be1f-90b3b15a2eaf"})),
        ),
    ],
)
def test_one_word_or_a_list(written: dict[str, object], want: Condition) -> None:
    """One word stands for a list of one; letter case counts where the wire says so."""
    assert When.model_validate(written).compiled() == want


def test_every_limited_condition_exists() -> None:
    """The table of what is for which request names real conditions."""
    assert CONDITION_IS_FOR.keys() <= When.model_fields.keys()
