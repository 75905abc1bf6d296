"""Links that mail filters rewrote, back as they were. Pure."""

from __future__ import annotations

import base64
import html
import re
import string
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy.scripts.budget import Run

_LINK: Final = re.compile(r"https?://[^\s\"'<>]+")
_SAFELINKS: Final = ".safelinks.protection.outlook.com"
_DEFENSE: Final = frozenset({"urldefense.proofpoint.com", "urldefense.com", "urldefense.us"})
# A third version hides characters behind `*`, and says in Base64 which.
_THIRD_BEGINS: Final = "/v3/__"
_THIRD_ENDS: Final = "__;"
_BASE64: Final = re.compile(r"[A-Za-z0-9_-]*")
_ONE_SLASH: Final = re.compile(r"([a-z0-9+.-]+:/)(?!/)", re.IGNORECASE)
_RUN_LENGTHS: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
_HIDDEN: Final = re.compile(r"\*\*([A-Za-z0-9_-])|\*")


def plain_safelinks(run: Run, text: str) -> str:
    """Undo Microsoft's Safe Links wherever they stand in a text."""
    run.spend(1 + (len(text) >> 1))
    return _LINK.sub(lambda link: _plain(link[0], _safelink), text)


def plain_urldefense(run: Run, text: str) -> str:
    """Undo Proofpoint's URL Defense, versions 1 to 3, wherever it stands in a text."""
    run.spend(1 + (len(text) >> 1))
    return _LINK.sub(lambda link: _plain(link[0], _defended), text)


def _plain(link: str, decode: Callable[[str], str | None]) -> str:
    try:
        return decode(link) or link
    except ValueError:
        return link  # nobody rewrote it so, or it was cut


def _safelink(link: str) -> str | None:
    parts = urlsplit(link)
    if not (parts.hostname or "").endswith(_SAFELINKS):
        return None
    return parse_qs(parts.query).get("url", [None])[0]


def _defended(link: str) -> str | None:
    parts = urlsplit(link)
    if parts.hostname not in _DEFENSE:
        return None
    if parts.path.startswith(_THIRD_BEGINS):
        return _third(link.partition(_THIRD_BEGINS)[2])
    hidden = parse_qs(parts.query).get("u", [None])[0]
    if hidden is None:
        return None
    if not parts.path.startswith("/v1/"):
        hidden = unquote(hidden.translate(str.maketrans("-_", "%/")))
    return html.unescape(hidden)


def _third(rest: str) -> str | None:
    url, mark, behind = rest.rpartition(_THIRD_ENDS)
    if not mark:
        return None
    encoded = str(_BASE64.match(behind)[0])  # type: ignore[index]  # matches at least nothing
    characters = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    at = 0

    def shown(hidden: re.Match[str]) -> str:
        nonlocal at
        # `**A` stands for two characters, `**B` for three, and so on.
        count = 2 + _RUN_LENGTHS.index(hidden[1]) if hidden[1] else 1
        piece = characters[at : at + count]
        at += count
        return piece

    # Some mail programs make one slash of two.
    return _HIDDEN.sub(shown, _ONE_SLASH.sub(r"\1/", unquote(url), count=1))
