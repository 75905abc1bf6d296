"""Keeps device passwords unreadable at rest: the node needs clear text, the database does not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from policy.errors import DirectoryError, StartError

if TYPE_CHECKING:
    from pathlib import Path


class Seal:
    """Seals with the first key of a file, unseals with any: new keys go on top.

    Without a key it can neither seal nor unseal, which matters only to devices with a password.
    """

    def __init__(self, keys: tuple[str, ...] = ()) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None

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

    def seal(self, secret: str) -> str:
        """Give the form that may be stored."""
        return self._with_key().encrypt(secret.encode()).decode("ascii")

    def unseal(self, sealed: str) -> str:
        """Give the clear text; raises DirectoryError when no key fits."""
        try:
            return self._with_key().decrypt(sealed).decode()
        except InvalidToken as exc:
            raise DirectoryError("device password: no key of secrets.key_file opens it") from exc

    def _with_key(self) -> MultiFernet:
        if self._fernet is None:
            raise DirectoryError("device password: secrets.key_file is not set")
        return self._fernet


def create_key_file(path: Path) -> None:
    """Write a new key that only its owner may read; an existing file is never touched."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
