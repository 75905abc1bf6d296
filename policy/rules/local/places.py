"""Media locations as expressions of a script. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final

from policy.rules.local.conditions import MAX_LIST
from policy.rules.local.writing import UnfitError, literal, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy.networks import Address, Network
    from policy.rules.local.sheet import Sheet
    from policy.rules.subnets import MediaPlace, SubnetTable

# Before it nodes knew two overflow locations, each under its own key.
_LIST_SINCE: Final = 17


def place_text(place: MediaPlace, sheet: Sheet) -> str:
    """Write a place in the form that the asking node knows."""
    current: dict[str, object] = {"location": place.location}
    if not place.overflow:
        return literal(current)
    keys = ("primary_overflow_location", "secondary_overflow_location")
    older = current | dict(zip(keys, place.overflow, strict=False))
    current["overflow_locations"] = list(place.overflow)
    version = sheet.put("version", 'call_info.version_id|default("", true)|int(99)')
    return f"({literal(current)} if {version} >= {_LIST_SINCE} else {literal(older)})"


def place_by_subnet(subnets: SubnetTable, sheet: Sheet) -> str:
    """Write the place of the first address that has one; the narrowest subnet wins."""
    networks = sorted(subnets.networks(), key=lambda each: -each.prefixlen)
    if len(networks) > MAX_LIST:
        raise UnfitError(f"a list of {len(networks)} entries, {MAX_LIST} are the most")
    placed = [(each, _place_of(each, subnets)) for each in networks]
    # All that these want of the sheet comes before the loop, whose variables end with it.
    texts = [(net, place_text(place, sheet)) for net, place in placed if place is not None]
    callers = sheet.addresses("subnet")
    found = sheet.fresh("place")
    branches = "".join(
        f"{{% {'elif' if number else 'if'} pex_in_subnet(vdx_each, [{quoted(str(network))}]) %}}"
        f'{{{{ {found}.extend([{text}]) or "" }}}}\n'
        for number, (network, text) in enumerate(texts)
    )
    sheet.add(
        f"{{% set {found} = [] %}}{{% for vdx_each in {callers} %}}\n"
        f"{branches}{{% endif %}}{{% endfor %}}"
    )
    return f"{found}[0]"


def _place_of(network: Network, subnets: SubnetTable) -> MediaPlace | None:
    """Give the place of a network itself, by an address that is in no narrower one."""
    inside = [each for each in subnets.networks() if each != network and _is_in(each, network)]
    for address in _edges(network, inside):
        if address in network and not any(address in each for each in inside):
            return subnets.find((address,))
    return None  # the narrower ones leave nothing of it


def _is_in(inner: Network, outer: Network) -> bool:
    return (
        inner.version == outer.version
        and inner.network_address in outer
        and (inner.prefixlen >= outer.prefixlen)
    )


def _edges(network: Network, inside: list[Network]) -> Iterator[Address]:
    yield network.network_address
    kind = IPv4Address if network.version == 4 else IPv6Address  # noqa: PLR2004  the version of IP
    for each in inside:
        after = int(each.broadcast_address) + 1
        if after <= int(network.broadcast_address):
            yield kind(after)
