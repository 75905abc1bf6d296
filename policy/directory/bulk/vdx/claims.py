"""Who gets an address that several have in VDX: whoever asks first, so the better right asks first.

An active meeting goes before a permanent room, and that before a device.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from policy.directory.bulk.spelling import key_for
from policy.directory.bulk.vdx.notes import What
from policy.errors import RequestError

if TYPE_CHECKING:
    from policy.directory.bulk.spelling import Key
    from policy.directory.bulk.vdx.notes import Notes, Origin

_OWN_WORDS: Final = {"booking": "a meeting", "permanent": "a permanent room", "device": "a device"}


@dataclass(slots=True)
class Claims:
    """The register as it comes to be, and the domains that it may have addresses in."""

    domains: set[str]
    notes: Notes
    _owners: dict[Key, tuple[str, Origin]] = field(default_factory=dict)

    def claim(self, alias: str, kind: str, origin: Origin) -> Key | None:
        """Give an address to a row; None and a note if it cannot have it."""
        try:
            key = key_for(alias, kind)
        except (ValueError, RequestError) as exc:
            said = re.sub(r"^alias[^:]*: ", "", str(exc))
            self.notes.add(What.DROPPED, origin, alias, f"no address of the register: {said}")
            return None
        _local, domain = key
        if domain is not None and domain not in self.domains:
            self.notes.add(What.DROPPED, origin, alias, f"domain {domain} is nobody's here")
            return None
        owner = self._owners.setdefault(key, (kind, origin))
        if owner == (kind, origin):
            return key
        if owner[1] != origin:
            text = f"is that of {_OWN_WORDS[owner[0]]}, {_OWN_WORDS[kind]} goes without it"
            self.notes.add(What.COLLISION, origin, f"{alias} ({owner[1]})", text)
        return None

    def is_free(self, key: Key) -> bool:
        """Say whether nobody has an address."""
        return key not in self._owners


def written(key: Key) -> str:
    """Write an address."""
    return f"{key[0]}@{key[1]}" if key[1] else key[0]
