"""Addresses and networks as people write them."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from pydantic import TypeAdapter, ValidationError

from policy.networks import Address, Network, is_loopback


@pytest.mark.parametrize("written", ["192.0.2.7", "2001:db8::7"])
def test_an_address_of_either_family(written: str) -> None:
    """What is written is what is meant."""
    assert TypeAdapter(Address).validate_python(written) == ip_address(written)


@pytest.mark.parametrize("written", ["192.0.2.0/24", "2001:db8::/32", "192.0.2.7"])
def test_a_network_of_either_family(written: str) -> None:
    """A single address is a network of one."""
    assert TypeAdapter(Network).validate_python(written) == ip_network(written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("192.0.2.7/24", "'192.0.2.7/24' is an address in a network, did you mean '192.0.2.0/24'?"),
        ("here", "'here' is no network, write it as 192.0.2.0/24"),
        ("192.0.2.0/33", "'192.0.2.0/33' is no network, write it as 192.0.2.0/24"),
        ("", "'' is no network, write it as 192.0.2.0/24"),
    ],
)
def test_what_is_no_network_is_told_once(written: str, said: str) -> None:
    """One sentence, with what would be right."""
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Network).validate_python(written)

    (error,) = refused.value.errors()
    assert error["msg"] == f"Value error, {said}"


def test_what_is_no_address_is_told_once() -> None:
    """One sentence for both families."""
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Address).validate_python("192.0.2.256")

    assert refused.value.error_count() == 1


@pytest.mark.parametrize(
    ("host", "want"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104  what is tested
        ("192.0.2.7", False),
        ("policy.example.org", False),
    ],
)
def test_loopback_is_for_this_machine_alone(host: str, *, want: bool) -> None:
    """By address or by its usual name; other names are not looked up."""
    assert is_loopback(host) == want
