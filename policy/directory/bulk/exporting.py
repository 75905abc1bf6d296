"""Writes the whole directory, or what belongs to an organisation and those below it, into files."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import orjson

from policy.directory.bulk.cells import Form, forms_of, render_cell, render_list
from policy.directory.bulk.kinds import KINDS, SECRETS
from policy.directory.queries.bulk import SETTINGS
from policy.directory.queries.bulk_export import ESTIMATE, EXPORT, IS_KNOWN, PICTURES
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    import asyncpg

    from policy.directory.connection import Connection
    from policy.directory.sealing import Seal

ROWS_AT_ONCE: Final = 2000
PICTURES_FOLDER: Final = "pictures"


@dataclass(frozen=True, slots=True)
class Export:
    """What to write and how; `organisation` is a code, none for everybody."""

    form: Literal["csv", "jsonl"] = "csv"
    organisation: str | None = None
    with_secrets: bool = False
    with_pictures: bool = True


async def export_folder(
    connection: Connection,
    folder: Path,
    wanted: Export,
    seal: Seal,
    written: Callable[[str, int], None],
) -> dict[str, int]:
    """Write every kind into its file; gives the number of rows of each.

    A file with secrets is for its owner alone. It reads in the transaction of the caller, which
    sees one moment. Raises RefusedError when the folder is not empty, so that nothing old is taken
    for new.
    """
    await _check_organisation(connection, wanted)
    _make_empty(folder)
    counts: dict[str, int] = {}
    for kind in KINDS:
        path = folder / f"{kind}.{wanted.form}"
        counts[kind] = 0
        with os.fdopen(_create(path, secret=wanted.with_secrets), "wb") as file:
            async for text, rows in export_kind(connection, kind, wanted, seal):
                file.write(text)
                counts[kind] += rows
                written(kind, rows)
        if not counts[kind]:
            path.unlink()
    if wanted.with_pictures:
        await _write_pictures(connection, folder / PICTURES_FOLDER, wanted)
    return {kind: count for kind, count in counts.items() if count}


async def estimate(connection: Connection) -> int:
    """Say about how many rows there are."""
    return int(await connection.fetchval(ESTIMATE))


def _make_empty(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as exc:
        raise RefusedError(f"{folder}: {(exc.strerror or 'cannot be made').lower()}") from exc
    if not is_empty:
        raise RefusedError(f"{folder}: is not empty: name a folder that is, or a new one")


def _create(path: Path, *, secret: bool) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o640)
    except OSError as exc:
        raise RefusedError(f"{path}: {(exc.strerror or 'cannot be made').lower()}") from exc


async def _check_organisation(connection: Connection, wanted: Export) -> None:
    code = wanted.organisation
    if code is not None and not await connection.fetchval(IS_KNOWN, code):
        raise RefusedError(f"organisation {code!r}: there is none")


async def _write_pictures(connection: Connection, folder: Path, wanted: Export) -> None:
    async for row in connection.cursor(PICTURES, wanted.organisation, prefetch=10):
        _write_picture(folder, row)


def _write_picture(folder: Path, row: asyncpg.Record) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{row['name']}.jpg").write_bytes(row["image"])


async def export_kind(
    connection: Connection, kind: str, wanted: Export, seal: Seal
) -> AsyncIterator[tuple[bytes, int]]:
    """Give the text of one file bit by bit, and how many rows there are in each bit."""
    await connection.execute(SETTINGS)
    names = _names(kind, wanted)
    writer = _Writer(kind, names, wanted, seal)
    yield writer.header(), 0
    rows: list[asyncpg.Record] = []
    async for row in connection.cursor(EXPORT[kind], wanted.organisation, prefetch=ROWS_AT_ONCE):
        rows.append(row)
        if len(rows) == ROWS_AT_ONCE:
            yield writer.text(rows), len(rows)
            rows.clear()
    yield writer.text(rows), len(rows)


def _names(kind: str, wanted: Export) -> list[str]:
    left_out = {"cancelled"}
    if not wanted.with_secrets:
        left_out |= set(SECRETS.get(kind, ()))
    if not wanted.with_pictures:
        left_out.add("picture")
    return [name for name in KINDS[kind].model_fields if name not in left_out]


class _Writer:
    """Writes rows of a kind as text."""

    def __init__(self, kind: str, names: list[str], wanted: Export, seal: Seal) -> None:
        self._kind = kind
        self._names = names
        self._forms = forms_of(KINDS[kind])
        self._wanted = wanted
        self._seal = seal

    def header(self) -> bytes:
        if self._wanted.form == "jsonl":
            return b""
        return ",".join(self._names).encode() + b"\n"

    def text(self, rows: Iterable[asyncpg.Record]) -> bytes:
        if self._wanted.form == "jsonl":
            return b"".join(map(self._line, rows))
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(map(self._cells, rows))
        return out.getvalue().encode()

    def _values(self, row: asyncpg.Record) -> Iterable[tuple[str, object]]:
        for name in self._names:
            value = self._value(row, name)
            yield name, value if value not in ([], {}) else None

    def _value(self, row: asyncpg.Record, name: str) -> object:
        if name == "picture":
            shown = row["_picture"]
            return shown and f"{PICTURES_FOLDER}/{shown}.jpg"
        value = row[name]
        if value is None:
            return None
        if name in SECRETS.get(self._kind, ()):
            value = self._opened(row, name, str(value))
        if self._forms[name] is Form.MAPPING:
            return orjson.loads(str(value))
        return value

    def _opened(self, row: asyncpg.Record, name: str, sealed: str) -> str:
        match name:
            case "pin" | "guest_pin":
                return self._seal.unseal_pin(row["_room_id"], name, sealed)
            case "history_api_key_sha256":
                return sealed
            case _:
                return self._seal.unseal(sealed)

    def _cells(self, row: asyncpg.Record) -> list[str]:
        return [
            render_list(value, self._forms[name]) if isinstance(value, list) else render_cell(value)
            for name, value in self._values(row)
        ]

    def _line(self, row: asyncpg.Record) -> bytes:
        said = {name: value for name, value in self._values(row) if value is not None}
        return (
            orjson.dumps(said, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z) + b"\n"
        )
