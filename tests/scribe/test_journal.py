"""Lines are appended whole, to whatever is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from policy.scribe.journal import append

LINES = [b'{"a":1}\n', b'{"b":2}\n']


def test_a_half_written_line_stays_alone(tmp_path: Path) -> None:
    """After a crash or a full disk the next line begins on a line of its own."""
    path = tmp_path / "decisions.jsonl"
    path.write_text('{"at": "2026-', encoding="utf-8")

    assert append(str(path), LINES) == (2, "")
    assert append(str(path), LINES[:1]) == (1, "")

    assert path.read_text(encoding="utf-8").splitlines() == [
        '{"at": "2026-',
        '{"a":1}',
        '{"b":2}',
        '{"a":1}',
    ]


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    """Nothing is kept, and once the folder is there everything is."""
    path = tmp_path / "later" / "decisions.jsonl"

    assert append(str(path), LINES) == (0, "no such file or directory")
    path.parent.mkdir()
    assert append(str(path), LINES) == (2, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_is_said() -> None:
    """Nothing is kept of what did not fit."""
    assert append("/dev/full", LINES) == (0, "no space left on device")


def test_a_pipe_that_nobody_reads_does_not_block(tmp_path: Path) -> None:
    """It takes what it holds, and then lines are counted as lost."""
    os.mkfifo(tmp_path / "pipe")
    holder = os.open(tmp_path / "pipe", os.O_RDWR)  # what is in a pipe is lost with its last user

    kept, trouble = append(str(tmp_path / "pipe"), [b"x" * 999 + b"\n"] * 100)
    os.close(holder)

    assert 0 < kept < 100
    assert trouble == "resource temporarily unavailable"


def test_a_new_file_is_its_owners(tmp_path: Path) -> None:
    """Also one that holds nothing yet."""
    append(str(tmp_path / "d"), [])
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o600
