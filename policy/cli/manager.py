"""Asks a management node of the platform, and tells it what to do."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar
from urllib.parse import urlsplit

import aiohttp
import click
from pydantic import BaseModel, ValidationError

from policy.errors import StartError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

TIMEOUT_S: Final = 30
PAGE: Final = 500

_Object = TypeVar("_Object", bound=BaseModel)


class _Meta(BaseModel):
    next: str | None = None


class _Page(BaseModel):
    """A page of a list; it holds much more."""

    meta: _Meta
    objects: list[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Manager:
    """Where a management node is, and who asks it."""

    url: str
    authorization: str
    trusted: ssl.SSLContext

    @classmethod
    def at(cls, url: str, user: str, password: str, ca_file: Path | None, *, hint: str) -> Self:
        """Look at what was given; raises BadParameter for an address that is not safe.

        `hint` is what the command calls the address.
        """
        if not url.startswith("https://") and not _is_own_machine(url):
            raise click.BadParameter(
                "must begin with https://, a password is sent", None, None, hint
            )
        trusted = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        return cls(url.rstrip("/"), aiohttp.encode_basic_auth(user, password), trusted)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[ManagerSession]:
        """Open connections for some requests."""
        async with aiohttp.ClientSession(
            headers={"Authorization": self.authorization},
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            connector=aiohttp.TCPConnector(ssl=self.trusted),
        ) as session:
            yield ManagerSession(self.url, session)


class ManagerSession:
    """Requests to a management node; raises StartError for one that is not answered well."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def list(self, path: str, kind: type[_Object]) -> list[_Object]:
        """Give all objects of a list, page by page."""
        found: list[_Object] = []
        next_path: str | None = f"{path}?limit={PAGE}"
        while next_path:
            page = _read(path, await self._ask("GET", next_path), _Page)
            found += [_read(path, each, kind) for each in page.objects]
            next_path = page.meta.next
        return found

    async def command(self, path: str, values: Mapping[str, str]) -> None:
        """Give an order."""
        await self._ask("POST", path, values)

    async def _ask(self, method: str, path: str, values: Mapping[str, str] | None = None) -> bytes:
        where = f"{self._url}{path.partition('?')[0]}"
        try:
            async with self._session.request(
                method, f"{self._url}{path}", json=values, allow_redirects=False
            ) as response:
                if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
                    raise StartError(f"{where}: answered {response.status}")
                return await response.read()
        except (aiohttp.ClientError, TimeoutError) as exc:
            raise StartError(f"{where}: {type(exc).__name__}, no answer") from exc


def manager_credentials(*, prompt: bool) -> Callable[..., Callable[..., None]]:
    """Give a command the options that say who asks, and whom it trusts."""

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        for option in (
            click.option(
                "--ca-file",
                type=click.Path(exists=True, dir_okay=False, path_type=Path),
                help="Certificates to trust besides the system's.",
            ),
            click.option(
                "--password",
                envvar="PEXIP_MANAGER_PASSWORD",
                prompt=prompt,
                hide_input=True,
                help="Prompted for, or in PEXIP_MANAGER_PASSWORD.",
            ),
            click.option(
                "--user", default="admin", show_default=True, help="User of the management node."
            ),
        ):
            command = option(command)
        return command

    return wrap


def _read(path: str, written: object, kind: type[_Object]) -> _Object:
    try:
        if isinstance(written, bytes):
            return kind.model_validate_json(written)
        return kind.model_validate(written)
    except ValidationError as exc:
        raise StartError(f"{path}: this is no list of a management node") from exc


def _is_own_machine(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
