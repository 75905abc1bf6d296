"""A key file for device passwords."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from policy.directory.sealing import Seal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run


def test_a_key_is_made(run: Run, tmp_path: Path) -> None:
    """A file that only its owner can read, and whose key is not printed."""
    path = tmp_path / "keys"

    done = run("new-key", path)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{path}: new key written\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    seal = Seal.load(path)
    assert seal.unseal(seal.seal("word")) == "word"


def test_a_key_is_never_overwritten(run: Run, tmp_path: Path) -> None:
    """A second run leaves the file alone and says so in one line."""
    path = tmp_path / "keys"
    path.write_text("precious")

    done = run("new-key", path)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"vdx-policy: {path}: is there already, left as it is\n"
    assert path.read_text() == "precious"


def test_a_place_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    """The system's reason, without a trace."""
    (tmp_path / "file").touch()

    done = run("new-key", tmp_path / "file" / "keys")

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith(f"vdx-policy: {tmp_path / 'file' / 'keys'}: ")
