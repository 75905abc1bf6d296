"""The nodes of `database.url`: which there are, what each is, and which to read from."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from policy.directory.connection import FAULTS, connect
from policy.directory.queries.changes import LOOK_AT_NODE
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policy.directory.connection import Connection

# Whoever is that much quicker, and needs less than half the time, is nearer.
NEARER_S: Final = 0.001

# The quickest of so many questions tells how far a node is, however busy either side.
MEASURES: Final = 5


@dataclass(frozen=True, slots=True)
class Host:
    """One node; its name is fit for people to read, its address has credentials."""

    name: str
    dsn: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Node:
    """A node that answers: its part, how far its log goes, and how long a question takes."""

    host: Host
    in_recovery: bool
    position: int
    time_line: str
    is_receiving: bool
    round_trip_s: float


def split_hosts(url: str) -> Sequence[Host]:
    """Give the nodes of an address, in its order; raises DirectoryError.

    The forms are libpq's: `//user@h1:5432,h2:5432/name` and `///name?host=/s1,/s2&port=5432,5433`.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # its text would show a password
        raise DirectoryError("database: database.url cannot be understood") from None
    user, at, places = parts.netloc.rpartition("@")
    query = parse_qsl(parts.query, keep_blank_values=True)
    named = dict(query)
    if "host" not in named:
        written = f"?{parts.query}" if parts.query else ""
        hosts = [(place or "localhost", place, written) for place in places.split(",")]
    else:
        rest = [(key, value) for key, value in query if key not in {"host", "port"}]
        pairs = _pair(named["host"].split(","), named.get("port", "").split(","))
        hosts = [(_name(*pair), "", f"?{_query(rest, *pair)}") for pair in pairs]
    if len(hosts) == 1:
        return [Host(hosts[0][0], url)]
    # Not `urlunsplit`, which knows nothing of this scheme and would drop an empty place.
    return [
        Host(name, f"{parts.scheme}://{user}{at}{place}{parts.path}{written}")
        for name, place, written in hosts
    ]


def _pair(hosts: Sequence[str], ports: Sequence[str]) -> Sequence[tuple[str, str]]:
    if len(ports) == 1:
        ports = list(ports) * len(hosts)
    if len(ports) != len(hosts):
        raise DirectoryError(
            f"database: database.url names {len(hosts)} hosts and {len(ports)} ports: "
            "write one port for each, or one for all"
        )
    return list(zip(hosts, ports, strict=True))


def _query(rest: Sequence[tuple[str, str]], host: str, port: str) -> str:
    return urlencode([("host", host), *([("port", port)] if port else []), *rest], safe="/")


def _name(host: str, port: str) -> str:
    return f"{host}:{port}" if port else host


async def look(hosts: Sequence[Host], *, timeout_s: float) -> Sequence[Node]:
    """Ask all nodes at once what they are; those that do not answer in time are left out."""
    found = await asyncio.gather(*(_look_at(host, timeout_s) for host in hosts))
    return [node for node in found if node is not None]


async def _look_at(host: Host, timeout_s: float) -> Node | None:
    try:
        connection = await connect(host.dsn, timeout_s=timeout_s)
    except DirectoryError:
        return None
    try:
        row = await connection.fetchrow(LOOK_AT_NODE, timeout=timeout_s)
        took_s = min([await _measure(connection, timeout_s) for _ in range(MEASURES)])
    except FAULTS:
        return None
    finally:
        connection.terminate()
    if row is None or row["position"] is None:
        return None
    return Node(
        host,
        in_recovery=row["in_recovery"],
        position=row["position"],
        time_line=row["time_line"],
        is_receiving=row["is_receiving"],
        round_trip_s=took_s,
    )


async def _measure(connection: Connection, timeout_s: float) -> float:
    asked_s = time.monotonic()
    await connection.fetchrow(LOOK_AT_NODE, timeout=timeout_s)
    return time.monotonic() - asked_s


def primary_of(nodes: Iterable[Node]) -> Node | None:
    """Give the primary; of several the one that was promoted last: the others came back."""
    primaries = [node for node in nodes if not node.in_recovery]
    return max(primaries, key=lambda node: node.time_line, default=None)


def choose(nodes: Sequence[Node], *, used: Host | None, needed: int) -> Host | None:
    """Give the node to read from: the nearest of those that are not behind.

    The one in use stays unless another is clearly nearer, then the order of the address counts. A
    standby is not behind when it has replayed what is `needed`, or, while no primary can be
    reached, when it still receives. None when nobody answers.
    """
    primary = primary_of(nodes)
    sound = [node for node in nodes if node.in_recovery or node is primary]
    ordered = sorted(sound, key=lambda node: node.host != used)
    fresh = [node for node in ordered if _is_fresh(node, primary, needed)]
    if fresh:
        return _nearest(fresh).host
    # Nobody is known to miss nothing: who has most misses least.
    return max(ordered, key=lambda node: node.position).host if ordered else None


def _is_fresh(node: Node, primary: Node | None, needed: int) -> bool:
    if node is primary:
        return True
    return node.is_receiving if primary is None else node.position >= needed


def _nearest(nodes: Sequence[Node]) -> Node:
    best = nodes[0]
    for node in nodes[1:]:
        gain_s = best.round_trip_s - node.round_trip_s
        if gain_s > NEARER_S and node.round_trip_s < best.round_trip_s / 2:
            best = node
    return best
