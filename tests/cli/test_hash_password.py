"""The hash of a password, for the settings."""

from __future__ import annotations

from argon2 import PasswordHasher
from click.testing import CliRunner

from policy.cli.main import cli
from policy.settings import Credential


def test_a_hash_fits_the_password_and_the_settings() -> None:
    """What is printed goes into `access.credentials` as it is."""
    said = CliRunner().invoke(cli, ["hash-password"], input="an-odd-word\n")

    made = said.stdout.splitlines()[-1]
    assert (said.exit_code, PasswordHasher().verify(made, "an-odd-word")) == (0, True)
    assert Credential(username="node", password_hash=made).password_hash == made
    assert "an-odd-word" not in said.output


def test_two_hashes_of_one_password_differ() -> None:
    """Whoever reads two settings files does not learn that they share a password."""
    typed = "an-odd-word\n"

    hashes = {
        CliRunner().invoke(cli, ["hash-password"], input=typed).stdout.splitlines()[-1]
        for _ in range(2)
    }

    assert len(hashes) == 2


def test_no_password_has_no_hash() -> None:
    """An empty line is no password."""
    said = CliRunner().invoke(cli, ["hash-password"], input="\n")

    assert (said.exit_code, "$argon2" in said.output) == (2, False)
