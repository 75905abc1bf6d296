"""Links come back as they were before a mail filter rewrote them."""

from __future__ import annotations

import pytest

from policy.scripts.links import plain_safelinks, plain_urldefense
from tests.scripts.scripting import run_of

SAFE = (
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fmeet.example.org%2F88%3Fpin"
    "%3D1&data=05%7C01&sdata=abc%3D&reserved=0"
)
FIRST = "https://urldefense.proofpoint.com/v1/url?u=https://meet.example.org/88&amp;x&k=abc%3D"
SECOND = (
    "https://urldefense.proofpoint.com/v2/url?u=https-3A__meet.example.org_88-3Fa-3D1&d=DwMF&c=x"
)
THIRD = "https://urldefense.com/v3/__https://meet.example.org/88*pin=1__;Iw!!abc!def$"
THIRD_RUN = "https://urldefense.com/v3/__https:/meet.example.org/a**Bc*d__;Kys_Pw!!abc$"


def test_safe_links_are_undone() -> None:
    """Alone and within a text; other links stay."""
    plain = "https://meet.example.org/88?pin=1"
    assert plain_safelinks(run_of(), SAFE) == plain
    assert plain_safelinks(run_of(), f"Join <{SAFE}> now") == f"Join <{plain}> now"
    for other in (plain, "no link", "https://safelinks.example.org/?url=x", ""):
        assert plain_safelinks(run_of(), other) == other


@pytest.mark.parametrize(
    ("link", "plain"),
    [
        (FIRST, "https://meet.example.org/88"),
        (SECOND, "https://meet.example.org/88?a=1"),
        (THIRD, "https://meet.example.org/88#pin=1"),
        (THIRD_RUN, "https://meet.example.org/a++?c?d"),
        ("https://urldefense.com/v3/other", "https://urldefense.com/v3/other"),
        ("https://urldefense.com/v3/__other", "https://urldefense.com/v3/__other"),
        ("https://urldefense.com/v2/url?x=1", "https://urldefense.com/v2/url?x=1"),
        ("https://meet.example.org/v3/__a__;!!", "https://meet.example.org/v3/__a__;!!"),
        ("http://[broken", "http://[broken"),
        ("https://urldefense.com/v3/__a*__;w!!", "https://urldefense.com/v3/__a*__;w!!"),
    ],
)
def test_url_defense_is_undone(link: str, plain: str) -> None:
    """All three versions; what is none of them stays."""
    assert plain_urldefense(run_of(), f"Join {link}") == f"Join {plain}"
