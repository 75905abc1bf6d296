"""Keeps PINs and device passwords unreadable at rest: nodes need clear text, the database does not.

A sealed PIN is `<length>[#].<mark>.<key>.<box>`. The length, with `#` when the PIN ends with one,
and the mark are what the database holds its PIN rules against: within one room equal PINs have
equal marks, over rooms and without the key a mark says nothing. `key` names the key that opens the
box. The room and the column are bound in, so that a PIN moved to another room does not open.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64encode, urlsafe_b64decode
from binascii import a2b_base64
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, Self

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from policy.errors import DirectoryError, StartError
from policy.wire.fields import PIN_TEXT

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

PinColumn = Literal["pin", "guest_pin"]
PIN_COLUMNS: Final[tuple[PinColumn, ...]] = ("pin", "guest_pin")

NO_KEY: Final = "secrets.key_file is not set"
_WRONG_KEY: Final = "no key of secrets.key_file opens it"
_NONCE_BYTES: Final = 12


class Seal:
    """Seals with the first key of a file, unseals with any: new keys go on top.

    Without a key it can neither seal nor unseal, which matters only to PINs and passwords.
    """

    def __init__(self, keys: tuple[str, ...] = ()) -> None:
        fernets = [Fernet(key) for key in keys]
        self._fernet = MultiFernet(fernets) if keys else None
        self._newest_fernet = fernets[0] if keys else None
        self._keys = tuple(urlsafe_b64decode(key) for key in keys)
        pin_keys = [_PinKey.derived(key) for key in self._keys]
        self._pin_keys = {key.name: key for key in reversed(pin_keys)}
        self._newest_pin_key = pin_keys[0] if pin_keys else None

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file, one key a line; raises StartError."""
        try:
            keys = tuple(path.read_text(encoding="ascii").split())
            if not keys:
                raise StartError(f"{path}: holds no key: 'vdx-policy new-key' makes a key file")
            return cls(keys)
        except OSError as exc:
            said = (exc.strerror or "cannot be read").lower()
            raise StartError(f"{path}: {said}: 'vdx-policy new-key' makes a key file") from exc
        except ValueError as exc:
            raise StartError(f"{path}: holds something that is not a key") from exc

    @property
    def has_key(self) -> bool:
        """Say whether there is anything to seal with."""
        return bool(self._keys)

    def derive(self, info: bytes) -> bytes:
        """Give 32 bytes for one purpose, made from the newest key; `info` names the purpose."""
        return self.derive_all(info)[0]

    def derive_all(self, info: bytes) -> tuple[bytes, ...]:
        """Give the same from every key, the newest first; raises DirectoryError without a key."""
        if not self._keys:
            raise DirectoryError(f"{info.decode()}: {NO_KEY}")
        return tuple(_derive(key, info) for key in self._keys)

    def seal(self, secret: str) -> str:
        """Give the form of a device password that may be stored."""
        return self._with_key().encrypt(secret.encode()).decode("ascii")

    def unseal(self, sealed: str) -> str:
        """Give the clear text; raises DirectoryError when no key fits."""
        try:
            return self._with_key().decrypt(sealed).decode()
        except InvalidToken as exc:
            raise DirectoryError(f"device password: {_WRONG_KEY}") from exc

    def seal_pin(self, room_id: UUID, which: PinColumn, pin: str) -> str:
        """Give the form of a PIN that its column takes.

        Both PINs of a room are sealed with one key: who changes one writes both.
        """
        if self._newest_pin_key is None:
            raise DirectoryError(f"room PIN: {NO_KEY}")
        if not PIN_TEXT.fullmatch(pin):  # the database will see no more than the length
            raise DirectoryError("room PIN: a PIN is 4 to 20 digits, of which the last may be '#'")
        return self._newest_pin_key.seal(room_id.bytes, which, pin)

    def unseal_pin(self, room_id: UUID, which: PinColumn, sealed: str) -> str:
        """Give the clear text; raises DirectoryError, which repeats nothing of it."""
        if self._newest_pin_key is None:
            raise DirectoryError(f"room PIN: {NO_KEY}")
        try:
            _, _, name, box = sealed.split(".")
            return self._pin_keys[name].open(room_id.bytes, which, box)
        except (ValueError, KeyError, InvalidTag):
            raise DirectoryError(f"room PIN: {_WRONG_KEY}") from None

    def opens_pin(self, sealed: str) -> bool:
        """Say whether there is a key of the name that a sealed PIN bears."""
        return sealed.split(".")[2] in self._pin_keys

    def is_newest_pin(self, sealed: str) -> bool:
        """Say whether a PIN is sealed with the newest key."""
        newest = self._newest_pin_key
        return newest is not None and sealed.split(".")[2] == newest.name

    def is_newest(self, sealed: str) -> bool:
        """Say whether a device password is sealed with the newest key."""
        if self._newest_fernet is None:
            return False
        try:
            self._newest_fernet.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def _with_key(self) -> MultiFernet:
        if self._fernet is None:
            raise DirectoryError(f"device password: {NO_KEY}")
        return self._fernet


def stand_in(which: PinColumn, sealed: str) -> str:
    """Give a PIN that keeps the rules a sealed one keeps, without a key; of use for no more."""
    written = sealed.partition(".")[0]
    length = int(written.removesuffix("#"))
    digit = "1" if which == "pin" else "2"
    return digit * (length - 1) + "#" if written.endswith("#") else digit * length


@dataclass(frozen=True, slots=True)
class _PinKey:
    """What one key of the file comes to for PINs."""

    name: str
    marker: bytes
    cipher: AESGCM

    @classmethod
    def derived(cls, key: bytes) -> Self:
        opener = _derive(key, b"room PIN")
        return cls(sha256(opener).hexdigest()[:8], _derive(key, b"room PIN mark"), AESGCM(opener))

    def seal(self, room: bytes, which: PinColumn, pin: str) -> str:
        text = pin.encode("ascii")
        mark = hmac.digest(self.marker, room + text, "sha256")[:8].hex()
        nonce = os.urandom(_NONCE_BYTES)
        box = nonce + self.cipher.encrypt(nonce, text, room + which.encode("ascii"))
        hash_sign = "#" if pin[-1] == "#" else ""
        return f"{len(pin)}{hash_sign}.{mark}.{self.name}.{b64encode(box).decode('ascii')}"

    def open(self, room: bytes, which: PinColumn, box: str) -> str:
        sealed = a2b_base64(box, strict_mode=True)
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return self.cipher.decrypt(nonce, text, room + which.encode("ascii")).decode("ascii")


def _derive(key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)


def create_key_file(path: Path) -> None:
    """Write a new key that only its owner may read; an existing file is never touched."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")


def seal_of_embedded(key_file: Path | None, folder: Path) -> Seal:
    """Read the keys of an embedded database; without a setting they stand beside it, made if new.

    Raises StartError.
    """
    path = key_file or folder / "secret.key"
    if key_file is None and not path.exists():
        create_key_file(path)
    return Seal.load(path)
