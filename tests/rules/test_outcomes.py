"""The `then` of a rule as written."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from policy.rules.model import UseLocation, UseLocationBySubnet
from policy.rules.outcomes import OUTCOMES, Then
from policy.rules.subnets import MediaPlace


def test_a_location_with_its_overflow() -> None:
    """The order of the overflow is the order in the file."""
    then = Then.model_validate({"location": {"location": "A", "overflow": ["C", "B"]}})

    assert then.compiled() == UseLocation(MediaPlace("A", ("C", "B")))


def test_locations_by_subnet() -> None:
    """Networks of both families stand side by side."""
    places = {"10.0.0.0/8": {"location": "A"}, "2001:db8::/32": {"location": "B"}}

    outcome = Then.model_validate({"location_by_subnet": places}).compiled()

    assert isinstance(outcome, UseLocationBySubnet)
    assert outcome.subnets.find([ip_address("2001:db8::1")]) == MediaPlace("B")


@pytest.mark.parametrize("request_type", OUTCOMES)
def test_every_outcome_exists(request_type: str) -> None:
    """The table of what is for which request names real outcomes."""
    keys = {field.alias or name for name, field in Then.model_fields.items()}

    assert {outcomes for key, outcomes in OUTCOMES.items() if key == request_type}.pop() <= keys
