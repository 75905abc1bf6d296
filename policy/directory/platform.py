"""Keeps the names of the platform in the database, so that it refuses rows that name others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.directory.connection import FAULTS, PRIMARY, connect, reason_of
from policy.directory.migrate import CONNECT_S
from policy.directory.queries.platform import (
    FIND_UNKNOWN_NAMES,
    FORGET_PLATFORM_NAMES,
    KEEP_PLATFORM_NAMES,
    READ_PLATFORM_NAMES,
)
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from policy.platform_names import PlatformNames


async def store_names(
    dsn: str, platform: PlatformNames, *, only_changed: bool = False
) -> list[str]:
    """Replace the lists in the database; gives the rooms that name what is not on them.

    Such rooms stay as they are, since their callers would gain nothing. To look at a million rooms
    takes half a minute: with `only_changed` they are not looked at when the lists are as they were.
    Raises DirectoryError.
    """
    connection = await connect(dsn, timeout_s=CONNECT_S, to=PRIMARY)
    wanted = _lists(platform)
    try:
        async with connection.transaction():
            read = await connection.fetch(READ_PLATFORM_NAMES)
            known = {row["kind"]: row["names"] for row in read}
            if only_changed and known == wanted:
                return []
            await connection.execute(FORGET_PLATFORM_NAMES)
            for kind, names in wanted.items():
                await connection.execute(KEEP_PLATFORM_NAMES, kind, names)
            rows = await connection.fetch(FIND_UNKNOWN_NAMES)
    except FAULTS as exc:
        raise DirectoryError(f"database: {reason_of(exc)}") from exc
    finally:
        await connection.close()
    return [f"room {row['service_name']}: {row['fault']}" for row in rows]


def _lists(platform: PlatformNames) -> dict[str, list[str]]:
    known = {kind: platform.known(kind) for kind in type(platform).model_fields}
    return {kind: sorted(names) for kind, names in known.items() if names is not None}
