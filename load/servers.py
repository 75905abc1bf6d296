"""Starts the servers that are measured, and stops them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT: Final = Path(__file__).parents[1]
EXAMPLE: Final = ROOT / "examples" / "vdx"
# Below the range from which the kernel takes ports for clients.
PORTS: Final = {"aiohttp": 18080, "vdx-policy": 18081}
# What a node of version 35 sends for a SIP call.
QUERY: Final = (
    "call_direction=dial_in&protocol=sip&bandwidth=0&vendor=TANDBERG%2F529+%28ce11.40.1.1%29"
    "&encryption=On&registered=False&trigger=invite&remote_display_name=Ward+7"
    "&remote_alias=sip%3Award7%40example.org&remote_address=192.0.2.7&remote_port=58435&call_tag="
    "&idp_uuid=&has_authenticated_display_name=False&supports_direct_media=False&teams_tenant_id="
    "&location=Aarhus&node_ip=192.0.2.21&version_id=35&pseudo_version_id=77683.0.0"
    "&local_alias=sip%3A721834%40rooms.example.org%3Btransport%3Dtls"
)
PATH: Final = f"/policy/v1/service/configuration?{QUERY}"


@dataclass(frozen=True, slots=True)
class Contender:
    """A server under load."""

    name: str
    pid: int

    @property
    def origin(self) -> str:
        """Give scheme, host and port."""
        return f"http://127.0.0.1:{PORTS[self.name]}"

    @property
    def url(self) -> str:
        """Give the address that is asked."""
        return f"{self.origin}{PATH}"


@contextmanager
def reference() -> Iterator[Contender]:
    """Run a bare aiohttp application with a constant answer."""
    command = [sys.executable, "-m", "load.reference", str(PORTS["aiohttp"])]
    with _started("aiohttp", command) as contender:
        yield contender


@contextmanager
def service(
    folder: Path, rules: Path = EXAMPLE / "rules", **more: Mapping[str, object]
) -> Iterator[Contender]:
    """Run the service on the example directory, with a database of its own below `folder`.

    `more` are settings by section; a database that they name is taken as it is.
    """
    folder.chmod(0o711)  # else the database's own user could not enter, and it would be elsewhere
    database = {"seed": str(EXAMPLE / "directory.yaml"), "embedded": {"path": "postgres"}}
    settings = {
        "server": {"port": PORTS["vdx-policy"]},
        "database": database,
        "rules": {"folder": str(rules)},
        **more,
    }
    path = folder / "vdx-policy.yaml"
    path.write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "policy", "serve", "--config", str(path)]
    with _started("vdx-policy", command) as contender:
        yield contender


@contextmanager
def _started(name: str, command: Sequence[str]) -> Iterator[Contender]:
    """Run a server until it says that it is ready, and stop it in the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:  # noqa: S603  our own command
        try:
            for line in process.stdout or ():
                if re.search(r"\bready\b", line):
                    break
            else:
                raise click.ClickException(f"{name} did not start")
            yield Contender(name, process.pid)
        finally:
            process.terminate()
            process.communicate()
