"""Questions over real sockets, and directories that are late, away or broken."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from prometheus_client import REGISTRY
from yarl import URL

from policy.directory.document import DirectoryFile
from policy.directory.records import Entry
from tests.fakes import rawhttp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.directory.records import AddressKey
    from tests.fakes.verdict import Answer

SERVICE: Final = "/policy/v1/service/configuration"
PARTICIPANT: Final = "/policy/v1/participant/properties"
REGISTRATION: Final = "/policy/v1/registrations"
# A call that says everything a person would not want to read in a log.
ALIAS: Final = "karin.holm@example.org"
NAME: Final = "Karin Holm"
PIN: Final = "940713"
CALL: Final[Mapping[str, str]] = {
    "call_direction": "dial_in",
    "protocol": "sip",
    "local_alias": ALIAS,
    "remote_alias": "sip:bo.lind@example.org",
    "remote_display_name": NAME,
}

ROOM: Final = DirectoryFile.model_validate(
    {
        "organisations": [{"code": "region-north", "name": "Region North"}],
        "domains": [{"domain": "example.org", "organisation": "region-north"}],
        "rooms": [
            {
                "organisation": "region-north",
                "aliases": [ALIAS],
                "service_name": "r-1",
                "pin": PIN,
            }
        ],
    }
)


async def get(url: str, target: str | bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask for a target exactly as written."""
    raw = target.encode() if isinstance(target, str) else target
    async with asyncio.timeout(5):
        return await rawhttp.fetch(URL(url), raw, headers or {})


async def send(url: str, request: bytes) -> bytes:
    """Send bytes that may be no HTTP at all, and give everything that comes back."""
    where = URL(url)
    reader, writer = await asyncio.open_connection(where.host, where.port)
    try:
        writer.write(request)
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()


def counted(metric: str, **labels: str) -> float:
    """Give a metric's value in this process, 0 while nothing has been counted."""
    return REGISTRY.get_sample_value(metric, labels) or 0.0


class BlockedDirectory:
    """Says that it was asked, and answers once it is let go: everything is ours and unowned."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.let_go = asyncio.Event()

    async def find(self, _key: AddressKey) -> Entry:
        """Wait to be let go."""
        self.asked.set()
        await self.let_go.wait()
        return Entry(own_domain=True, target=None)


class BrokenDirectory:
    """Has a fault, whose text repeats what was asked."""

    async def find(self, key: AddressKey) -> Entry:
        """Fail as a programmer did not expect."""
        raise KeyError(key, NAME, PIN)
