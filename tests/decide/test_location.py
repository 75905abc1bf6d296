"""Media locations: what cases cannot say."""

from __future__ import annotations

import pytest

from policy.decide.decision import Decision, Dialling, Needs, Reason
from policy.decide.location import caller_addresses, decide_location
from policy.directory.records import AddressKey
from policy.rules.model import Condition, NotFound, Outcome, Rule, UseLocation
from policy.rules.subnets import MediaPlace
from policy.rules.table import RuleTable
from policy.wire.requests import LocationRequest
from policy.wire.vocabulary import Action, RequestType

QUERY = "local_alias=ward7%40example.org&remote_address=192.0.2.7"


def _decide(when: Condition, then: Outcome, query: str = QUERY) -> Decision | Needs:
    rule = Rule("any", frozenset({RequestType.LOCATION}), when, then)
    request = LocationRequest.parse(query, frozenset())
    return decide_location(request, RuleTable([rule]), {}, Dialling())


def test_the_directory_is_asked_only_when_a_rule_wants_to_know() -> None:
    """Media location must not wait for a fact that decides nothing."""
    place = UseLocation(MediaPlace("Aarhus"))

    assert isinstance(_decide(Condition(), place), Decision)
    wanted = Condition(organisations=frozenset({"north"}))
    assert _decide(wanted, place) == Needs(AddressKey("ward7", "example.org"))


def test_no_opinion_names_its_rule() -> None:
    """A rule may leave the place to the platform."""
    want = Decision(Action.NOT_FOUND, Reason.BY_RULE, rule="any")

    assert _decide(Condition(), NotFound()) == want


@pytest.mark.parametrize("version", ["", "17", "35", "35.1", "x"])
def test_a_list_of_overflow_is_sent_unless_the_node_is_known_to_be_old(version: str) -> None:
    """A version that cannot be read is taken for a current one."""
    place = UseLocation(MediaPlace("Aarhus", ("Odense",)))

    decision = _decide(Condition(), place, f"{QUERY}&version_id={version}")

    assert isinstance(decision, Decision)
    assert decision.result == {"location": "Aarhus", "overflow_locations": ["Odense"]}


def test_what_a_client_says_of_itself_comes_first() -> None:
    """What is no address in the header is left out."""
    query = f"{QUERY}&ms-subnet=%5B%2210.47.5.0%22%2C%22here%22%5D"

    addresses = caller_addresses(LocationRequest.parse(query, frozenset()).call)

    assert [str(address) for address in addresses] == ["10.47.5.0", "192.0.2.7"]
