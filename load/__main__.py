"""`python -m load PROFILE`: measures one thing, against another in the same run.

Machines are noisy: trust the ratio, not the numbers. Rounds alternate and medians are compared.
"""

from __future__ import annotations

import click

from load.profiles import every, imports, lookups


@click.group()
def main() -> None:
    """Measure the service; each profile writes a file below load/results/."""


for profile in every.PROFILES:
    main.add_command(profile.command)
for command in (lookups.command, imports.command, every.command):
    main.add_command(command)


if __name__ == "__main__":
    main()
