"""Result files: what was measured, on what, with which versions, and whether it is enough."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RESULTS: Final = Path(__file__).parent / "results"
VERSIONS: Final = (
    "aiohttp",
    "asyncpg",
    "fastapi",
    "google-re2",
    "orjson",
    "pydantic",
    "uvicorn",
    "uvloop",
    "vdx-policy",
)
_COLUMNS: Final[Mapping[str, str]] = {
    "requests_per_s": "requests/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "p99_9_ms": "p99.9 ms",
    "errors": "errors",
    "cpu_us_per_request": "CPU us",
    "log_cpu_us_per_request": "log CPU us",
    "not_logged_per_request": "not logged",
    "database_cpu_us_per_request": "database CPU us",
    "instructions_per_request": "instructions",
    "rss_mb": "RSS MB",
    "pss_mb": "PSS MB",
}


@dataclass(frozen=True, slots=True)
class Target:
    """What was to be reached, and what was; `at_least` says on which side of `wanted` is good."""

    what: str
    wanted: float
    measured: float
    at_least: bool = True

    @property
    def is_met(self) -> bool:
        """Say whether it was reached."""
        return self.measured >= self.wanted if self.at_least else self.measured <= self.wanted

    def row(self) -> dict[str, object]:
        """Give it as result files have it."""
        return {**asdict(self), "measured": rounded(self.measured), "met": self.is_met}

    def line(self) -> str:
        """Tell it in a row of a table."""
        sign = ">=" if self.at_least else "<="
        met = "yes" if self.is_met else "NO"
        return f"| {self.what} | {sign} {self.wanted:g} | {rounded(self.measured):g} | {met} |"


def keep(
    profile: str,
    about: str,
    measured: Mapping[str, object],
    targets: Sequence[Target] = (),
    folder: Path = RESULTS,
) -> None:
    """Write a result file named by today and the profile."""
    result = {
        "profile": about,
        "machine": machine(),
        "python": platform.python_version(),
        "versions": versions(),
        **measured,
    }
    if targets:
        result["targets"] = [each.row() for each in targets]
        click.echo(target_table(targets))
    path = folder / f"{datetime.now(UTC):%Y-%m-%d}-{profile}.json"
    path.write_text(json.dumps(_tidy(result), indent=2) + "\n", encoding="utf-8")
    click.echo(f"written to {path}")


def machine() -> dict[str, object]:
    """Tell on what was measured."""
    described = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*:\s*(.+)$", described, re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / (1 << 30)),
        "system": f"{platform.machine()}, {platform.system()} {platform.release()}",
    }


def versions() -> dict[str, str]:
    """Give the versions of what was measured and of what measured it."""
    found = {}
    for name in VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    for name, pattern in (("wrk", r"wrk (\S+)"), ("nginx", r"nginx/(\S+)")):
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if path is None:
            continue
        told = subprocess.run([path, "-v"], capture_output=True, text=True, check=False)  # noqa: S603  our own command
        if number := re.search(pattern, told.stdout + told.stderr):
            found[name] = number[1]
    return found


def table(rows: Mapping[str, Mapping[str, float | None]]) -> str:
    """Lay out rows of figures as a table in Markdown."""
    columns = [key for key in _COLUMNS if any(row.get(key) is not None for row in rows.values())]
    lines = [
        "| | " + " | ".join(_COLUMNS[key] for key in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for name, row in rows.items():
        cells = (f"{rounded(row.get(key) or 0):,g}" for key in columns)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def target_table(targets: Sequence[Target]) -> str:
    """Lay out targets as a table in Markdown."""
    head = ["| target | wanted | measured | met |", "|---|---:|---:|---|"]
    return "\n".join([*head, *(each.line() for each in targets)])


def rounded(value: float) -> float:
    """Give a figure with as many digits as it is worth."""
    return round(value) if abs(value) >= 100 else round(value, 3)  # noqa: PLR2004  three digits


def _tidy(value: object) -> object:
    """Round every figure of a result."""
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, dict):
        return {key: _tidy(each) for key, each in value.items()}
    return [_tidy(each) for each in value] if isinstance(value, list | tuple) else value
