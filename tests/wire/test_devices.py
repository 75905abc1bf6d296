"""Devices, browsers and scanners, by the strings that they send."""

from __future__ import annotations

import time
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy.wire.devices import MAX_LOOKED_AT, DeviceFamily, family_of

_WEBKIT: Final = "AppleWebKit/537.36 (KHTML, like Gecko)"
_NWJS: Final = "(Windows NT 6.1; WOW64) nwjs/0.12.2"
_WINDOWS: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"


@pytest.mark.parametrize(
    ("vendor", "want"),
    [
        ("TANDBERG/518 (TC6.0.1.65adebe)", DeviceFamily.CISCO),
        ("TANDBERG/529 (ce8.3.4.99243f7) Cisco-SX20", DeviceFamily.CISCO),
        ("TANDBERG/529 (ce11.40.1.1.10bdaa53ce2) Cisco-RoomKitMini", DeviceFamily.CISCO),
        ("Cisco/CE", DeviceFamily.CISCO),
        ("Cisco", DeviceFamily.CISCO),
        ("PolycomRealPresenceGroup500/4.1.5", DeviceFamily.POLYCOM),
        ("PolycomRealPresenceGroup310/6.2.2", DeviceFamily.POLYCOM),
        ("PolyStudioX50/4.2.0", DeviceFamily.POLYCOM),
        ("LifeSize Icon 600/LS_RM3_3.7.0 (2421)", DeviceFamily.LIFESIZE),
        ("UCCAPI/4.0.7577.314 OC/4.0.7577.314 (Microsoft Lync 2010)", DeviceFamily.LYNC_2010),
        ("UCCAPI/15.0.4420.1017 OC/15.0.4420.1017 (Microsoft Lync)", DeviceFamily.LYNC_2013),
        ("UCCAPI/15.0.4569.1503 OC/15.0.4569.1503 (Microsoft Lync)", DeviceFamily.LYNC_2013),
        (
            "UCCAPI/16.0.7967.5277 OC/16.0.7967.2139 (Skype for Business)",
            DeviceFamily.SKYPE_FOR_BUSINESS,
        ),
        (
            "UCCAPI/15.0.4811.1000 OC/15.0.4811.1000 (Skype for Business)",
            DeviceFamily.SKYPE_FOR_BUSINESS,
        ),
        ("RTCC/4.0.0.0 AV-MCU", DeviceFamily.LYNC_SERVER),
        (
            f"Pexip Infinity Connect/2.0.0-25227.0.0 {_NWJS} Chrome/41.0.2272.76",
            DeviceFamily.PEXIP_APP,
        ),
        (f"{_WINDOWS} {_WEBKIT} Chrome/126.0.0.0 Safari/537.36", DeviceFamily.CHROME),
        (
            f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT} Chrome/55.0.2883.87 Safari/537.36",
            DeviceFamily.CHROME,
        ),
        (f"{_IPHONE} (KHTML, like Gecko) CriOS/126.0 Safari/604.1", DeviceFamily.CHROME),
        (f"{_WINDOWS} {_WEBKIT} Chrome/126.0 Safari/537.36 Edg/126.0", DeviceFamily.EDGE),
        (f"{_WINDOWS} {_WEBKIT} Chrome/64.0 Safari/537.36 Edge/17.17134", DeviceFamily.EDGE),
        (f"{_WINDOWS} {_WEBKIT} Chrome/126.0 Safari/537.36 OPR/112.0", DeviceFamily.OPERA),
        ("Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18", DeviceFamily.OPERA),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
            DeviceFamily.FIREFOX,
        ),
        (f"{_IPHONE} (KHTML, like Gecko) FxiOS/127.0 Safari/605.1.15", DeviceFamily.FIREFOX),
        (
            f"{_IPHONE} (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            DeviceFamily.SAFARI,
        ),
        ("Mozilla/5.0 (Macintosh)", DeviceFamily.UNKNOWN),
        ("Asterisk PBX 18.9", DeviceFamily.UNKNOWN),
        ("", DeviceFamily.UNKNOWN),
    ],
)
def test_a_device_is_told_by_what_it_says(vendor: str, want: DeviceFamily) -> None:
    """The strings of real devices; a browser says the names of others before its own."""
    assert family_of(vendor) is want
    if vendor != "Cisco":
        assert family_of(f"  {vendor.lower()} ") is want


@pytest.mark.parametrize(
    "vendor",
    [
        "cisco",
        "friendly-scanner",
        "sipcli",
        "sipcli/v1.8",
        "sipvicious",
        "sip-scan",
        "sipsak",
        "sipsak 0.9.7",
        "sundayddr",
        "iWar",
        "CSipSimple",
        "SIVuS",
        "Gulp",
        "sipv",
        "smap",
        "friendly-request",
        "VaxIPUserAgent/3.5",
        "VaxSIPUserAgent",
        "siparmyknife",
        "PortSIP VoIP SDK",
        "PortSIP VoIP SDK 11.2",
    ],
)
def test_a_scanner_is_told_by_its_name(vendor: str) -> None:
    """Genuine Cisco devices never say `cisco` and nothing else."""
    assert family_of(vendor) is DeviceFamily.SCANNER


@pytest.mark.parametrize("vendor", ["sipgate", "Gulpener/1", "smapper", "my-sipcli", "Cisco/CE"])
def test_a_name_that_only_begins_alike_is_no_scanner(vendor: str) -> None:
    """A device that is refused by mistake is a meeting that does not happen."""
    assert family_of(vendor) is not DeviceFamily.SCANNER


@given(st.text(max_size=700))
def test_any_text_has_a_family(vendor: str) -> None:
    """Whatever comes is told, and what comes late is not looked at."""
    assert family_of(vendor) in DeviceFamily
    assert family_of(vendor) is family_of(vendor[:MAX_LOOKED_AT])


@pytest.mark.parametrize("vendor", [" " * 60_000, "Mozilla/" * 7_500, "uccapi/" * 8_500])
def test_a_long_text_costs_no_more_than_a_short_one(vendor: str) -> None:
    """A caller who sends 60,000 characters keeps nobody waiting."""
    started = time.process_time()
    for _ in range(1_000):
        family_of(vendor)
    each_s = (time.process_time() - started) / 1_000

    assert each_s < 0.000_1  # some 3 us; the rest is for a busy machine
