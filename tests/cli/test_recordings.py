"""Requests are read from files of any size and state, and what is no request is counted."""

from __future__ import annotations

import gzip
import io
import sys
from typing import TYPE_CHECKING, Final

import pytest

from policy.cli.recordings import MAX_TOLD, STANDARD_INPUT, Recordings
from policy.errors import StartError
from policy.wire.recorded import MAX_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINE: Final = "2026-05-04T10:00:00Z GET /policy/v1/service/configuration?local_alias=721834\n"


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Name a file."""
    return tmp_path / "calls.log"


def _read(*paths: Path) -> tuple[Recordings, list[str]]:
    recordings = Recordings(paths)
    return recordings, [place for place, _ in recordings.requests()]


def test_requests_come_with_their_places(calls: Path) -> None:
    """Lines about something else are counted, blank ones are not."""
    calls.write_text(f"started\n\n{LINE}stopped\n{LINE.strip()}")

    recordings, places = _read(calls)

    assert places == [f"{calls}:3", f"{calls}:5"]
    assert (recordings.others, recordings.broken) == (2, 0)
    assert recordings.read_bytes == recordings.size_bytes() == calls.stat().st_size


def test_an_empty_file_holds_nothing(calls: Path) -> None:
    """That is no error: nobody may have called."""
    calls.touch()

    recordings, places = _read(calls)

    assert (places, recordings.others, recordings.broken) == ([], 0, 0)


def test_broken_requests_are_counted_and_the_first_are_told(calls: Path) -> None:
    """Each with its place; a log that a full disk has cut off is still read."""
    calls.write_text('{"target": \n' * (MAX_TOLD + 2) + LINE)

    recordings, places = _read(calls)

    assert places == [f"{calls}:{MAX_TOLD + 3}"]
    assert (recordings.broken, len(recordings.told)) == (MAX_TOLD + 2, MAX_TOLD)
    assert recordings.told[0].startswith(f"{calls}:1: line: begins like JSON")


def test_a_packed_file_is_known_by_what_is_in_it(calls: Path) -> None:
    """Whatever it is called; progress is measured by what is on the disk."""
    calls.write_bytes(gzip.compress(LINE.encode() * 3))

    recordings, places = _read(calls)

    assert places == [f"{calls}:{number}" for number in (1, 2, 3)]
    assert recordings.read_bytes == calls.stat().st_size


@pytest.mark.parametrize("kept", [12, -40])
def test_a_packed_file_that_is_cut_off_is_read_as_far_as_it_goes(calls: Path, kept: int) -> None:
    """The rest is one broken line, and the next file is read."""
    calls.write_bytes(
        gzip.compress(b"".join(LINE.encode() + b"#%d\n" % n for n in range(9)))[:kept]
    )
    other = calls.with_name("other.log")
    other.write_text(LINE)

    recordings, places = _read(calls, other)

    assert places[-1] == f"{other}:1"
    assert recordings.told[-1].endswith("the packed file is cut off or broken here")


def test_a_line_without_an_end_takes_no_memory(calls: Path) -> None:
    """What is longer than any request is skipped to its end."""
    calls.write_text("x" * (2 * MAX_CHARACTERS + 5) + "\n" + LINE)

    recordings, places = _read(calls)

    assert places == [f"{calls}:2"]
    assert recordings.told == [f"{calls}:1: is longer than {MAX_CHARACTERS} bytes"]


def test_what_editors_of_windows_write_is_read(calls: Path) -> None:
    """A mark at the beginning, and line ends of two characters."""
    decided = '{"target": "/policy/v1/registrations/a"}'
    calls.write_bytes(b"\xef\xbb\xbf" + decided.encode() + b"\r\n" + LINE.encode())

    assert _read(calls)[1] == [f"{calls}:1", f"{calls}:2"]


def test_standard_input_is_read_and_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its length is not known, and it may be packed too."""
    given = io.TextIOWrapper(io.BytesIO(gzip.compress(LINE.encode())))
    monkeypatch.setattr(sys, "stdin", given)

    recordings, places = _read(STANDARD_INPUT)

    assert places == ["standard input:1"]
    assert recordings.size_bytes() is None
    assert not given.closed


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The system says why."""
    missing: Iterator[object] = Recordings([tmp_path / "missing.log"]).requests()

    with pytest.raises(StartError, match=r"missing\.log: no such file or directory"):
        next(missing)
