"""Media locations: what cases cannot say."""

from __future__ import annotations

import pytest

from policy.decide.decision import Decision, Reason
from policy.decide.location import decide_location
from policy.directory.records import AddressKey
from policy.rules.known import NeedsEntry
from policy.wire.requests import LocationRequest
from policy.wire.vocabulary import Action
from tests.decide.deciding import grounds, ruled

QUERY = "local_alias=ward7%40example.org&remote_address=192.0.2.7"


def _decide(rule: str, query: str = QUERY) -> Decision:
    table = ruled(f"{{name: any, for: location, {rule}}}")
    return decide_location(LocationRequest.parse(query, frozenset()), grounds(table=table))


def test_the_directory_is_asked_only_when_a_rule_wants_to_know() -> None:
    """Media location must not wait for a fact that decides nothing."""
    place = "then: {location: {location: Aarhus}}"

    with pytest.raises(NeedsEntry) as needs:
        _decide(f"when: {{organisation: north}}, {place}")

    assert needs.value.key == AddressKey("ward7", "example.org")
    assert _decide(place).result == {"location": "Aarhus"}
    assert _decide(f"when: {{organisation: north, protocol: sip}}, {place}").result is None


def test_no_opinion_names_its_rule() -> None:
    """A rule may leave the place to the platform."""
    want = Decision(Action.NOT_FOUND, Reason.BY_RULE, rule="any")

    assert _decide("then: not_found") == want


@pytest.mark.parametrize("version", ["", "17", "35", "35.1", "x"])
def test_a_list_of_overflow_is_sent_unless_the_node_is_known_to_be_old(version: str) -> None:
    """A version that cannot be read is taken for a current one."""
    place = "then: {location: {location: Aarhus, overflow: [Odense]}}"

    decision = _decide(place, f"{QUERY}&version_id={version}")

    assert decision.result == {"location": "Aarhus", "overflow_locations": ["Odense"]}
