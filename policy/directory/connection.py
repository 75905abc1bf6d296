"""Opens connections to PostgreSQL, and says in one line why one failed."""

from __future__ import annotations

import os
import socket
from typing import Final, TypeAlias

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from policy.errors import DirectoryError

# In quotes, since the class knows its record type only to type checkers.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# For whoever writes: of several hosts only this one takes it.
PRIMARY: Final = SessionAttribute.primary

# What a DBA sees in pg_stat_activity.
NAMED: Final = {"application_name": "vdx-policy"}

# Whatever asyncpg raises when a database is away, late or refuses.
FAULTS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # A server that died with a last word while nobody asked it; also when no host is what was
    # asked for.
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


async def connect(dsn: str, *, timeout_s: float, to: SessionAttribute | None = None) -> Connection:
    """Open a connection to the first host that answers and is what is asked for.

    By default the address says what is asked for. The connection is its user's to close. Raises
    DirectoryError.
    """
    try:
        return await asyncpg.connect(
            dsn, timeout=timeout_s, target_session_attrs=to, server_settings=NAMED
        )
    except asyncpg.exceptions.TargetServerAttributeNotMatched as exc:
        wanted = to.value if to is not None else "server of the kind that it names"
        raise DirectoryError(f"database: none of its hosts is a {wanted}") from exc
    except FAULTS as exc:
        raise DirectoryError(f"database: {reason_of(exc)}") from exc
    except (ValueError, OverflowError):  # the address is no address; its text would show a password
        raise DirectoryError("database: database.url cannot be understood") from None


def reason_of(exc: BaseException) -> str:
    """Say in one line why a database did not answer, without its address or credentials."""
    if isinstance(exc, TimeoutError):
        return "no answer in time"
    if isinstance(exc, asyncpg.PostgresError):
        return f"{type(exc).__name__}: {str(exc).partition(chr(10))[0]}"
    if isinstance(exc, socket.gaierror):
        return "its host has no address"
    if isinstance(exc, OSError):
        # Without the address that some systems put behind the reason.
        return os.strerror(exc.errno).lower() if exc.errno else "cannot be reached"
    # Such a text may repeat parts of the address, a password among them.
    return f"{type(exc).__name__}, see database.url"
