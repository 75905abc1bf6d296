"""Why a database did not answer, in one line that repeats no secret."""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.directory.connection import PRIMARY, connect, reason_of
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from tests.database import Database
    from tests.directory.proxy import Proxy


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TimeoutError(), "no answer in time"),
        (socket.gaierror(-2, "Name or service not known"), "its host has no address"),
        (
            OSError(errno.ECONNREFUSED, "Connect call failed ('192.0.2.7', 5432)"),
            "connection refused",
        ),
        (OSError("Multiple exceptions: 192.0.2.7"), "cannot be reached"),
        (
            asyncpg.InvalidPasswordError('password authentication failed for user "x"\nmore'),
            'InvalidPasswordError: password authentication failed for user "x"',
        ),
        (asyncpg.InterfaceError("password=an-odd-word"), "InterfaceError, see database.url"),
    ],
)
def test_a_reason_is_one_line_without_secrets(error: Exception, said: str) -> None:
    """What PostgreSQL or the system says, without addresses and passwords."""
    assert reason_of(error) == said


async def test_a_connection_works(database: Database) -> None:
    """It is the caller's to use and to close."""
    connection = await connect(database.dsn, timeout_s=5)

    answer = await connection.fetchval("SELECT 7")
    await connection.close()

    assert answer == 7


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:an-odd-word@[::1/x",
        "postgresql://u:an-odd-word@127.0.0.1:many/x",
        "postgresql://u:an-odd-word@127.0.0.1:99999/x",
        "postgresql://u:an-odd-word@127.0.0.1:1/x",
        "postgresql://u:an-odd-word@nowhere.invalid/x",
        "postgresql://u:an-odd-word@127.0.0.1/x?sslmode=odd",
        "postgresql://u:an-odd-word@127.0.0.1/x?sslrootcert=/nowhere&sslmode=verify-full",
        "postgresql://u:an-odd-word@127.0.0.1/x?target_session_attrs=odd",
        "postgresql://",
    ],
)
async def test_an_odd_address_is_one_line(dsn: str) -> None:
    """Whatever is wrong with `database.url`, the message is one line without the password."""
    with pytest.raises(DirectoryError) as caught:
        await connect(dsn, timeout_s=5)

    said = str(caught.value)
    assert said.startswith("database: ")
    assert len(said.splitlines()) == 1
    assert "an-odd-word" not in said


async def test_of_several_hosts_one_that_is_asked_for_is_taken(database: Database) -> None:
    """Whoever writes needs the primary, wherever it stands in the address."""
    several = database.dsn.replace("host=", "host=/nowhere,")

    connection = await connect(several, timeout_s=5, to=PRIMARY)
    answer = await connection.fetchval("SELECT 7")
    await connection.close()

    assert answer == 7


async def test_hosts_of_which_none_is_what_is_asked_for_are_one_line(database: Database) -> None:
    """There is a database, and it is not a standby."""
    with pytest.raises(DirectoryError, match=r"^database: none of its hosts is a server of "):
        await connect(f"{database.dsn}&target_session_attrs=standby", timeout_s=5)


async def test_a_database_that_is_not_there_is_one_line(database: Database) -> None:
    """PostgreSQL's own words say which database is missing."""
    dsn = database.dsn.replace("/policy?", "/missing?")

    with pytest.raises(DirectoryError) as caught:
        await connect(dsn, timeout_s=5)

    assert str(caught.value) == (
        'database: InvalidCatalogNameError: database "missing" does not exist'
    )


async def test_a_database_that_stays_silent_is_given_up(proxy: Proxy) -> None:
    """A port that takes the connection and says nothing costs the time limit."""
    proxy.flows.clear()

    with pytest.raises(DirectoryError, match=r"^database: no answer in time$"):
        await connect(proxy.dsn, timeout_s=0.1)


@pytest.mark.parametrize(
    "words",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"R\0\0\0\x08\0\0\0\x63", b"E\0\0\0\x05\0"],
)
async def test_another_program_at_the_port_is_one_line(words: bytes) -> None:
    """What speaks another language than PostgreSQL's is no database."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(words)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(DirectoryError, match=r"^database: "):
            await connect(f"postgresql://u:w@127.0.0.1:{port}/x?sslmode=disable", timeout_s=1)
    finally:
        server.close()
