"""Aliases as the register holds them: fast for what nearly all look like. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from policy.directory.document import key_of
from policy.errors import RequestError

Key = tuple[str, str | None]

# Spelled as in the register already: a number, or a name with a letter in it, which is no number.
_USUAL: Final = re.compile(
    r"((?!00[1-9])[0-9]{1,100}|(?=[0-9._-]*[a-z_])[a-z0-9._-]{1,100})(?:@([a-z0-9.-]{1,149}))?"
)
_LOCAL: Final = re.compile("[a-z0-9æøå._-]{1,100}")
_LOCAL_OF_MEETING: Final = re.compile("[a-z0-9._-]{1,100}")
_MAX_OF_MEETING: Final = 100


def usual_key(alias: object) -> Key | None:
    """Give the key of an alias that is spelled as usual, None for any other."""
    found = _USUAL.fullmatch(alias) if isinstance(alias, str) else None
    if found is None:
        return None
    if found[2] is None:
        return found[1], None
    domain = _domain(found[2])
    return None if domain is None else (found[1], domain)


@lru_cache(maxsize=10_000)
def _domain(written: str) -> str | None:
    try:
        return key_of(f"x@{written}").domain or None
    except RequestError:
        return None


def key_for(alias: str, kind: str) -> Key:
    """Give the key of an alias of a room, meeting or device; raises ValueError if it cannot be."""
    key = key_of(alias)
    local = _LOCAL_OF_MEETING if kind == "booking" else _LOCAL
    if not local.fullmatch(key.local):
        letters = "a-z" if kind == "booking" else "a-z, æ, ø, å"
        said = f"an address has 1 to 100 of {letters}, 0-9, '.', '_' and '-'"
        raise ValueError(f"alias {alias!r}: {said}")
    length = len(key.local) + len(key.domain) + bool(key.domain)
    if kind == "booking" and length > _MAX_OF_MEETING:
        raise ValueError(f"alias {alias!r}: an address of a meeting has at most 100 characters")
    return key.local, key.domain or None
