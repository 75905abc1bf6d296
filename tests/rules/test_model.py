"""Rules as values."""

from __future__ import annotations

from policy.rules.model import Condition, Credentials, Override, Rule, UseService
from policy.wire.vocabulary import RequestType


def test_an_empty_condition_asks_for_nothing() -> None:
    """A condition that says nothing holds for every alias, protocol and direction of a call."""
    when = Condition()

    assert (when.alias, when.protocols, when.directions) == (None, frozenset(), frozenset())


def test_outcomes_do_not_show_what_may_be_secret() -> None:
    """PINs, passwords and names of people are left out when an outcome is printed."""
    outcomes = (
        UseService({"pin": "48213"}, is_gateway=False),
        Override({"remote_display_name": "48213"}),
        Credentials({"password": "48213"}),
    )

    for outcome in outcomes:
        rule = Rule("one", frozenset({RequestType.SERVICE}), Condition(), outcome)
        assert "48213" not in repr(rule)
