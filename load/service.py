"""Starts the service under test on a filled database, with rules and a decision log."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from load.asking import SMALL
from load.contenders import Contender
from load.cores import available
from load.databases import fresh
from load.generated import write_rules
from load.processes import started

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from load.certificates import Certificate
    from load.options import Options

PORT: Final = 18081


@dataclass(frozen=True, slots=True)
class Setup:
    """How the service is to run; `more` are further settings by section."""

    folder: Path
    rules: Path
    cores: frozenset[int]
    database: Mapping[str, object]
    name: str = "vdx-policy"
    port: int = PORT
    workers: int = 1
    certificate: Certificate | None = None
    decisions: bool = True
    more: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


def small(options: Options, cores: frozenset[int], folder: Path, rules: int) -> Setup:
    """Write so many rules and take a small directory: what most profiles measure the service on."""
    written = folder / f"rules-{rules}"
    if not written.exists():  # else a service that watches them would load them again
        write_rules(written, rules)
    return Setup(folder, written, cores, embedded(fresh(options.cache, SMALL, folder)))


def embedded(home: Path) -> Mapping[str, object]:
    """Give the setting for a filled database that the service runs itself."""
    return {"embedded": {"path": str(home)}}


def command_of(setup: Setup) -> list[str]:
    """Write the settings of a service and give the command that starts it."""
    server: dict[str, object] = {"port": setup.port}
    if setup.certificate is not None:
        server["certificate"] = str(setup.certificate.certificate)
        server["private_key"] = str(setup.certificate.private_key)
    settings: dict[str, object] = {
        "server": server,
        "database": dict(setup.database),
        "rules": {"folder": str(setup.rules)},
        **setup.more,
    }
    if setup.decisions:
        settings["log"] = {"decisions": str(setup.folder / f"{setup.name}.decisions.jsonl")}
    path = setup.folder / f"{setup.name}.yaml"
    path.write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "policy", "serve", "--config", str(path)]
    # Left out when it says nothing, so that older versions can be measured as well.
    return command if setup.workers == 1 else [*command, "--workers", str(setup.workers)]


@contextmanager
def service(setup: Setup) -> Iterator[Contender]:
    """Run the service on its cores, PostgreSQL too.

    Only the writer of the decision log may run anywhere, as it would: at its low priority it takes
    what others leave.
    """
    setup.folder.chmod(0o711)  # else the database's own user could not enter
    scheme = "http" if setup.certificate is None else "https"
    with started(setup.name, command_of(setup), setup.cores) as pid:
        contender = Contender(setup.name, pid, f"{scheme}://127.0.0.1:{setup.port}")
        for writer in contender.tree().writer:
            os.sched_setaffinity(writer, available())
        yield contender
