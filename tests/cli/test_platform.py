"""`vdx-policy platform fetch` against a management node that knows a few names."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from click.testing import CliRunner, Result

from policy.cli.main import cli
from policy.errors import StartError
from policy.settings import load_settings
from tests.fakes.manager import managing

if TYPE_CHECKING:
    from pathlib import Path


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
