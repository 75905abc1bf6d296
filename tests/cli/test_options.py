"""Where settings come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policy.cli.options import seal_of, settings_from
from policy.errors import SettingsError, StartError
from tests.database import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Write a settings file whose rules are beside it."""
    path = tmp_path / "policy.yaml"
    path.write_text("rules: {folder: rules}\nserver: {port: 8181}\n", encoding="utf-8")
    return path


def test_the_environment_wins_over_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set for one machine counts more than what is in the file of all."""
    monkeypatch.setenv("VDX_POLICY_SERVER_PORT", "8282")

    settings = settings_from(config)

    assert (settings.server.port, settings.rules.folder) == (8282, config.parent / "rules")


def test_the_name_of_the_file_is_no_setting(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`VDX_POLICY_CONFIG` says where the file is; any other unknown name is a mistake."""
    monkeypatch.setenv("VDX_POLICY_CONFIG", str(config))
    fine = settings_from(config)
    monkeypatch.setenv("VDX_POLICY_SERVER_PROT", "1")

    with pytest.raises(SettingsError, match=r"did you mean 'VDX_POLICY_SERVER_PORT'\?$"):
        settings_from(config)

    assert fine.server.port == 8181


@pytest.mark.usefixtures("rules")
def test_the_file_may_be_named_by_the_environment(run: Run, config: Path) -> None:
    """A container names its file once, for every subcommand."""
    named = run("check", config=config)
    missing = run("check", config=config.parent / "other.yaml")

    assert (named.returncode, named.stdout.splitlines()[-1]) == (0, "settings: ok")
    assert missing.returncode == 2
    assert missing.stderr == f"{config.parent / 'other.yaml'}: no such file or directory\n"


def test_the_keys_are_in_their_file_or_beside_an_embedded_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database of one's own has keys only where the settings say."""
    monkeypatch.setenv("VDX_POLICY_DATABASE_EMBEDDED_PATH", str(tmp_path))
    none = seal_of(settings_from(None))
    (tmp_path / "secret.key").write_text(KEY)
    beside = seal_of(settings_from(None))
    monkeypatch.setenv("VDX_POLICY_DATABASE_URL", "postgresql://db.example.org/policy")
    of_ones_own = seal_of(settings_from(None))
    monkeypatch.setenv("VDX_POLICY_SECRETS_KEY_FILE", str(tmp_path / "no.key"))

    assert (none.has_key, beside.has_key, of_ones_own.has_key) == (False, True, False)
    with pytest.raises(StartError, match=r"no\.key: no such file or directory"):
        seal_of(settings_from(None))
