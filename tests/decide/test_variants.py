"""What a service becomes for one request."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from policy.decide.variants import variant_for
from policy.rules.question import Moment
from policy.wire.requests import ServiceRequest

MOMENT = Moment(datetime(2026, 5, 4, tzinfo=UTC), "t-1")
UUID = "4ce6aa27-e550-4e02-be1f-90b3b15a2eaf"
LEG = "6f1c9c1e-7f43-4b8a-8a4e-1f0c3c2d9a11"
GATEWAY = {"service_type": "gateway", "name": "Telephone"}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("call_direction=dial_in", "Telephone:t-1"),
        (
            f"call_direction=dial_out&service_name=Telephone:{LEG}",
            f"Telephone:{LEG}",
        ),
        (
            f"call_direction=dial_out&service_name=Telephones:{LEG}",
            "Telephone:t-1",
        ),
        ("call_direction=dial_out", "Telephone:t-1"),
        (
            f"call_direction=dial_in&service_name=Telephone:{LEG}",
            "Telephone:t-1",
        ),
        ("call_direction=dial_out&service_name=Telephone:7", "Telephone:t-1"),
        ("call_direction=dial_out&service_name=Telephone:%00x", "Telephone:t-1"),
    ],
)
def test_a_gateway_call_has_a_name_of_its_own(query: str, name: str) -> None:
    """Only the outgoing leg of a call of this very service keeps the name it comes with."""
    call = ServiceRequest.parse(query, frozenset()).call

    assert variant_for(GATEWAY, call, MOMENT)["name"] == name


@pytest.mark.parametrize("service_type", ["lecture", "media_playback", "test_call"])
def test_only_conferences_have_breakout_rooms(service_type: str) -> None:
    """Any other service stays what it is."""
    service = {"service_type": service_type, "name": "x"}
    call = ServiceRequest.parse(f"breakout_uuid={UUID}", frozenset()).call

    assert variant_for(service, call, MOMENT) == service


def test_a_service_is_never_changed_in_place() -> None:
    """Rows and rules are shared by all calls."""
    service = {"service_type": "conference", "name": "x", "breakout_uuids": [UUID]}
    before = dict(service)

    variant_for(service, ServiceRequest.parse(f"breakout_uuid={UUID}", frozenset()).call, MOMENT)

    assert service == before
