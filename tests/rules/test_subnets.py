"""The narrowest subnet wins, whatever else is listed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from policy.rules.subnets import MediaPlace, SubnetTable

NETWORKS = st.builds(
    lambda number, prefix: IPv4Network((number, prefix), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)


@given(
    st.dictionaries(NETWORKS, st.sampled_from("ABC").map(MediaPlace), max_size=8),
    st.ip_addresses(v=4),
)
def test_it_agrees_with_looking_at_every_subnet(
    places: dict[IPv4Network | IPv6Network, MediaPlace], address: IPv4Address
) -> None:
    """The index gives what a walk over all subnets gives."""
    inside = [network for network in places if address in network]
    want = places[max(inside, key=lambda network: network.prefixlen)] if inside else None

    assert SubnetTable(places).find([address]) == want


def test_families_do_not_meet() -> None:
    """`::/0` holds no IPv4 caller, and the first address that is anywhere decides."""
    table = SubnetTable({ip_network("::/0"): MediaPlace("Six")})

    assert table.find([ip_address("10.0.0.1")]) is None
    assert table.find([ip_address("10.0.0.1"), ip_address("2001:db8::1")]) == MediaPlace("Six")
