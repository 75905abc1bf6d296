"""Drives a server with wrk, from a core of its own, and reads what it measured."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from load.cores import on

if TYPE_CHECKING:
    from load.contenders import Contender

REQUESTS: Final = Path(__file__).with_name("requests.lua")
# Prime, so that it has no factor in common with any round number of rooms.
STRIDE: Final = 382_961


@dataclass(frozen=True, slots=True)
class Drive:
    """What wrk is to ask, and how; `rooms` is not 0 when each request is for another room."""

    paths: Path
    cores: frozenset[int]
    seconds: float
    connections: int
    first: int = 0
    rooms: int = 0
    close: bool = False
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Driven:
    """What wrk said of one round; `refused` counts answers of another status than 2xx and 3xx."""

    requests: int
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    broken: int
    refused: int


def find_wrk() -> str:
    """Give the path of wrk; raises ClickException when there is none."""
    path = shutil.which("wrk")
    if path is None:
        raise click.ClickException("wrk is needed, for instance: apt-get install wrk")
    return path


def drive(contender: Contender, how: Drive) -> Driven:
    """Ask as fast as the server answers."""
    names = {
        "PATHS": f'"{how.paths}"',
        "FIRST": str(how.first),
        "ROOMS": str(how.rooms),
        "STRIDE": str(STRIDE),
        "CLOSE": str(how.close).lower(),
    }
    head = "".join(f"{name} = {value}\n" for name, value in names.items())
    script = how.paths.with_suffix(".lua")
    script.write_text(head + REQUESTS.read_text(encoding="ascii"), encoding="ascii")
    command = [find_wrk(), f"-t{how.threads}", f"-c{how.connections}", f"-d{how.seconds:.0f}s"]
    command += ["--timeout", "5s", "-s", str(script), f"{contender.origin}/"]
    with on(how.cores):
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  our own command
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)", output)
    if found is None:
        raise click.ClickException(f"wrk said something else:\n{output}")
    requests, duration_us, p50_us, p99_us, p999_us, broken, refused = map(int, found.groups())
    return Driven(
        requests=requests,
        requests_per_s=requests / duration_us * 1e6,
        p50_ms=p50_us / 1000,
        p99_ms=p99_us / 1000,
        p999_ms=p999_us / 1000,
        broken=broken,
        refused=refused,
    )
