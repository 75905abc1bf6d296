"""Families of devices, told by scripts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.rules.local.devices import device_lines
from policy.wire.devices import family_of
from tests.rules.local.running import value_of

_WORDS = st.sampled_from(
    [
        "Cisco",
        "CISCO",
        "TANDBERG/529",
        "Mozilla/5.0",
        "Chrome/120.0",
        "Edg/120",
        "Firefox/1",
        "OPR/9",
        "sipcli",
        "/1.8",
        " ",
        "friendly-scanner",
        "VaxSIPUserAgent",
        "Poly",
        "com",
        "UCCAPI/15.0",
        "Microsoft Lync 2010",
        "Skype for Business",
        "x" * 498,
        "Opera/",
        "Safari/",
        "gulp",
        "LifeSize",
    ]
)


@settings(max_examples=settings().max_examples // 5)  # each compiles a script
@given(st.lists(_WORDS, max_size=4).map("".join))
def test_a_device_is_told_as_on_the_server(vendor: str) -> None:
    """Scanners, browsers that carry each other's names, and all others."""
    lines = device_lines("family", "call_info.vendor")

    assert value_of(lines, "family", vendor=vendor) == family_of(vendor)
