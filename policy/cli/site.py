"""Where a command works, for whom, and whether in earnest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from policy.cli.database import in_transaction
from policy.cli.options import config_option, dry_run_option, settings_from, within_option

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from policy.directory.connection import Connection
    from policy.settings import Settings

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Site:
    """The database that the settings name, and what a command may do there."""

    settings: Settings
    within: str | None  # the code of the organisation for which somebody acts
    dry_run: bool = False

    def transaction(self, *, seals: bool = False) -> AbstractAsyncContextManager[Connection]:
        """Begin what is done as a whole, or in a dry run not at all.

        What `seals` PINs or passwords is refused with another key than the one of the servers.
        """
        return in_transaction(self.settings, within=self.within, dry_run=self.dry_run, seals=seals)

    def tell(self, done: str, would: str) -> None:
        """Say what has been done, or in a dry run what would be."""
        click.echo(would if self.dry_run else done)


def reading(command: Callable[Concatenate[Site, P], None]) -> Callable[..., None]:
    """Give a command its site, and the options that say which."""

    @config_option
    @within_option
    @wraps(command)
    def wrapped(config: Path | None, within: str | None, *args: P.args, **given: P.kwargs) -> None:
        command(Site(settings_from(config), within), *args, **given)

    return wrapped


def writing(command: Callable[Concatenate[Site, P], None]) -> Callable[..., None]:
    """Give a command its site, where it may change something unless it only tries."""

    @config_option
    @within_option
    @dry_run_option
    @wraps(command)
    def wrapped(
        config: Path | None,
        within: str | None,
        dry_run: bool,  # noqa: FBT001  click passes it
        *args: P.args,
        **given: P.kwargs,
    ) -> None:
        command(Site(settings_from(config), within, dry_run), *args, **given)

    return wrapped
