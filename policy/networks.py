"""IP addresses and networks as people write them in files."""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema


def _address(value: object) -> IPv4Address | IPv6Address:
    try:
        return ip_address(str(value))
    except ValueError as exc:
        raise ValueError(f"{value!r} is no IP address") from exc


def parse_network(value: object) -> IPv4Network | IPv6Network:
    """Read a network, or an address as a network of its own; raises ValueError."""
    try:
        inside = ip_interface(str(value))
    except ValueError as exc:
        raise ValueError(f"{value!r} is no network, write it as 192.0.2.0/24") from exc
    if inside.ip != inside.network.network_address:
        raise ValueError(f"{value!r} is an address in a network, did you mean '{inside.network}'?")
    return ip_network(str(value))


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach a host of that name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# Pydantic's own unions would say everything twice, once for each family.
Address = Annotated[
    IPv4Address | IPv6Address, PlainValidator(_address), WithJsonSchema({"type": "string"})
]
Network = Annotated[
    IPv4Network | IPv6Network, PlainValidator(parse_network), WithJsonSchema({"type": "string"})
]
