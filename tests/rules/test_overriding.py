"""Fields laid on whatever service is answered."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from policy.errors import OutcomeError
from policy.rules.overriding import OverrideForm, overridden

WARD = {"service_type": "conference", "name": "Ward", "service_tag": "", "pin": "4821"}
TEST_CALL = {"service_type": "test_call", "name": "Test", "service_tag": ""}


def test_fields_that_the_service_knows_are_laid_on_it() -> None:
    """Others are left out: one rule may speak of rooms and lectures alike."""
    override = {"pin": "9034", "host_view": "one_main_zero_pips", "locked": True}

    assert overridden(WARD, override) == {**WARD, "pin": "9034", "locked": True}
    assert overridden(TEST_CALL, {"pin": "9034"}) is TEST_CALL


def test_what_a_node_would_drop_is_not_laid() -> None:
    """A guest PIN needs guests, which only the whole service shows."""
    with pytest.raises(OutcomeError, match="breaks a rule of Pexip"):
        overridden(WARD, {"guest_pin": "9034"})


def test_a_gateway_call_keeps_its_name() -> None:
    """It is longer than a rule may write it."""
    name = "To" * 100 + ":" + "0" * 36
    gateway = {
        "service_type": "gateway",
        "name": name,
        "service_tag": "",
        "local_alias": "a",
        "remote_alias": "b",
        "outgoing_protocol": "sip",
    }

    assert overridden(gateway, {"call_type": "audio"}) == {**gateway, "call_type": "audio"}


@pytest.mark.parametrize("written", [{}, {"name": "x"}, {"service_type": "lecture"}, {"pin": "1"}])
def test_which_service_it_is_stays(written: dict[str, object]) -> None:
    """A node wants one name for all who dial a room."""
    with pytest.raises(ValidationError):
        OverrideForm.model_validate(written)


def test_a_field_of_several_types_takes_the_values_of_all() -> None:
    """A layout of gateway calls may be laid, on gateway calls."""
    form = OverrideForm.model_validate({"view": "teams", "locked": True})

    assert form.fields() == {"view": "teams", "locked": True}
    with pytest.raises(OutcomeError, match="view"):
        overridden(WARD, form.fields())
