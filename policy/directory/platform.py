"""Keeps the names of the platform in the database, so that it refuses rows that name others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.directory.connection import FAULTS, PRIMARY, connect, reason_of
from policy.directory.migrate import CONNECT_S
from policy.directory.queries.platform import (
    FIND_UNKNOWN_NAMES,
    FORGET_PLATFORM_NAMES,
    KEEP_PLATFORM_NAMES,
)
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from policy.platform_names import PlatformNames


async def store_names(dsn: str, platform: PlatformNames) -> list[str]:
    """Replace the lists in the database; gives the rooms that name what is not on them.

    Such rooms stay as they are, since their callers would gain nothing. Raises DirectoryError.
    """
    connection = await connect(dsn, timeout_s=CONNECT_S, to=PRIMARY)
    try:
        async with connection.transaction():
            await connection.execute(FORGET_PLATFORM_NAMES)
            for kind in type(platform).model_fields:
                names = platform.known(kind)
                if names is not None:
                    await connection.execute(KEEP_PLATFORM_NAMES, kind, sorted(names))
            rows = await connection.fetch(FIND_UNKNOWN_NAMES)
    except FAULTS as exc:
        raise DirectoryError(f"database: {reason_of(exc)}") from exc
    finally:
        await connection.close()
    return [f"room {row['service_name']}: {row['fault']}" for row in rows]
