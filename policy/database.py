"""The database that a service stands on: found or started, of the right schema, with its keys."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from policy.directory.connection import FAULTS, connect, reason_of
from policy.directory.migrate import CONNECT_S, check_schema, migrate_if_needed
from policy.directory.platform import store_names
from policy.directory.queries.looking import COUNT_ADDRESSES, COUNT_CONNECTIONS, FIND_EXAMPLE
from policy.directory.resealing import check_key
from policy.directory.sealing import Seal, seal_of_embedded
from policy.directory.snapshot import read_snapshot
from policy.embedded.cluster import Cluster
from policy.errors import DirectoryError, StartError

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from policy.directory.document import DirectoryFile
    from policy.directory.snapshot import Snapshot
    from policy.documents import Parsed
    from policy.settings import Settings

log = logging.getLogger(__name__)

# Of one process at most, besides those for look-ups: two pools of two, one that reads the log of
# changes, one that listens, one that looks around.
OTHER_CONNECTIONS: Final = 7


class Found(NamedTuple):
    """How much a directory holds, and an alias that a newcomer can try."""

    addresses: int
    example: str | None


@dataclass(frozen=True, slots=True)
class Database:
    """A database that is up and of the right schema, or what was known when it last was."""

    dsn: str
    seal: Seal
    description: str
    note: str | None = None
    snapshot: Snapshot | None = None

    @classmethod
    async def open(cls, settings: Settings, parts: AsyncExitStack) -> Self:
        """Start the embedded one, or look at that of the site; `parts` ends what was started."""
        if settings.database.url is not None:
            return await cls.of_site(settings.database.url, settings)
        database = await cls._embedded(settings, parts)
        await migrate_if_needed(database.dsn, database.seal)
        await _check_key(database.dsn, database.seal)
        for unknown in await store_names(database.dsn, settings.platform, only_changed=True):
            log.warning("%s", unknown)
        return database

    @classmethod
    async def of_site(cls, url: str, settings: Settings) -> Self:
        """Look at a database that others run, or at the snapshot when that is away."""
        key_file = settings.secrets.key_file
        seal = Seal.load(key_file) if key_file is not None else Seal()
        try:
            await check_schema(url)
            await _check_key(url, seal)
        except DirectoryError:
            path = settings.cache.snapshot
            snapshot = read_snapshot(path, seal) if path is not None else None
            if snapshot is None:
                raise
            return cls(url, seal, "PostgreSQL, which is away", snapshot=snapshot)
        return cls(url, seal, "PostgreSQL")

    @classmethod
    def kept(cls, dsn: str, settings: Settings) -> Self:
        """Give the embedded one that another process of this service has opened."""
        seal = seal_of_embedded(settings.secrets.key_file, settings.database.embedded.path)
        return cls(dsn, seal, "embedded PostgreSQL")

    @classmethod
    async def _embedded(cls, settings: Settings, parts: AsyncExitStack) -> Self:
        embedded = settings.database.embedded
        cluster = Cluster(embedded.path, embedded.binaries)
        parts.push_async_callback(cluster.close)
        await cluster.open()
        cluster.keep_running()
        seal = seal_of_embedded(settings.secrets.key_file, embedded.path)
        description = f"embedded PostgreSQL {cluster.version} in {embedded.path}"
        return cls(cluster.dsn, seal, description, cluster.location_note)

    async def fill(self, seed: Parsed[DirectoryFile] | None) -> bool:
        """Write the example rows into an empty directory; says whether it did."""
        if seed is None or self.snapshot is not None:
            return False
        from policy.directory.loading import load_if_empty  # noqa: PLC0415  as in `seed_of`

        return await load_if_empty(self.dsn, seed, self.seal)

    async def check_room(self, settings: Settings) -> None:
        """Raise StartError unless every worker gets its connections, and one more its successor."""
        if self.snapshot is not None:
            return
        connection = await connect(self.dsn, timeout_s=CONNECT_S)
        try:
            room: int = await connection.fetchval(COUNT_CONNECTIONS)
        finally:
            await connection.close()
        server, database = settings.server, settings.database
        needed = (server.workers + 1) * (database.connections + OTHER_CONNECTIONS)
        if needed > room:
            raise StartError(
                f"server.workers {server.workers} with database.connections "
                f"{database.connections} may need {needed} connections, and the database takes "
                f"{room}: lower one of them, or raise max_connections of a database of your own"
            )

    async def look_around(self) -> Found:
        """Count what can be dialled, and find something a newcomer can try."""
        if self.snapshot is not None:
            return Found(len(self.snapshot.entries), None)
        connection = await connect(self.dsn, timeout_s=CONNECT_S)
        try:
            addresses: int = await connection.fetchval(COUNT_ADDRESSES)
            example: str | None = await connection.fetchval(FIND_EXAMPLE)
        finally:
            await connection.close()
        return Found(addresses, example)


def seed_of(settings: Settings) -> Parsed[DirectoryFile] | None:
    """Read the rows for an empty database, if there are any; raises DocumentError."""
    if settings.database.seed is None:
        return None
    # Most services have no example rows, and no use for what reads and checks them.
    from policy.directory.checking import check_directory  # noqa: PLC0415
    from policy.directory.document import DirectoryFile  # noqa: PLC0415
    from policy.documents import load  # noqa: PLC0415

    seed = load(settings.database.seed, DirectoryFile)
    check_directory(seed, settings.platform)
    return seed


async def _check_key(dsn: str, seal: Seal) -> None:
    """Raise StartError when no PIN of the database can be opened here; warn of some."""
    connection = await connect(dsn, timeout_s=CONNECT_S)
    try:
        unopened = await check_key(connection, seal)
    except FAULTS as exc:
        raise DirectoryError(f"database: {reason_of(exc)}") from exc
    finally:
        await connection.close()
    if unopened:
        log.warning(
            "%d of the sampled PINs are opened by no key: 'vdx-policy directory check' names them",
            unopened,
        )
