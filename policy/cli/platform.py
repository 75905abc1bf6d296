"""`vdx-policy platform`: what exists on the platform, for the settings."""

from __future__ import annotations

import asyncio
import ssl
import sys
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiohttp
import click
import yaml
from pydantic import BaseModel, ValidationError

from policy.cli.options import config_option, settings_from
from policy.directory.platform import store_names
from policy.errors import StartError
from policy.platform_names import PlatformNames

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where the management node's configuration API keeps the objects of each kind.
RESOURCES: Final[Mapping[str, str]] = {
    "themes": "ivr_theme",
    "locations": "system_location",
    "identity_provider_groups": "identity_provider_group",
    "media_playlists": "media_library_playlist",
    "sip_proxies": "sip_proxy",
    "mssip_proxies": "mssip_proxy",
    "teams_proxies": "teams_proxy",
    "h323_gatekeepers": "h323_gatekeeper",
    "stun_servers": "stun_server",
    "turn_servers": "turn_server",
    "gms_access_tokens": "gms_access_token",
}
TIMEOUT_S: Final = 30
PAGE: Final = 500


class _Named(BaseModel):
    name: str


class _Meta(BaseModel):
    next: str | None = None


class _Page(BaseModel):
    """A page of a list of the configuration API; it holds much more."""

    meta: _Meta
    objects: list[_Named]


@click.group()
def platform() -> None:
    """Names of the objects that exist on the Pexip platform."""


@platform.command()
@click.argument("manager")
@click.option("--user", default="admin", show_default=True, help="User of the management node.")
@click.option(
    "--password",
    envvar="PEXIP_MANAGER_PASSWORD",
    prompt=True,
    hide_input=True,
    help="Prompted for, or in PEXIP_MANAGER_PASSWORD.",
)
@click.option(
    "--ca-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificates to trust besides the system's.",
)
def fetch(manager: str, user: str, password: str, ca_file: Path | None) -> None:
    """Ask the management node at MANAGER (https://...) and print `platform:` for the settings.

    Only names are read, nothing is changed.
    """
    if not manager.startswith("https://") and not _is_own_machine(manager):
        text = "must begin with https://, a password is sent"
        raise click.BadParameter(text, param_hint="MANAGER")
    trusted = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    authorization = aiohttp.encode_basic_auth(user, password)
    names = asyncio.run(_fetch(manager.rstrip("/"), authorization, trusted))
    PlatformNames.model_validate(names)  # what is printed is what the settings take
    click.echo(yaml.safe_dump({"platform": names}, allow_unicode=True, sort_keys=False), nl=False)


def _is_own_machine(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}


@platform.command()
@config_option
def store(config: Path | None) -> None:
    """Write the lists of `platform:` in the settings into the database at `database.url`.

    From then on it refuses rooms and templates that name anything else. Rooms that do so already
    are listed, and the exit code is 1. An embedded database is told by `serve`.
    """
    settings = settings_from(config)
    if settings.database.url is None:
        raise StartError("database.url is not set: an embedded database is told by 'serve'")
    unknown = asyncio.run(store_names(settings.database.url, settings.platform))
    if unknown:
        raise StartError("names stored, but\n" + "\n".join(unknown))
    click.echo("names stored, every room names what exists")


async def _fetch(manager: str, authorization: str, trusted: ssl.SSLContext) -> dict[str, list[str]]:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    connector = aiohttp.TCPConnector(ssl=trusted)
    names: dict[str, list[str]] = {}
    async with aiohttp.ClientSession(
        headers={"Authorization": authorization}, timeout=timeout, connector=connector
    ) as session:
        # Standard output is for the settings.
        with click.progressbar(RESOURCES.items(), label="asking", file=sys.stderr) as kinds:
            for kind, resource in kinds:
                path = f"/api/admin/configuration/v1/{resource}/?limit={PAGE}"
                names[kind] = sorted(await _names(session, manager, path))
    return names


async def _names(session: aiohttp.ClientSession, manager: str, path: str | None) -> list[str]:
    found: list[str] = []
    while path:
        page = await _page(session, f"{manager}{path}")
        found += [each.name for each in page.objects]
        path = page.meta.next
    return found


async def _page(session: aiohttp.ClientSession, url: str) -> _Page:
    where = url.partition("?")[0]
    try:
        async with session.get(url, allow_redirects=False) as response:
            if response.status != HTTPStatus.OK:
                raise StartError(f"{where}: answered {response.status}")
            return _Page.model_validate_json(await response.read())
    except (aiohttp.ClientError, TimeoutError) as exc:
        raise StartError(f"{where}: {type(exc).__name__}, no answer") from exc
    except ValidationError as exc:
        raise StartError(f"{where}: this is no list of a management node") from exc
