"""Media locations in scripts."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from policy.rules.local.places import place_by_subnet, place_text
from policy.rules.local.sheet import Sheet
from policy.rules.local.writing import UnfitError
from policy.rules.subnets import MediaPlace, SubnetTable
from policy.wire.vocabulary import RequestType
from tests.rules.local.running import value_of

LOCATION = RequestType.LOCATION


def test_older_nodes_get_older_keys() -> None:
    """As from the server."""
    sheet = Sheet(LOCATION)
    text = place_text(MediaPlace("A", ("B", "C")), sheet)

    listed = {"location": "A", "overflow_locations": ["B", "C"]}
    assert value_of(sheet.text(), text, version_id="35") == listed
    assert value_of(sheet.text(), text, version_id="") == listed
    assert value_of(sheet.text(), text, version_id="16.2") == {
        "location": "A",
        "primary_overflow_location": "B",
        "secondary_overflow_location": "C",
    }


def test_the_narrowest_subnet_wins() -> None:
    """Of nested ones that begin alike, each has its own place, and one that is hidden none."""
    table = SubnetTable(
        {
            ip_network("10.0.0.0/8"): MediaPlace("wide"),
            ip_network("10.0.0.0/16"): MediaPlace("narrow"),
            ip_network("10.9.0.0/24"): MediaPlace("hidden"),
            ip_network("10.9.0.0/25"): MediaPlace("left"),
            ip_network("10.9.0.128/25"): MediaPlace("right"),
            ip_network("2001:db8::/32"): MediaPlace("six"),
        }
    )
    sheet = Sheet(LOCATION)
    text = place_by_subnet(table, sheet)

    found = {
        address: value_of(sheet.text(), f"{text}.location", LOCATION, remote_address=address)
        for address in ("10.1.0.1", "10.0.3.1", "10.9.0.1", "10.9.0.200", "2001:db8::1")
    }
    assert list(found.values()) == ["wide", "narrow", "left", "right", "six"]
    assert "hidden" not in sheet.text()


def test_a_long_table_is_refused() -> None:
    """There is a limit to scripts."""
    many = {ip_network(f"10.{n // 256}.{n % 256}.0/24"): MediaPlace("x") for n in range(501)}

    with pytest.raises(UnfitError, match="a list of 501 entries"):
        place_by_subnet(SubnetTable(many), Sheet(LOCATION))
