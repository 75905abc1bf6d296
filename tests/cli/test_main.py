"""The command itself: its subcommands, and how errors are told."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from policy.cli.main import SUBCOMMANDS, cli

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_help_names_every_subcommand() -> None:
    """A newcomer learns what there is, each with a line about it."""
    said = CliRunner().invoke(cli, ["-h"])

    assert said.exit_code == 0
    for name in SUBCOMMANDS:
        assert re.search(rf"^  {name}  +\w", said.stdout, re.MULTILINE)


@pytest.mark.parametrize("name", list(SUBCOMMANDS))
def test_every_subcommand_explains_itself(name: str) -> None:
    """Asked for help it says what it does and takes, and does nothing."""
    said = CliRunner().invoke(cli, [name, "--help"])

    assert (said.exit_code, said.stdout.partition("\n")[0].split()[0]) == (0, "Usage:")


def test_the_version_is_told(run: Run) -> None:
    """The module and the command are the same program."""
    done = run("--version")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"vdx-policy, version {version('vdx-policy')}\n"


@pytest.mark.parametrize("arguments", [("sevre",), ("serve", "--prot"), ("new-key",)])
def test_a_wrong_command_line_is_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    """Unknown subcommands, unknown options and missing arguments are told without a trace."""
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: ")
    assert "Traceback" not in done.stderr


def test_a_command_loads_no_server() -> None:
    """Whoever makes a hundred rooms in a loop waits for what rooms need, and no more."""
    program = (
        "import sys, policy.cli.main as main\n"
        "main.cli.get_command(None, 'rooms')\n"
        "print([name for name in ('aiohttp', 'jinja2', 'PIL') if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
