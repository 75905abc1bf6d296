"""One spelling per alias: scheme, case, number, domain.

A room is dialled as `721834`, `sip:721834@rooms.example.org;transport=tls`,
`203.0.113.10##721834` and more; all of them must find the same row and the same rule.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

import idna

from policy.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Container

MAX_CHARACTERS: Final = 250  # Pexip's limit for every field value

_SCHEME: Final = re.compile(r"(?:(sips?|h323|tel):\s*)+", re.IGNORECASE)
_ENCLOSED: Final = re.compile(r"<([^<>]*)>")
_FOCUS: Final = re.compile(r"(?=.*;gruu(?:;|$))(?=.*;opaque=app:conf)", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\+?[0-9 ().-]*[0-9][0-9 ().-]*")
_SEPARATORS: Final = str.maketrans("", "", " ().-")
_INTERNATIONAL: Final = re.compile(r"00([1-9][0-9]*)")
_PIN_SUFFIX: Final = re.compile(r"([0-9]+)[*#][0-9]+")
_PORT: Final = re.compile(r"(\[[^\]]*\]|[^:]*):[0-9]*")
_DOMAIN_NAME: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
# A number, and the name of a host: what most calls dial, and nothing else can be meant by it.
_PLAIN: Final = re.compile(
    r"(?:(sips?|h323):)?(?!00)([0-9]+)"
    r"(?:@((?:[a-z0-9_-]+\.)*[a-z][a-z0-9_-]*)(?::[0-9]*)?(?:;transport=[a-z]*)?)?",
    re.IGNORECASE | re.ASCII,
)
# Control characters, lone surrogates, and the mark of bytes that were not UTF-8.
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")


class AliasKind(StrEnum):
    """What kind of thing was dialled."""

    ADDRESS = "address"
    RECEPTION = "reception"  # only the address of an own node
    MICROSOFT_CONFERENCE = "microsoft_conference"  # a Lync / Skype for Business meeting


class Alias(NamedTuple):
    """A dialled alias in its one spelling; `host` is empty for a bare number or name."""

    user: str
    host: str
    scheme: str
    kind: AliasKind
    text: str  # what rules compare with: `user@host`, `user`, or the focus of a meeting

    @property
    def digits(self) -> str:
        """The user when it is a number, `+` in front included; else empty."""
        number = self.user.removeprefix("+")
        return self.user if number.isascii() and number.isdigit() else ""


def parse_alias(written: str, own_nodes: Container[str] = ()) -> Alias:
    """Give the one spelling of an alias; raises RequestError for one that nobody can own."""
    plain = plain_alias(written, own_nodes)
    if plain is not None:
        return plain
    rest = _clean(_percent_decoded(_clean(written)))
    enclosed = _ENCLOSED.search(rest)
    rest = _clean(enclosed[1]) if enclosed else rest
    scheme_match = _SCHEME.match(rest)
    scheme = scheme_match[1].lower() if scheme_match else ""
    rest = rest[scheme_match.end() :] if scheme_match else rest
    if _FOCUS.match(rest):
        return _focus(rest, scheme)
    rest = re.split("[;?]", rest, maxsplit=1)[0]
    user, at, host = rest.rpartition("@")
    if not at:
        user, host = host, ""
    elif not user:
        raise RequestError("alias", "has nothing before '@'")
    return _spelled(user, _host(host, own_nodes), scheme, own_nodes)


def plain_alias(written: str, own_nodes: Container[str] = ()) -> Alias | None:
    """Give the one spelling of an alias that can be read only one way, None for all others.

    Neither it nor its host is an address. It is found in a fifth of the time.
    """
    match = _PLAIN.fullmatch(written)
    if match is None or len(written) > MAX_CHARACTERS:
        return None
    scheme, user, host = match.groups("")
    scheme, host = scheme.lower(), host.lower()
    if host in own_nodes:
        host = ""
    if not host:
        named = user in own_nodes  # a node that has a number for its name
        return None if named else Alias(user, "", scheme, AliasKind.ADDRESS, user)
    return Alias(user, host, scheme, AliasKind.ADDRESS, f"{user}@{host}")


def _spelled(user: str, host: str, scheme: str, own_nodes: Container[str]) -> Alias:
    user = unicodedata.normalize("NFC", user.strip().lower())
    if "@" in user:
        raise RequestError("alias", "has more than one '@'")
    user = _without_node(user, own_nodes).strip()
    if not host and _address(user) in own_nodes:
        return Alias("", "", scheme, AliasKind.RECEPTION, _address(user))
    user = _number(user)
    if not user:
        raise RequestError("alias", "is empty")
    text = _clean(f"{user}@{host}" if host else user)  # letters may have become more
    return Alias(user, host, scheme, AliasKind.ADDRESS, text)


def _clean(text: str) -> str:
    """Trim and compose; what looks alike must be alike before anything is looked for in it."""
    if _FORBIDDEN.search(text):
        raise RequestError("alias", "holds a control character or is not UTF-8")
    text = unicodedata.normalize("NFC", text.strip())
    if not text:
        raise RequestError("alias", "is empty")
    if len(text) > MAX_CHARACTERS:
        raise RequestError("alias", f"is longer than {MAX_CHARACTERS} characters")
    return text


def _percent_decoded(text: str) -> str:
    return unquote(text, errors="replace") if "%" in text else text


def _focus(text: str, scheme: str) -> Alias:
    user, _, host = text.partition(";")[0].rpartition("@")
    kind = AliasKind.MICROSOFT_CONFERENCE
    return Alias(user.lower(), host.lower(), scheme, kind, text)


def _host(written: str, own_nodes: Container[str]) -> str:
    """Give the host in lower case as A-label, empty when it is one of our own nodes."""
    host = _address(written.strip().lower())
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii").removesuffix(".")
        except idna.IDNAError as exc:
            raise RequestError("alias", "has a host that is no domain name") from exc
    if not host or host in own_nodes:
        return ""
    if not _DOMAIN_NAME.fullmatch(host) and not _is_ip(host):
        raise RequestError("alias", "has a host that is no domain name")
    return host


def _address(text: str) -> str:
    """Drop the port, the brackets of an IPv6 address, and the final dot."""
    with_port = _PORT.fullmatch(text)
    host = with_port[1] if with_port else text
    return host.strip("[]").removesuffix(".")


def _without_node(user: str, own_nodes: Container[str]) -> str:
    """Drop the node address from `node##number` and `number##node`."""
    left, marker, right = user.partition("##")
    if not marker:
        return user
    if _address(left) in own_nodes:
        return right
    return left if _address(right) in own_nodes else user


def _number(user: str) -> str:
    """Drop separators and a PIN typed behind the number; write `00` as `+`."""
    with_pin = _PIN_SUFFIX.fullmatch(user)
    user = with_pin[1] if with_pin else user
    if not _NUMBER.fullmatch(user) or _is_ip(user):
        return user
    digits = user.translate(_SEPARATORS)
    international = _INTERNATIONAL.fullmatch(digits)
    return f"+{international[1]}" if international else digits


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
