"""Makes single texts fit for a log: aliases of callers, dialled aliases, civil numbers."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from typing import Final
from urllib.parse import unquote

import orjson

MASK: Final = "****"

_ABSENT: Final = frozenset({"", "none", "null"})
_ENCLOSED: Final = re.compile(r"<([^<>]*)>")
_SCHEME: Final = re.compile(r"(?:(?:sips?|h323|tel):\s*)+", re.IGNORECASE)
_URL: Final = re.compile(r"([a-z][a-z0-9]{1,9}://)(?:[^/?#@]*@)?([^/?#]*)/*([^?#]*)", re.IGNORECASE)
_HOST: Final = re.compile(
    r"([\w-]{1,63}(?:\.[\w-]{1,63})+|\[[0-9A-Fa-f:.]{2,45}\])\.?(?::[0-9]{1,5})?"
)
# Most callers, who need no closer look: see `caller`.
_PLAIN_CALLER: Final = re.compile(
    r"(sips?:|h323:|)([A-Za-z0-9._-]{1,100})@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+)"
)
# What is dialled most, in which nobody can have typed anything more.
_PLAIN_DIALLED: Final = re.compile(r"[A-Za-z0-9._:@-]+")
_PSEUDONYM: Final = re.compile(r"c-[0-9a-f]{8}")
# A day of 61 to 91 is that of a replacement number. The last digit proves nothing any more.
_CIVIL_NUMBER: Final = re.compile(
    r"(?<!\d)(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])[ ./_\u2010-\u2015-]?"
    r"(?:0[1-9]|1[0-2])[ ./_\u2010-\u2015-]?[0-9]{2}[ ./_\u2010-\u2015-]?[0-9]{4}(?!\d)"
)
_CIVIL_DIGITS: Final = 10
_CIVIL_MASK: Final = "xxxxxxxxxx"
# As in `alias.py`: what is found there as a room without its PIN is found so here.
_NUMBER_AND_PIN: Final = re.compile(r"(\s*[0-9]+)[*#][0-9]+(\s*)")
_TYPED_BEHIND: Final = re.compile(r"(?<=[^*#,\s])(\s*[*#,]+\s*)([0-9]+)")
# URI parameters that say how to call; any other may say something of somebody.
_HARMLESS: Final = re.compile(r"(?:transport|user|opaque)=|gruu$", re.IGNORECASE)


def pseudonym(text: str, key: bytes) -> str:
    """Give the name under which somebody may be told apart, without being known."""
    if _PSEUDONYM.fullmatch(text):
        return text
    return f"c-{blake2b(_folded(text), key=key, digest_size=4).hexdigest()}"


def caller(written: str, key: bytes) -> str:
    """Keep scheme and domain of a caller's alias, with a pseudonym for the rest."""
    if plain := _PLAIN_CALLER.fullmatch(written):
        return _with_pseudonym(plain[1], plain[2], without_civil_numbers(plain[3]), key)
    text = written.strip(' "')
    if is_absent(text):
        return written
    enclosed = _ENCLOSED.search(text)
    text = enclosed[1] if enclosed else text
    if url := _URL.match(text):  # a stream, whose path is as good as a password
        return _stream(url, key)
    scheme, rest = _parted(text)
    user, _, host = _without_parameters(rest).rpartition("@")
    address = _HOST.fullmatch(host)
    if not user or address is None:
        return f"{scheme}{pseudonym(rest, key)}"
    return _with_pseudonym(scheme, user, without_civil_numbers(address[1]), key)


def identities(written: str, key: bytes) -> str:
    """Do the same with every identity in a SIP header, and drop the names before them."""
    if written.lstrip(" ").startswith("["):
        try:
            listed = orjson.loads(written)
        except orjson.JSONDecodeError:
            listed = None
        if isinstance(listed, list):
            return orjson.dumps([_identity(str(each), key) for each in listed]).decode()
    return _identity(written, key)


def dialled(written: str) -> str:
    """Keep what was dialled, without a PIN typed behind it; unchanged when it holds none."""
    if _PLAIN_DIALLED.fullmatch(written):
        return without_civil_numbers(written)
    text = written.strip(' "')
    text = unquote(text) if "%" in text else text  # read so in `alias.py` too
    enclosed = _ENCLOSED.search(text)
    scheme, rest = _parted(enclosed[1] if enclosed else text)
    address = _without_parameters(rest)
    user, at, host = address.rpartition("@")
    if not at:
        user, host = host, ""
    parameters = re.split("[;?]", rest[len(address) :].partition("?")[0])[1:]
    kept = "".join(f";{each}" for each in parameters if _HARMLESS.match(each))
    masked = without_civil_numbers(f"{scheme}{_without_pin(user)}{at}{host}{kept}")
    return written if masked == text else masked.replace("%", "%25")


def without_user(written: str) -> str:
    """Keep scheme and domain of an alias and nothing else."""
    if is_absent(written):
        return written
    scheme, rest = _parted(written)
    user, _, host = _without_parameters(rest).rpartition("@")
    address = _HOST.fullmatch(host) if user else None
    return f"{scheme}{MASK}@{without_civil_numbers(address[1])}" if address else MASK


def without_civil_numbers(text: str) -> str:
    """Mask every ten digits that may be somebody's civil registration number."""
    if not text.isascii():
        wide = unicodedata.normalize("NFKC", text)
        return _CIVIL_NUMBER.sub(_CIVIL_MASK, wide) if _CIVIL_NUMBER.search(wide) else text
    if len(text) < _CIVIL_DIGITS:
        return text
    return _CIVIL_NUMBER.sub(_CIVIL_MASK, text)


def is_absent(text: str) -> bool:
    """Say whether a node means nothing by a value."""
    return text.strip(' "').lower() in _ABSENT


def _identity(written: str, key: bytes) -> str:
    enclosed = _ENCLOSED.findall(written)
    if not enclosed:
        return caller(written, key)
    return ", ".join(f"<{caller(each, key)}>" for each in enclosed)


def _with_pseudonym(scheme: str, user: str, host: str, key: bytes) -> str:
    if not _PSEUDONYM.fullmatch(user):
        user = pseudonym(f"{user}@{host}", key)
    return f"{scheme}{user}@{host}"


def _stream(url: re.Match[str], key: bytes) -> str:
    scheme, host, path = url.groups()
    if not _HOST.fullmatch(host):
        return pseudonym(url[0], key)
    return f"{scheme}{without_civil_numbers(host)}/{pseudonym(path, key)}"


def _without_pin(user: str) -> str:
    """Drop a PIN behind a number; what only looks like one keeps its length."""
    left, marker, right = user.partition("##")
    if marker and (_is_node(left) or _is_node(right)):  # `node##number`, `number##node`
        return f"{_without_pin(left)}{marker}{_without_pin(right)}"
    if with_pin := _NUMBER_AND_PIN.fullmatch(user):
        return f"{with_pin[1]}{with_pin[2]}"
    return _TYPED_BEHIND.sub(lambda match: match[1] + "x" * len(match[2]), user)


def _is_node(text: str) -> bool:
    return "." in text or ":" in text


def _parted(text: str) -> tuple[str, str]:
    scheme = _SCHEME.match(text)
    end = scheme.end() if scheme else 0
    return text[:end], text[end:]


def _without_parameters(rest: str) -> str:
    return re.split("[;?]", rest, maxsplit=1)[0]


def _folded(text: str) -> bytes:
    return unicodedata.normalize("NFC", text.strip().lower()).encode(errors="replace")
