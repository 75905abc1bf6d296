"""Values of every documented type, as nodes of any version write them."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.wire.parameters import Parameters

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address


@pytest.mark.parametrize(
    ("written", "want"),
    [
        ("0", 0),
        ("2048", 2048),
        ("1" * 18, int("1" * 18)),
        ("1" * 19, None),
        ("", None),
        ("None", None),
        ("-1", None),
        ("1.5", None),
        ("x", None),
        ("\u0661", None),
    ],
)
def test_a_whole_number(written: str, want: int | None) -> None:
    """What is no whole number of a sane length is absent."""
    assert Parameters(urlencode({"bandwidth": written})).number("bandwidth") == want


@pytest.mark.parametrize(
    ("written", "want"),
    [
        ("192.0.2.7", ip_address("192.0.2.7")),
        ("2001:db8::7", ip_address("2001:db8::7")),
        ("::ffff:192.0.2.7", ip_address("192.0.2.7")),
        ("", None),
        ("ward7", None),
        ("192.0.2.7:5060", None),
    ],
)
def test_an_address(written: str, want: IPv4Address | IPv6Address | None) -> None:
    """An IPv4 address is the same one when it comes as IPv6."""
    assert Parameters(urlencode({"remote_address": written})).address("remote_address") == want


@pytest.mark.parametrize(
    ("query", "want"),
    [
        ("ms-subnet=172.23.0.0", ("172.23.0.0",)),
        ("ms_subnet=172.23.0.0", ("172.23.0.0",)),
        ("MS-Subnet=172.23.0.0", ("172.23.0.0",)),
        ("ms-subnet=%5B%2210.47.5.0%22%2C%2210.47.6.0%22%5D", ("10.47.5.0", "10.47.6.0")),
        ("ms-subnet=%5B10.47", ("[10.47",)),
        ("ms-subnet=", ()),
        ("ms-subnet=None", ()),
        ("xms-subnet=1", ()),
        ("", ()),
    ],
)
def test_a_sip_header(query: str, want: tuple[str, ...]) -> None:
    """Any spelling of the name, plain text or a JSON list."""
    assert Parameters(query).header("ms-subnet") == want


@pytest.mark.parametrize("name", ["P-Asserted-Identity", "p_Asserted-Identity"])
def test_an_asserted_identity_of_two_versions(name: str) -> None:
    """The quotes in the value are its own and stay."""
    query = f"{name}=%22Ana%22%3Csip%3Aana%40example.org%3E"

    got = Parameters(query).header("p-asserted-identity")

    assert got == ('"Ana"<sip:ana@example.org>',)


def test_attributes_of_an_identity_provider() -> None:
    """All values of a repeated key are kept, and its letter case does not count."""
    query = "idp_attribute_Groups=a&x=1&idp_attribute_groups=b&idp_attribute_job+title=head"

    got = Parameters(query).attributes("idp_attribute_")

    assert got == {"groups": ("a", "b"), "job title": ("head",)}


@given(st.text())
def test_any_text_is_read_as_something(query: str) -> None:
    """No query makes reading fail."""
    parameters = Parameters(query.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))

    for name in (*parameters.values(), "missing"):
        parameters.number(name)
        parameters.address(name)
        parameters.header(name)
    parameters.attributes("")


def test_what_comes_after_five_hundred_fields_is_not_looked_at() -> None:
    """Nobody can keep the service busy with a query of ten thousand."""
    parameters = Parameters("local_alias=ward7" + "&a" * 10_000 + "&protocol=sip")

    assert (parameters.text("local_alias"), parameters.text("protocol")) == ("ward7", "")
    assert len(parameters.pairs()) == 500


MARKS = {"_": ["_", "%5F", "%5f"], "-": ["-", "%2D", "%2d"], "~": ["~", "%7E", "%7e"]}
NAMES = st.lists(
    st.sampled_from("ab_-~").flatmap(lambda sign: st.sampled_from(MARKS.get(sign, [sign]))),
    min_size=1,
    max_size=4,
).map("".join)
VALUES = st.text("ab&=%+ \"ø'", max_size=8).map(quote_plus) | st.text("ab%+=5DEF2", max_size=6)
FIELDS = st.lists(st.tuples(NAMES, VALUES).map("=".join), max_size=6)


@given(FIELDS)
def test_a_value_is_found_wherever_it_stands(fields: list[str]) -> None:
    """Looking for one name and reading everything give the same."""
    query = "&".join(fields)
    parameters = Parameters(query)
    everything: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        everything.setdefault(name, value)

    assert {name: parameters.written(name) for name in everything} == everything
    assert parameters.values() == everything


HEADERS = st.sampled_from(
    ["ms-subnet", "MS_Subnet", "ms_subnet", "x-ms-subnet", "subnet", "mssubnet"]
)


@given(st.lists(st.tuples(HEADERS, VALUES).map("=".join), max_size=5))
def test_a_header_is_found_in_any_spelling(fields: list[str]) -> None:
    """Looking for it and reading everything give the same; as it is asked for it goes first."""
    query = "&".join(fields)
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    alike = [pair for pair in pairs if pair[0].lower().replace("-", "_") == "ms_subnet"]
    exact = [pair for pair in alike if pair[0] == "ms-subnet"]
    wanted = urlencode([("ms-subnet", value) for _, value in (exact or alike)[:1]])

    got = Parameters(query).header("ms-subnet")

    assert got == Parameters(wanted).header("ms-subnet")
