"""What a reload of 10,000 rules does to the calls under way: failures, and the slowest of them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import click

from load.asking import OK, remembered
from load.options import Options, common
from load.processes import wait_until
from load.results import Target, keep, table
from load.rounds import Case, compare
from load.service import service, small
from load.wrk import find_wrk

if TYPE_CHECKING:
    from pathlib import Path

    from load.contenders import Contender

RULES: Final = 10_000
IN_FORCE_S: Final = 60.0


@click.command("reload")
@common
def command(options: Options) -> None:
    """Compare calls while 10,000 rules are reloaded with quiet calls.

    A round should be longer than a reload takes: --seconds 15 --connections 8 shows most.
    """
    measure(options)


def measure(options: Options) -> list[Target]:
    """Measure, write the result file, and give the targets with what was reached."""
    find_wrk()
    cores = options.cores()
    with options.folder() as folder:
        setup = small(options, cores.server, folder, RULES)
        with service(setup) as ours:
            changing = _Changing(ours, setup.rules)
            how = remembered(options, cores, folder)
            cases = [
                Case("quiet", ours, how, OK, before=changing.wait),
                Case("reloading", ours, how, OK, before=changing.begin),
            ]
            compared = compare(cases, options.rounds)
            changing.wait()
    rows = compared.rows()
    click.echo(table(rows))
    errors = sum(row["errors"] or 0 for row in rows.values())
    reached = [Target("errors while rules are reloaded", 0, errors, at_least=False)]
    measured = {
        "connections": options.connections,
        "seconds": options.seconds,
        "cores": cores.row(),
        "rules": RULES,
        "p99_ratio": compared.ratio("p99_ms", "reloading", "quiet"),
        "medians": rows,
        "rounds": compared.rounds,
    }
    about = "remembered rooms by wrk -t1; 10,000 rules reloaded once in a round, on the same core"
    keep("reload", about, measured, reached)
    return reached


class _Changing:
    """Changes the rules in a thread of its own, until they are in force."""

    def __init__(self, ours: Contender, rules: Path) -> None:
        self._ours, self._rules = ours, rules
        self._thread: threading.Thread | None = None
        self._number = 0

    def wait(self) -> None:
        """Return when what was changed is in force."""
        if self._thread is not None:
            self._thread.join()

    def begin(self) -> None:
        """Change a rule; returns at once."""
        self.wait()
        self._number += 1
        self._thread = threading.Thread(target=self._change, args=(self._number,))
        self._thread.start()

    def _change(self, number: int) -> None:
        before = self._version()
        rule = f"{{name: change-{number}, when: {{alias: {{exact: c{number}}}}}, then: continue}}"
        text = f"rules:\n  - {rule}\n"
        (self._rules / "20-change.yaml").write_text(text, encoding="utf-8")
        wait_until(
            lambda: self._version() != before, within_s=IN_FORCE_S, what="the change of a rule"
        )

    def _version(self) -> object:
        rules = self._ours.ask("/health/ready")["rules"]
        return rules["version"] if isinstance(rules, dict) else None
