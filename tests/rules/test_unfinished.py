"""Documents with placeholders: what is checked at once, and what for each call."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from policy.errors import OutcomeError
from policy.rules.outcomes import Then
from policy.rules.subnets import MediaPlace
from policy.rules.unfinished import (
    WithPlaceholders,
    checked_place,
    checked_properties,
    checked_service,
    whole_properties,
    whole_service,
)
from tests.rules.asking import asked

WARD = {"service_type": "conference", "name": "Ward ${user}", "service_tag": ""}


def test_a_document_becomes_whole_for_a_call() -> None:
    """It is held against its model then."""
    then = Then.model_validate({"service": {**WARD, "pin": "${fact.pin}"}})
    assert isinstance(then.service, WithPlaceholders)
    document = then.service.result()
    good, bad = asked(), asked()
    good.facts, bad.facts = {"pin": "4821"}, {"pin": "secret"}

    assert whole_service(document, good) == {**WARD, "name": "Ward ward7", "pin": "4821"}
    with pytest.raises(OutcomeError, match="pin: breaks a rule of Pexip") as caught:
        whole_service(document, bad)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"participant_limit": "many"},
        {"host_view": "x"},
        {"service_type": "${user}"},
        {"pin": "12"},
        {"view": "mosaic"},
    ],
)
def test_what_no_call_can_mend_is_told_at_once(wrong: dict[str, object]) -> None:
    """Keys and values without placeholders are those of the model."""
    with pytest.raises(ValidationError):
        Then.model_validate({"service": {**WARD, **wrong}})


def test_properties_become_whole_too() -> None:
    """Of a participant as of a service."""
    document = {"remote_display_name": "${user}"}

    assert whole_properties(document, asked()) == {"remote_display_name": "ward7"}
    with pytest.raises(OutcomeError, match="preauthenticated_role"):
        checked_properties({"preauthenticated_role": "host"})


def test_what_a_node_would_drop_is_never_whole() -> None:
    """Scripts and overrides are held against the same models."""
    with pytest.raises(OutcomeError, match="service_tag: field required"):
        checked_service({"service_type": "test_call", "name": "T"})
    with pytest.raises(OutcomeError, match="location: field required"):
        checked_place({})


def test_a_place_is_read_in_both_forms() -> None:
    """The list of overflow locations, and the pair of older versions."""
    listed = {"location": "A", "overflow_locations": ["B", "C"]}
    pair = {"location": "A", "primary_overflow_location": "B", "secondary_overflow_location": ""}

    assert checked_place(listed) == MediaPlace("A", ("B", "C"))
    assert checked_place(pair) == MediaPlace("A", ("B",))
