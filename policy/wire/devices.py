"""Which family of devices calls, told by what it says of itself."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

# Real ones have some 120 characters; a caller may send any number.
MAX_LOOKED_AT: Final = 500


class DeviceFamily(StrEnum):
    """Families whose members behave alike; `unknown` is all that is none of the others."""

    CISCO = "cisco"  # Tandberg too
    POLYCOM = "polycom"  # Poly too
    LIFESIZE = "lifesize"
    LYNC_2010 = "lync_2010"
    LYNC_2013 = "lync_2013"
    SKYPE_FOR_BUSINESS = "skype_for_business"
    LYNC_SERVER = "lync_server"  # the conference server of Lync and Skype for Business
    PEXIP_APP = "pexip_app"  # the desktop client, not Pexip's web app, which is its browser
    CHROME = "chrome"
    EDGE = "edge"
    FIREFOX = "firefox"
    OPERA = "opera"
    SAFARI = "safari"
    SCANNER = "scanner"  # tries numbers all night
    UNKNOWN = "unknown"


# Browsers carry the names of those before them: Edge and Opera say Chrome, Chrome says Safari.
BROWSERS: Final = (
    ("opr/", DeviceFamily.OPERA),
    ("opera", DeviceFamily.OPERA),
    ("edg/", DeviceFamily.EDGE),
    ("edge/", DeviceFamily.EDGE),
    ("edga/", DeviceFamily.EDGE),  # Android
    ("edgios/", DeviceFamily.EDGE),
    ("firefox/", DeviceFamily.FIREFOX),
    ("fxios/", DeviceFamily.FIREFOX),
    ("chrome/", DeviceFamily.CHROME),
    ("crios/", DeviceFamily.CHROME),
    ("safari/", DeviceFamily.SAFARI),
)
# From the particular to the general: Lync 2010 and 2013 share their name, and all their protocol.
DEVICES: Final = (
    ("tandberg", DeviceFamily.CISCO),
    ("cisco", DeviceFamily.CISCO),
    ("polycom", DeviceFamily.POLYCOM),
    ("lifesize", DeviceFamily.LIFESIZE),
    ("infinity connect", DeviceFamily.PEXIP_APP),
    ("skype for business", DeviceFamily.SKYPE_FOR_BUSINESS),
    ("microsoft lync 2010", DeviceFamily.LYNC_2010),
    ("av-mcu", DeviceFamily.LYNC_SERVER),
    ("uccapi/4.", DeviceFamily.LYNC_2010),
    ("uccapi/15.", DeviceFamily.LYNC_2013),
    ("microsoft lync", DeviceFamily.LYNC_2013),
    ("uccapi/16.", DeviceFamily.SKYPE_FOR_BUSINESS),
)
# The strings of the vendor's sample script. Some tools put a version behind theirs.
SCANNERS: Final = frozenset(
    {
        "csipsimple",
        "friendly-request",
        "friendly-scanner",
        "gulp",
        "iwar",
        "portsip voip sdk",
        "sip-scan",
        "siparmyknife",
        "sipcli",
        "sipsak",
        "sipv",
        "sipvicious",
        "sivus",
        "smap",
        "sundayddr",
    }
)
SCANNER_STARTS: Final = ("vaxipuser", "vaxsipuser", "portsip voip sdk ")
# Genuine Cisco devices never say just this.
IMPOSTER: Final = "cisco"


def family_of(vendor: str) -> DeviceFamily:
    """Give the family of whoever says this of itself."""
    said = vendor[:MAX_LOOKED_AT].strip()
    if said == IMPOSTER:
        return DeviceFamily.SCANNER
    said = said.lower()
    if said.startswith(("mozilla/", "opera/")):
        return _first(BROWSERS, said)
    if _is_scanner(said):
        return DeviceFamily.SCANNER
    if said.startswith("poly"):  # newer devices leave out the `com`
        return DeviceFamily.POLYCOM
    return _first(DEVICES, said)


def _is_scanner(said: str) -> bool:
    if said in SCANNERS or said.startswith(SCANNER_STARTS):
        return True
    tool = said.partition("/")[0].partition(" ")[0]
    return tool in SCANNERS


def _first(marks: tuple[tuple[str, DeviceFamily], ...], said: str) -> DeviceFamily:
    for mark, family in marks:
        if mark in said:
            return family
    return DeviceFamily.UNKNOWN
