"""The parts put together: started from the cheap to the dear, and stopped the other way."""

from __future__ import annotations

import asyncio
import shutil
import socket
from typing import TYPE_CHECKING, Final

import aiohttp
import asyncpg
import pytest
from argon2 import PasswordHasher
from cryptography.fernet import Fernet

from policy.directory.migrate import migrate_if_needed
from policy.directory.sealing import Seal
from policy.errors import DirectoryError, RulesError, StartError
from policy.server import PolicyServer
from policy.settings import Credential, Operator, Settings
from tests.database import SEAL
from tests.directory.conftest import bare
from tests.directory.proxy import proxy_to
from tests.e2e.program import EXAMPLE
from tests.fakes.node import FakeNode
from tests.fakes.verdict import Outcome
from tests.handlers.asking import SERVICE, get

if TYPE_CHECKING:
    from pathlib import Path

    from tests.database import Database

__all__ = ["bare"]  # a fixture that is used here too

LIMIT_S: Final = 10.0
ROOM: Final = "721834@rooms.example.org"
CONNECTIONS: Final = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def settings_of(dsn: str, tmp_path: Path, *, port: int = 0) -> Settings:
    """Serve the example from a database of the site."""
    key_file = tmp_path / "keys"
    key_file.write_text("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
    return Settings.model_validate(
        {
            "server": {"port": port},
            "database": {"url": dsn, "seed": EXAMPLE / "directory.yaml"},
            "rules": {"folder": EXAMPLE / "rules"},
            "secrets": {"key_file": key_file},
        }
    )


async def test_a_database_of_the_site_is_served(database: Database, tmp_path: Path) -> None:
    """With `database.url` nothing is started, an empty directory is filled, and it answers."""
    async with PolicyServer(settings_of(database.dsn, tmp_path)) as server:
        async with FakeNode(server.ready.url) as node:
            log = await node.sip_call(ROOM)
        ready = server.ready

    assert log.outcome is Outcome.SERVICE
    assert (ready.database, ready.example) == ("PostgreSQL", ROOM)
    assert (ready.addresses > 0, ready.rules > 0, ready.note) == (True, True, None)


async def test_a_stopped_server_lets_go_of_everything(database: Database, tmp_path: Path) -> None:
    """Its port is free and its connections are gone, so that the next one can start at once."""
    async with PolicyServer(settings_of(database.dsn, tmp_path)) as first:
        port = int(first.ready.url.rpartition(":")[2])

    async with PolicyServer(settings_of(database.dsn, tmp_path, port=port)) as second:
        answer = await get(second.ready.url, "/health/ready")

    assert answer.status == 200
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectorError):
            await http.get(second.ready.url)
    async with asyncio.timeout(LIMIT_S):  # backends end a moment after their clients
        while await database.sql.fetchval(CONNECTIONS):
            pass


def with_operators(settings: Settings, port: int = 0) -> Settings:
    """Give operators a port and a password."""
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("an-odd-word")
    credential = Credential(username="operator", password_hash=hashed)
    operator = Operator(port=port, credentials=(credential,))
    return settings.model_copy(update={"operator": operator})


async def test_operators_have_a_port_of_their_own(database: Database, tmp_path: Path) -> None:
    """With their own password, and without the paths of nodes; nodes' credentials are no use."""
    known = {"Authorization": aiohttp.encode_basic_auth("operator", "an-odd-word")}
    async with PolicyServer(with_operators(settings_of(database.dsn, tmp_path))) as server:
        url = server.ready.operator_url
        assert url is not None
        answers = {
            path: ((await get(url, path)).status, (await get(url, path, known)).status)
            for path in ("/health/live", "/health/rules", "/metrics", f"{SERVICE}?local_alias=x")
        }

    assert url != server.ready.url
    assert answers == {
        "/health/live": (200, 200),
        "/health/rules": (401, 200),
        "/metrics": (401, 200),
        f"{SERVICE}?local_alias=x": (401, 404),
    }


async def test_a_port_of_operators_that_is_taken_is_named(tmp_path: Path) -> None:
    """Told before the database is touched; the port of nodes is let go."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings = settings_of("postgresql://u@127.0.0.1:1/x", tmp_path)
        with pytest.raises(StartError, match=r"is in use: .* or set operator.port"):
            await PolicyServer(with_operators(settings, other.getsockname()[1])).__aenter__()


async def test_some_pins_that_no_key_opens_are_a_warning(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """All other rooms are served; whoever looks after them is told how to find these."""
    settings = settings_of(database.dsn, tmp_path)
    async with PolicyServer(settings):
        assert "opened by no key" not in caplog.text
    room_id = await database.sql.fetchval("SELECT id FROM room WHERE guest_pin IS NULL LIMIT 1")
    pin = Seal((Fernet.generate_key().decode(),)).seal_pin(room_id, "pin", "48213")
    await database.sql.execute("UPDATE room SET pin = $2 WHERE id = $1", room_id, pin)

    async with PolicyServer(settings) as server, FakeNode(server.ready.url) as node:
        log = await node.sip_call(ROOM)

    assert log.outcome is Outcome.SERVICE
    assert "1 of the sampled PINs are opened by no key" in caplog.text


async def test_a_reload_can_be_asked_for(database: Database, tmp_path: Path) -> None:
    """Without watching the folder the server looks when it is told to."""
    folder = tmp_path / "site" / "rules"
    shutil.copytree(EXAMPLE, folder.parent)
    settings = settings_of(database.dsn, tmp_path)
    rules = settings.rules.model_copy(update={"folder": folder, "watch": False})
    async with PolicyServer(settings.model_copy(update={"rules": rules})) as server:
        want = f'"in_force": {server.ready.rules + 1}'.encode()
        (folder / "99-more.yaml").write_text(
            "rules: [{name: more, when: {alias: {exact: x@example.org}}, then: continue}]"
        )
        server.reload()
        async with asyncio.timeout(LIMIT_S):
            while want not in (await get(server.ready.url, "/health/rules")).body:
                pass


async def test_a_failed_start_lets_go_of_everything(database: Database, tmp_path: Path) -> None:
    """When the database is not there the port is free again, for the next try."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    away = database.dsn.replace("/policy?", "/missing?")

    with pytest.raises(DirectoryError):
        await PolicyServer(settings_of(away, tmp_path, port=port)).__aenter__()
    async with PolicyServer(settings_of(database.dsn, tmp_path, port=port)) as server:
        answer = await get(server.ready.url, "/health/live")

    assert answer.status == 200


async def test_mistakes_show_before_the_database_is_touched(tmp_path: Path) -> None:
    """Rules and port are looked at first: they cost nothing."""
    nowhere = "postgresql://u@127.0.0.1:1/x"
    wrong = settings_of(nowhere, tmp_path)
    rules = wrong.rules.model_copy(update={"folder": tmp_path / "none"})

    with pytest.raises(RulesError):
        await PolicyServer(wrong.model_copy(update={"rules": rules})).__aenter__()
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = settings_of(nowhere, tmp_path, port=other.getsockname()[1])
        with pytest.raises(StartError, match="is in use"):
            await PolicyServer(taken).__aenter__()


async def test_a_server_outlives_its_database(database: Database, tmp_path: Path) -> None:
    """Answers go on while the database is away, and follow it when it is back."""
    async with (
        proxy_to(database.dsn) as proxy,
        PolicyServer(settings_of(proxy.dsn, tmp_path)) as server,
    ):
        before = (await get(server.ready.url, "/health/ready")).status
        await proxy.close()
        away = (await get(server.ready.url, "/health/ready")).status
        await proxy.open()
        async with asyncio.timeout(LIMIT_S):  # it tries again within half a second
            while (await get(server.ready.url, "/health/ready")).status != 200:
                pass

    assert (before, away) == (200, 503)


async def test_the_own_database_is_migrated(bare: str) -> None:
    """An embedded database is kept up to date without being told; a second look changes nothing."""
    await migrate_if_needed(bare, SEAL)
    await migrate_if_needed(bare, SEAL)

    connection = await asyncpg.connect(bare)
    rows = await connection.fetchval("SELECT count(*) FROM alembic_version")
    await connection.close()
    assert rows == 1


async def test_a_newer_database_is_refused(bare: str) -> None:
    """After a step back to an older program the database is left as it is."""
    await migrate_if_needed(bare, SEAL)
    connection = await asyncpg.connect(bare)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.close()

    with pytest.raises(StartError, match="is newer than"):
        await migrate_if_needed(bare, SEAL)
