"""Result files: what was measured, on what, with which versions."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from load.wrk import Measured

RESULTS: Final = Path(__file__).parent / "results"
VERSIONS: Final = ("aiohttp", "google-re2", "pydantic", "uvloop", "vdx-policy")


def keep(profile: str, about: str, measured: Mapping[str, object]) -> None:
    """Write a result file named by today and the profile."""
    result = {
        "profile": about,
        "machine": f"{platform.machine()}, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in VERSIONS},
        **measured,
    }
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{profile}.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    click.echo(f"written to {path}")


def medians(rounds: Sequence[Measured]) -> dict[str, float]:
    """Give the median of each figure."""
    rows = [asdict(each) for each in rounds]
    return {key: median(row[key] for row in rows) for key in rows[0]}


def line_of(name: str, row: Mapping[str, float]) -> str:
    """Tell one server's figures in a line."""
    return (
        f"{name:<11}{row['requests_per_s']:>9.0f}/s  p50 {row['p50_ms']:.2f} ms  "
        f"p99 {row['p99_ms']:.2f} ms  CPU {row['cpu_us_per_request']:.0f} us  "
        f"errors {row['errors']:.0f}"
    )
