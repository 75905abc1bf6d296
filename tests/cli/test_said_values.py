"""NAME=VALUE is read apart, and nothing of it is repeated when it is wrong."""

from __future__ import annotations

import click
from click.testing import CliRunner

from policy.cli.said_values import set_option, values_said


def test_values_are_json_or_text() -> None:
    """A text that looks like a number is written in quotes."""
    said = (("a", "7"), ("b", "true"), ("c", "plain text"), ("d", '"7"'), ("e", "[1]"), ("f", ""))

    assert values_said(said) == {
        "a": 7,
        "b": True,
        "c": "plain text",
        "d": "7",
        "e": [1],
        "f": "",
    }


def test_an_option_is_read_apart_at_the_first_sign() -> None:
    """The value may hold more of them."""

    @click.command()
    @set_option
    def tell(said: tuple[tuple[str, str], ...]) -> None:
        click.echo(said)

    runner = CliRunner()

    assert runner.invoke(tell, ["--set", "a=b=c"]).output == "(('a', 'b=c'),)\n"
    for wrong in ("secret", "=secret"):
        done = runner.invoke(tell, ["--set", wrong])
        assert done.exit_code == 2
        assert "'--set': write it as NAME=VALUE" in done.output
        assert "secret" not in done.output
