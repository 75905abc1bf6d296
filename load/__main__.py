"""`python -m load`: the service and a bare aiohttp application, in turn, in one run.

Machines are noisy: trust the ratio, not the numbers. Rounds alternate and medians are compared.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import click

from load.wrk import Measured, drive, find_wrk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RESULTS: Final = Path(__file__).parent / "results"
EXAMPLE: Final = Path(__file__).parents[1] / "examples" / "vdx"
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
    def url(self) -> str:
        """Give the address that is asked."""
        return f"http://127.0.0.1:{PORTS[self.name]}{PATH}"


@contextmanager
def _started(name: str, command: Sequence[str], cwd: Path) -> Iterator[Contender]:
    """Run a server until it says that it is ready, and stop it in the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=cwd) as process:  # noqa: S603  our own command
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


def _contenders(parts: ExitStack, folder: Path) -> list[Contender]:
    reference = [sys.executable, "-m", "load.reference", str(PORTS["aiohttp"])]
    settings = folder / "vdx-policy.yaml"
    settings.write_text(
        f"server: {{port: {PORTS['vdx-policy']}}}\n"
        f"database: {{seed: {EXAMPLE / 'directory.yaml'}}}\n"
        f"rules: {{folder: {EXAMPLE / 'rules'}}}\n",
        encoding="utf-8",
    )
    service = [sys.executable, "-m", "policy", "serve", "--config", str(settings)]
    root = Path(__file__).parents[1]
    return [
        parts.enter_context(_started("aiohttp", reference, root)),
        parts.enter_context(_started("vdx-policy", service, root)),
    ]


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Rounds of each server.")
@click.option("--seconds", default=5, show_default=True, help="Length of a round.")
@click.option("--connections", default=32, show_default=True, help="Keep-alive connections.")
def main(rounds: int, seconds: int, connections: int) -> None:
    """Compare cached answers of the example room with a constant answer of aiohttp."""
    find_wrk()
    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="vdx-policy-load-")))
        contenders = _contenders(parts, folder)
        measured: dict[str, list[Measured]] = {each.name: [] for each in contenders}
        turns = [each for _ in range(rounds) for each in contenders]
        with click.progressbar(turns, label="measuring") as bar:
            for each in bar:
                script = folder / "report.lua"
                seen = drive(
                    each.url,
                    pid=each.pid,
                    seconds=seconds,
                    connections=connections,
                    script=script,
                )
                measured[each.name].append(seen)
    report = _report(measured, connections)
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-hits.json"
    path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    click.echo(f"vdx-policy / aiohttp: {report['ratio']:.2f}, written to {path}")


def _report(measured: dict[str, list[Measured]], connections: int) -> dict[str, object]:
    medians = {name: _medians(rounds) for name, rounds in measured.items()}
    for name, row in medians.items():
        click.echo(
            f"{name:<11}{row['requests_per_s']:>9.0f}/s  p50 {row['p50_ms']:.2f} ms  "
            f"p99 {row['p99_ms']:.2f} ms  CPU {row['cpu_us_per_request']:.0f} us  "
            f"errors {row['errors']:.0f}"
        )
    return {
        "profile": "cached hits of one room, one process each, wrk -t1 on the same cores",
        "connections": connections,
        "machine": f"{platform.machine()}, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("aiohttp", "uvloop", "vdx-policy")},
        "medians": medians,
        "ratio": medians["vdx-policy"]["requests_per_s"] / medians["aiohttp"]["requests_per_s"],
    }


def _medians(rounds: Sequence[Measured]) -> dict[str, float]:
    rows = [asdict(each) for each in rounds]
    return {key: median(row[key] for row in rows) for key in rows[0]}


if __name__ == "__main__":
    main()
