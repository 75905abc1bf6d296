"""Hides PINs and passwords from whoever is told why a call was decided so. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from policy.directory.records import Booking, Device, PermanentRoom
from policy.wire.masking import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policy.directory.records import Target

# A dial sequence and the second target of a stream may hold what lets somebody in elsewhere.
_SECRET_KEYS: Final = frozenset(
    {"pin", "guest_pin", "password", "third_party_passcode", "dtmf_sequence", "presentation_url"}
)
# The path of a stream is as good as a password.
_STREAM: Final = re.compile(r"(rtmps?://[^/\s]*/)\S+", re.IGNORECASE)
# A PIN has four digits or more; what is shorter stands in too many other words.
_MIN_CHARACTERS: Final = 4


class Hiding:
    """Knows the secrets of one call and takes them out of texts and documents."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found = {form for each in secrets for form in (each, each.removesuffix("#"))}
        long_ones = sorted((each for each in found if len(each) >= _MIN_CHARACTERS), key=len)
        any_of = "|".join(re.escape(each) for each in reversed(long_ones))
        self._pattern = re.compile(any_of) if any_of else None

    def text(self, text: str) -> str:
        """Give a text without secrets."""
        text = _STREAM.sub(rf"\1{MASK}", text)
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def document(self, value: object) -> object:
        """Give a document without secrets, nested or not."""
        if isinstance(value, Mapping):
            return {
                str(key): MASK if key in _SECRET_KEYS and each else self.document(each)
                for key, each in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.document(each) for each in value]
        return self.text(value) if isinstance(value, str) else value


def secrets_in(document: object) -> Iterator[str]:
    """Give every secret of a document."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            if key in _SECRET_KEYS and isinstance(value, str):
                yield value
            else:
                yield from secrets_in(value)
    elif isinstance(document, list | tuple):
        for each in document:
            yield from secrets_in(each)


def secrets_of(target: Target | None) -> Iterator[str]:
    """Give the secrets of a room or a device."""
    if isinstance(target, PermanentRoom | Booking):
        yield from secrets_in(target.service)
    elif isinstance(target, Device):
        yield target.password
