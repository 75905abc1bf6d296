"""`vdx-policy platform`: what exists on the platform, for the settings."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

import click
import yaml
from pydantic import BaseModel

from policy.cli.manager import Manager, manager_credentials
from policy.cli.options import config_option, settings_from
from policy.directory.platform import store_names
from policy.errors import StartError
from policy.platform_names import PlatformNames

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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


class _Named(BaseModel):
    """An object of any kind; it has much more."""

    name: str


@click.group()
def platform() -> None:
    """Names of the objects that exist on the Pexip platform."""


@platform.command()
@click.argument("manager")
@manager_credentials(prompt=True)
def fetch(manager: str, user: str, password: str, ca_file: Path | None) -> None:
    """Ask the management node at MANAGER (https://...) and print `platform:` for the settings.

    Only names are read, nothing is changed.
    """
    asked = Manager.at(manager, user, password, ca_file, hint="MANAGER")
    names = asyncio.run(_fetch(asked))
    PlatformNames.model_validate(names)  # what is printed is what the settings take
    click.echo(yaml.safe_dump({"platform": names}, allow_unicode=True, sort_keys=False), nl=False)


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


async def _fetch(manager: Manager) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    async with manager.session() as session:
        # Standard output is for the settings.
        with click.progressbar(RESOURCES.items(), label="asking", file=sys.stderr) as kinds:
            for kind, resource in kinds:
                found = await session.list(f"/api/admin/configuration/v1/{resource}/", _Named)
                names[kind] = sorted(each.name for each in found)
    return names
