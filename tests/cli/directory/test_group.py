"""`vdx-policy directory` has a subcommand for each thing that is done with the whole directory."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from policy.cli.directory.group import directory


def test_every_subcommand_is_there() -> None:
    """In, out, who has what, what is wrong, who changed it."""
    assert directory.commands.keys() >= {"audit", "check", "export", "import", "show"}


@pytest.mark.parametrize("name", sorted(directory.commands))
def test_every_subcommand_says_what_it_does(name: str) -> None:
    """`--help` begins with how it is called, and each option has a text."""
    done = CliRunner().invoke(directory, [name, "--help"])

    assert done.exit_code == 0
    assert done.output.startswith(f"Usage: directory {name} ")
