"""`python -m load PROFILE`: measures one thing, against another in the same run.

Machines are noisy: trust the ratio, not the numbers. Rounds alternate and medians are compared.
"""

from __future__ import annotations

import click

from load.hits import hits
from load.imports import imports
from load.lookups import lookups
from load.reload import reload
from load.rules import rules
from load.scanner import scanner


@click.group()
def main() -> None:
    """Measure the service; each profile writes a file below load/results/."""


for profile in (hits, rules, reload, scanner, imports, lookups):
    main.add_command(profile)


if __name__ == "__main__":
    main()
