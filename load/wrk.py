"""Drives a server with wrk and reads what it measured."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

# Prints one line that is easy to read; times come in microseconds.
_SCRIPT: Final = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One round: throughput, latency, failures, CPU of the server's process."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    errors: int
    cpu_us_per_request: float


def find_wrk() -> str:
    """Give the path of wrk; raises ClickException when there is none."""
    path = shutil.which("wrk")
    if path is None:
        raise click.ClickException("wrk is needed, for instance: apt-get install wrk")
    return path


def drive(url: str, *, pid: int, seconds: int, connections: int, script: Path) -> Measured:
    """Ask one URL as fast as its server answers; one thread, keep-alive."""
    script.write_text(_SCRIPT, encoding="ascii")
    before = _cpu_s(pid)
    command = [find_wrk(), "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  our own command
    spent = _cpu_s(pid) - before
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", output)
    if found is None:
        raise click.ClickException(f"wrk said something else:\n{output}")
    requests, duration_us, p50_us, p99_us, errors = (int(each) for each in found.groups())
    return Measured(
        requests_per_s=requests / duration_us * 1e6,
        p50_ms=p50_us / 1000,
        p99_ms=p99_us / 1000,
        errors=errors,
        cpu_us_per_request=spent / max(requests, 1) * 1e6,
    )


def _cpu_s(pid: int) -> float:
    """Give the CPU time that a process has used, from the kernel's book."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return ticks / 100  # USER_HZ, the same on every Linux
