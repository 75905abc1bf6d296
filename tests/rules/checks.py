"""What tests let a build look at; the building process finds it by its name."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from policy.errors import Problem
from tests.handlers.asking import PIN

if TYPE_CHECKING:
    from pathlib import Path

    from policy.rules.files import RuleSet


def object_to_much(rule_set: RuleSet) -> list[Problem]:
    """Find more to say than anybody would read."""
    return [Problem("a.test.yaml", 3, 5, f"case {n} of {len(rule_set.rules)}") for n in range(500)]


def be_killed(_: RuleSet) -> list[Problem]:
    """End as by the system that is short of memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    return []


def exit_early(_: RuleSet) -> list[Problem]:
    """End as by a fault in a library."""
    os._exit(3)


def raise_a_secret(_: RuleSet) -> list[Problem]:
    """Have a fault whose text repeats a PIN, which the line that a traceback shows does not."""
    raise KeyError(PIN)


def hang(_: RuleSet) -> list[Problem]:
    """Never end."""
    threading.Event().wait()
    return []


def print_something(_: RuleSet) -> list[Problem]:
    """Say something where the answer would be expected."""
    sys.stdout.write("a library speaks\n")
    return []


def wait_for(gate: Path, _: RuleSet) -> list[Problem]:
    """Say that the build is here, and go on once somebody opens the gate, if there is one."""
    (gate.parent / "building").write_text(str(os.getpid()), encoding="ascii")
    if gate.exists():
        gate.read_bytes()
    return []


def shut(gate: Path) -> Path:
    """Make a gate at which builds wait: a pipe, which is read until whoever writes to it ends."""
    os.mkfifo(gate)
    return gate


def let_through(gate: Path) -> None:
    """Open a gate, and take it away for builds to come."""
    with gate.open("wb"):  # waits until a build stands there
        gate.unlink()
