"""`vdx-policy platform fetch` against a management node that knows a few names."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from click.testing import CliRunner, Result

from policy.cli.main import cli
from policy.errors import StartError
from policy.settings_file import load_settings
from tests.fakes.manager import managing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.database import Database


PASSWORD: Final = "an-invented-password"


async def _fetch(manager: str, password: str = PASSWORD) -> Result:
    words = ["platform", "fetch", manager, "--password", password]
    return await asyncio.to_thread(CliRunner().invoke, cli, words)


async def test_names_of_every_page_can_be_pasted_into_the_settings(tmp_path: Path) -> None:
    """What is printed is a `platform:` section that the settings take."""
    path = tmp_path / "vdx-policy.yaml"

    async with managing() as manager:
        result = await _fetch(manager)

    path.write_text(result.stdout)
    names = load_settings(path, {}).platform
    assert names.themes == frozenset({"Region", "Corporate", "Kiosk"})
    assert names.locations == frozenset({"Aarhus"})
    assert names.sip_proxies == frozenset()


async def test_wrong_credentials_are_one_line() -> None:
    """Whoever mistypes the password learns that, and the password is not repeated."""
    async with managing() as manager:
        result = await _fetch(manager, "mistyped")

    assert isinstance(result.exception, StartError)
    assert str(result.exception).endswith("/ivr_theme/: answered 401")
    assert "mistyped" not in result.output


async def test_nobody_there_is_one_line() -> None:
    """A management node that does not answer is named."""
    async with managing() as manager:
        pass
    result = await _fetch(manager)

    assert isinstance(result.exception, StartError)
    assert "no answer" in str(result.exception)


async def test_names_are_stored_where_rows_are_written(database: Database) -> None:
    """What the settings list is what the database then holds rows against."""
    environ = {"VDX_POLICY_DATABASE_URL": database.dsn, "VDX_POLICY_PLATFORM_THEMES": "[Corporate]"}

    result = await asyncio.to_thread(CliRunner(env=environ).invoke, cli, ["platform", "store"])

    stored = await database.sql.fetch("SELECT kind, names FROM platform_names")
    await database.sql.execute("DELETE FROM platform_names")
    assert result.output == "names stored, every room names what exists\n"
    assert [tuple(row) for row in stored] == [("themes", ["Corporate"])]


def test_an_embedded_database_is_not_told_by_hand() -> None:
    """Whoever tries is told who does it."""
    result = CliRunner().invoke(cli, ["platform", "store"])

    assert "is told by 'serve'" in str(result.exception)


def test_a_password_is_not_sent_in_clear() -> None:
    """Only a management node on this very machine may be asked without TLS."""
    words = ["platform", "fetch", "http://manager.example.org", "--password", PASSWORD]

    result = CliRunner().invoke(cli, words)

    assert result.exit_code == 2
    assert "must begin with https://" in result.output
