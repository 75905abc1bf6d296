"""`python -m load PROFILE`: measures one thing, against another in the same run.

Machines are noisy: trust the ratio, not the numbers. Rounds alternate and medians are compared.
"""

from __future__ import annotations

import click

from load.profiles import (
    every,
    hits,
    imports,
    lookups,
    memory,
    misses,
    reload,
    rooms,
    rules,
    scanner,
    slow,
    start,
    tls,
    vdx_day,
    workers,
)

PROFILES = (
    hits,
    misses,
    rules,
    rooms,
    workers,
    tls,
    slow,
    vdx_day,
    reload,
    scanner,
    memory,
    start,
    lookups,
    imports,
    every,
)


@click.group()
def main() -> None:
    """Measure the service; each profile writes a file below load/results/."""


for profile in PROFILES:
    main.add_command(profile.command)


if __name__ == "__main__":
    main()
