"""A file with what the cache knows, for a server that starts while the database is away.

First a line that says what it is, then a header in JSON, then chunks of entries: compressed, and
sealed with AES-GCM under a key made from the site's own. Each chunk vouches for the header and for
its place, and the header for the number of entries: what is cut short, patched together or from
another site is refused as a whole.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from policy.directory.collecting import uncollected
from policy.directory.freezing import freeze, thaw
from policy.directory.migrate import newest_revision
from policy.errors import DirectoryError, StartError
from policy.metrics import SNAPSHOT_WRITTEN_AT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policy.directory.cache import CachedDirectory
    from policy.directory.records import AddressKey, Entry
    from policy.directory.sealing import Seal

INFO: Final = b"vdx-policy snapshot"
MAGIC: Final = b"vdx-policy snapshot 1\n"
# Another thread does all the work; making JSON of so many lets nobody else run for some 2 ms.
ENTRIES_PER_CHUNK: Final = 1000

_LENGTH_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_FAST: Final = 1  # zlib's level: a tenth larger than the usual one, in a third of its time

Known = tuple["AddressKey", "Entry"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a server knew at `written_at`, by the database's clock."""

    written_at: datetime
    entries: Sequence[Known]


async def write_snapshot(
    path: Path, seal: Seal, cached: CachedDirectory, written_at: datetime
) -> int:
    """Replace the file by one with what is kept now, and give the number of entries.

    Raises DirectoryError, and then leaves the old file as it was.
    """
    known = [each async for part in cached.entries() for each in part]
    header = orjson.dumps(
        {"written_at": written_at, "entries": len(known), "schema": newest_revision()}
    )
    blocks = _sealed(known, header, AESGCM(seal.derive(INFO)))
    try:
        await asyncio.to_thread(_replace, path, blocks)
    except OSError as exc:
        said = (exc.strerror or "cannot be written").lower()
        raise DirectoryError(f"snapshot: {path}: {said}") from exc
    SNAPSHOT_WRITTEN_AT.set(written_at.timestamp())
    return len(known)


def read_snapshot(path: Path, seal: Seal) -> Snapshot | None:
    """Give what a file holds, None when there is none; raises StartError for any other."""
    if path.is_fifo():  # it would be waited for
        raise StartError(f"{path}: is a pipe: it should be a snapshot of vdx-policy")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        said = (exc.strerror or "cannot be read").lower()
        raise StartError(f"{path}: {said}: it should be a snapshot of vdx-policy") from exc
    try:
        with uncollected():
            return _parsed(content, seal)
    except DirectoryError as exc:  # there is no key at all
        raise StartError(f"{path}: {exc}") from exc
    except ValueError as exc:
        raise StartError(f"{path}: {exc}: delete it, another is written in time") from None


def _parsed(content: bytes, seal: Seal) -> Snapshot:
    """Read the whole of it; raises ValueError."""
    if not content.startswith(MAGIC):
        raise ValueError("not a snapshot of this version of vdx-policy")
    blocks = _blocks(memoryview(content)[len(MAGIC) :])
    header = bytes(next(blocks, b""))
    sealed = list(blocks)
    if not sealed:
        raise ValueError("a snapshot that was cut short")
    chunks = _Chunks(_opener_of(seal, header, sealed[0]), header)
    entries = [each for chunk in sealed for each in thaw(chunks.open(chunk))]
    # Every chunk has vouched for the header.
    said = orjson.loads(header)
    if said["schema"] != newest_revision():
        raise ValueError(f"a snapshot of schema {said['schema']}, not {newest_revision()}")
    if said["entries"] != len(entries):
        raise ValueError("a snapshot that was cut short")
    return Snapshot(datetime.fromisoformat(said["written_at"]), entries)


class _Chunks:
    """Seals and opens the chunks of one file, in their order."""

    def __init__(self, cipher: AESGCM, header: bytes) -> None:
        self._cipher = cipher
        self._header = header
        self._number = 0

    def seal(self, text: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, zlib.compress(text, _FAST), self._place())

    def open(self, sealed: memoryview) -> bytes:
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return zlib.decompress(self._cipher.decrypt(nonce, text, self._place()))
        except (InvalidTag, zlib.error):
            raise ValueError("a snapshot that is broken") from None

    def _place(self) -> bytes:
        self._number += 1
        return self._number.to_bytes(_LENGTH_BYTES) + self._header


def _opener_of(seal: Seal, header: bytes, first: memoryview) -> AESGCM:
    """Find the key that opens the first chunk: the newest may have come after the snapshot."""
    for key in seal.derive_all(INFO):
        cipher = AESGCM(key)
        try:
            _Chunks(cipher, header).open(first)
        except ValueError:
            continue
        return cipher
    raise ValueError("a snapshot that is broken, or that no key of secrets.key_file opens")


def _with_length(block: bytes) -> bytes:
    return len(block).to_bytes(_LENGTH_BYTES) + block


def _blocks(content: memoryview) -> Iterator[memoryview]:
    while content:
        end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES])
        if len(content) < end:
            raise ValueError("a snapshot that was cut short")
        yield content[_LENGTH_BYTES:end]
        content = content[end:]


def _sealed(known: Sequence[Known], header: bytes, cipher: AESGCM) -> Iterator[bytes]:
    """Give the file block by block; there is a chunk even of nothing, to vouch for the header."""
    chunks = _Chunks(cipher, header)
    yield MAGIC + _with_length(header)
    for start in range(0, max(len(known), 1), ENTRIES_PER_CHUNK):
        yield _with_length(chunks.seal(freeze(known[start : start + ENTRIES_PER_CHUNK])))


def _replace(path: Path, blocks: Iterator[bytes]) -> None:
    """Let the whole file appear at once, readable by its owner, though the machine stops midway."""
    with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", delete=False) as file:
        try:
            file.writelines(blocks)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink()
            raise
