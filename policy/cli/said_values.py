"""`NAME=VALUE` on the command line: values of templates and meetings."""

from __future__ import annotations

from typing import Final

import click
import orjson


class _NameAndText(click.ParamType[tuple[str, str]]):
    """Reads NAME=TEXT."""

    name = "name=text"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Give both apart; what is wrong is not repeated, since it may be personal."""
        name, equals, text = str(value).partition("=")
        if not name or not equals:
            self.fail("write it as NAME=VALUE", param, ctx)
        return name, text


NAME_AND_TEXT: Final = _NameAndText()

set_option = click.option(
    "--set",
    "said",
    type=NAME_AND_TEXT,
    multiple=True,
    metavar="NAME=VALUE",
    help="Say a value, as JSON or text: any NAME that 'templates --help' tells, and any field of a "
    "conference or lecture. May be repeated.",
)


def values_said(said: tuple[tuple[str, str], ...]) -> dict[str, object]:
    """Read each value as JSON if it can be, else as text."""
    return {name: _read(text) for name, text in said}


def _read(text: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
