"""Rows as people and programs read them."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner

from policy.cli.tables import json_option, show_first, show_rows


@click.command()
@json_option
def told(*, as_json: bool) -> None:
    """Show two rows."""
    since = datetime(2026, 3, 2, 10, tzinfo=UTC)
    rows = [
        {"alias": "700", "open": True, "tags": ["a", "b"], "until": None},
        {"alias": "800@example.org", "open": False, "tags": (), "until": since},
    ]
    show_rows(rows, as_json=as_json)


def test_people_get_aligned_columns() -> None:
    """Headings above, nothing at the end of a line, and words instead of Python's values."""
    result = CliRunner().invoke(told)

    assert result.output.splitlines() == [
        "alias            open  tags  until",
        "700              yes   a, b  -",
        "800@example.org  no    -     2026-03-02T11:00+01:00",
    ]


def test_programs_get_one_object_a_line() -> None:
    """With the keys of the rows, and times in ISO 8601."""
    result = CliRunner().invoke(told, ["--json"])

    assert result.output.splitlines() == [
        '{"alias":"700","open":true,"tags":["a","b"],"until":null}',
        '{"alias":"800@example.org","open":false,"tags":[],"until":"2026-03-02T10:00:00+00:00"}',
    ]


@pytest.mark.parametrize(("count", "note"), [(2, ""), (3, "the first 2; --limit shows more\n")])
def test_more_rows_than_asked_for_are_told_of(
    capsys: pytest.CaptureFixture[str], count: int, note: str
) -> None:
    """Beside the rows, where programs do not read."""
    show_first([{"n": number} for number in range(count)], 2, as_json=True)

    assert capsys.readouterr() == ('{"n":0}\n{"n":1}\n', note)


def test_nothing_is_said_in_a_word() -> None:
    """No headings above nothing."""

    @click.command()
    def empty() -> None:
        show_rows([], as_json=False)

    assert CliRunner().invoke(empty).output == "none\n"
