"""`vdx-policy health`: ask a running server, for container health checks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import click

from policy.cli.options import config_option, settings_from
from policy.errors import StartError

if TYPE_CHECKING:
    from pathlib import Path

_ALL_ADDRESSES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what to ask instead


@click.command()
@config_option
@click.option("--ready", is_flag=True, help="Ask for readiness, directory included.")
def health(config: Path | None, *, ready: bool) -> None:
    """Ask the server that these settings describe; exit code 0 when it is well, else 1."""
    server = settings_from(config).server
    host = _ALL_ADDRESSES.get(server.host, server.host)
    at = f"[{host}]" if ":" in host else host
    # The certificate is for the name that nodes know, not for this machine's own.
    scheme = "http" if server.certificate is None else "https"
    url = f"{scheme}://{at}:{server.port}/health/{'ready' if ready else 'live'}"
    status, body = asyncio.run(_ask(url))
    click.echo(body)
    if status != 200:  # noqa: PLR2004  HTTP's own number
        raise StartError(f"{url}: answered {status}")


async def _ask(url: str) -> tuple[int, str]:
    timeout = aiohttp.ClientTimeout(total=4)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(url, ssl=False) as response,
        ):
            return response.status, await response.text()
    except (aiohttp.ClientError, TimeoutError) as exc:
        raise StartError(f"{url}: {type(exc).__name__}, no answer") from exc
