"""The role of tenants, made by whoever migrates, or asked for in two statements."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from policy.directory.migrate import SCHEMA
from policy.directory.writing.scope import act_as
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    Connection = asyncpg.Connection[asyncpg.Record]

FILES: Final = sorted(
    SCHEMA.glob("[0-9]*.sql"), key=lambda path: (path.name[:4], "tenants" in path.name)
)


@asynccontextmanager
async def owner_of(dsn: str, rights: str) -> AsyncIterator[Connection]:
    """Be a user who owns a database and has only these rights in its cluster."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"CREATE ROLE migrator LOGIN {rights}")
    await connection.execute("ALTER DATABASE bare OWNER TO migrator")
    await connection.execute("SET SESSION AUTHORIZATION migrator")
    try:
        yield connection
    finally:
        await connection.execute("RESET SESSION AUTHORIZATION")
        await connection.execute("ALTER DATABASE bare OWNER TO policy")
        await connection.execute("DROP OWNED BY migrator CASCADE; DROP ROLE migrator")
        await connection.close()


async def apply(connection: Connection) -> None:
    """Run all migrations."""
    async with connection.transaction():
        for path in FILES:
            await connection.execute(path.read_text(encoding="utf-8"))


async def test_who_may_not_make_roles_is_told_what_a_superuser_must_run(
    schema: str, bare: str
) -> None:
    """The two statements stand in the message; once they were run it goes on."""
    assert schema
    async with owner_of(bare, "NOCREATEROLE") as connection:
        with pytest.raises(asyncpg.RaiseError) as caught:
            await apply(connection)

        asked = str(caught.value).partition("runs: ")[2]
        assert asked.startswith(
            "CREATE ROLE vdx_policy_tenant NOLOGIN; GRANT vdx_policy_tenant TO migrator"
        )

        # The role is there already: every database of a cluster has the same.
        await connection.execute("RESET SESSION AUTHORIZATION")
        await connection.execute(asked.partition("; ")[2])
        await connection.execute("SET SESSION AUTHORIZATION migrator")
        await apply(connection)
        await connection.execute(
            "INSERT INTO organisation (code, name) VALUES ('a', 'A'), ('b', 'B')"
        )
        async with connection.transaction():
            await act_as(connection, "kirsten", within="a")
            assert (
                await connection.fetchval("SELECT string_agg(code, ' ') FROM organisation") == "a"
            )
        assert await connection.fetchval("SELECT count(*) FROM organisation") == 2


async def test_who_may_make_roles_needs_nobody(schema: str, bare: str) -> None:
    """Where there is no such role yet, the right to make roles is enough."""
    superuser = await asyncpg.connect(schema)
    await superuser.execute("ALTER ROLE vdx_policy_tenant RENAME TO another_tenant")
    try:
        async with owner_of(bare, "CREATEROLE") as connection:
            await apply(connection)
            await connection.execute("INSERT INTO organisation (code, name) VALUES ('a', 'A')")
            async with connection.transaction():
                await act_as(connection, "kirsten", within="a")
                assert await connection.fetchval("SELECT current_user") == "vdx_policy_tenant"
            await connection.execute("RESET SESSION AUTHORIZATION")
            await connection.execute(
                "DROP OWNED BY vdx_policy_tenant CASCADE; DROP ROLE vdx_policy_tenant"
            )
    finally:
        await superuser.execute("ALTER ROLE another_tenant RENAME TO vdx_policy_tenant")
        await superuser.close()


async def test_a_user_who_may_not_be_limited_is_told(schema: str, bare: str) -> None:
    """Who serves and does not migrate needs the role too, and may look at everything without."""
    assert schema
    owner = await asyncpg.connect(bare)
    await apply(owner)
    await owner.execute("INSERT INTO organisation (code, name) VALUES ('a', 'A')")
    async with owner_of(bare, "") as connection:
        await owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO migrator")
        assert await connection.fetchval("SELECT count(*) FROM organisation") == 1
        transaction = connection.transaction()
        await transaction.start()
        with pytest.raises(DirectoryError, match="grant it the role vdx_policy_tenant"):
            await act_as(connection, "kirsten", within="a")
        await transaction.rollback()
    await owner.close()
