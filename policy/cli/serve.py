"""`vdx-policy serve`: run the service until it is told to stop."""

from __future__ import annotations

import logging
import resource
import shlex
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import click

from policy.cli.options import config_option, settings_from
from policy.directory.queries.looking import MOST_COUNTED
from policy.plans import rules_of
from policy.rules.building import not_collecting
from policy.rules.starting import Loading
from policy.setting_values import MOST_WORKERS

if TYPE_CHECKING:
    from pathlib import Path

    from policy.server import Ready
    from policy.settings import Settings


OPEN_FILES: Final = 65_536


@click.command()
@config_option
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    metavar="N",
    help="Processes that answer, instead of server.workers of the settings.",
)
def serve(config: Path | None, workers: int | None) -> None:
    """Answer policy requests until Ctrl-C or SIGTERM.

    SIGHUP looks at the rules again. With more than one worker SIGUSR2 restarts
    them one by one, with the certificate as it is on disk.
    """
    settings = _with_workers(settings_from(config), workers)
    several = settings.server.workers > 1
    who = " %(process)d" if several else ""
    logging.basicConfig(
        level=settings.log.level.upper(),
        format=f"%(asctime)s{who} %(levelname)s %(name)s: %(message)s",
    )
    for talkative in ("alembic", "watchfiles"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    _allow_open_files()
    loading = Loading.begin(rules_of(settings))
    # What answers calls is loaded meanwhile, if possible on another core; none of it is garbage.
    with not_collecting():
        if several:
            from policy.workers.service import serve_with_workers as serve_on  # noqa: PLC0415
        else:
            from policy.cli.serving import serve_alone as serve_on  # noqa: PLC0415
    serve_on(settings, loading, lambda ready: click.echo(describe(ready, settings)))
    click.echo("vdx-policy: stopped")


def _with_workers(settings: Settings, workers: int | None) -> Settings:
    if workers is None:
        return settings
    server = settings.server.model_copy(update={"workers": workers})
    return settings.model_copy(update={"server": server})


def _allow_open_files() -> None:
    # Each connection is a file; the usual soft limit of 1,024 is soon used up by idle ones.
    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(most, OPEN_FILES)
    if resource.RLIM_INFINITY != usual < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def describe(ready: Ready, settings: Settings) -> str:
    """Tell the operator that the service is ready, where, with what, and what to try."""
    rules = f"{ready.rules} in force, version {ready.rules_version}, from {settings.rules.folder}"
    lines = [
        f"vdx-policy: ready on {ready.url}",
        f"  directory: {_counted(ready.addresses)} addresses, {ready.database}",
        f"  rules: {rules}",
    ]
    if settings.server.workers > 1:
        lines.append(f"  workers: {settings.server.workers}")
    if ready.operator_url is not None:
        lines.append(f"  operators: {ready.operator_url}")
    if ready.note is not None:
        lines.append(f"  note: {ready.note}")
    if ready.example is not None:
        lines += ["Try:", f"  {_example(ready, settings)}"]
    return "\n".join(lines)


def _counted(addresses: int) -> str:
    """Give a number that was counted up to a bound."""
    return f"more than {MOST_COUNTED}" if addresses > MOST_COUNTED else str(addresses)


def _example(ready: Ready, settings: Settings) -> str:
    query = urlencode(
        {"call_direction": "dial_in", "protocol": "sip", "local_alias": ready.example}
    )
    command = ["curl", f"{ready.url}/policy/v1/service/configuration?{query}"]
    if ready.url.startswith("https:"):  # the certificate is for the name that nodes know
        command[1:1] = ["-k"]
    if settings.access.credentials:
        command[1:1] = ["-u", settings.access.credentials[0].username]
    return shlex.join(command)
