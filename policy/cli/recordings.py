"""Recorded requests from files of any size: decision logs, support logs, packed or not."""

from __future__ import annotations

import gzip
import sys
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Final

from policy.errors import RequestError, StartError
from policy.wire.recorded import MAX_CHARACTERS, Recorded, read_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STANDARD_INPUT: Final = Path("-")
# A person mends one after the other; the count says how many there are.
MAX_TOLD: Final = 5
_GZIP: Final = b"\x1f\x8b"
_MARK: Final = b"\xef\xbb\xbf"  # what editors of Windows begin a file with
_NOT_WHOLE: Final = (EOFError, zlib.error, gzip.BadGzipFile)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, without its end; None when it cannot be one."""

    place: str
    text: str | None = field(repr=False)
    problem: str = ""


class Recordings:
    """Reads files line by line; counts what is no request, and what is a broken one."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.others = 0
        self.broken = 0
        self.told: list[str] = []
        self.read_bytes = 0
        self._paths = paths

    def size_bytes(self) -> int | None:
        """Give how much there is to read, None when nobody can know."""
        sizes = [path.stat().st_size for path in self._paths if path.is_file()]
        return sum(sizes) if len(sizes) == len(self._paths) else None

    def requests(self) -> Iterator[tuple[str, Recorded]]:
        """Give each request with its place; raises StartError for a file that cannot be read."""
        for path in self._paths:
            try:
                with _opened(path) as raw:
                    yield from self._of_file(path, raw)
            except OSError as exc:
                said = (exc.strerror or "cannot be read").lower()
                raise StartError(f"{path}: {said}") from exc

    def _of_file(self, path: Path, raw: BufferedReader) -> Iterator[tuple[str, Recorded]]:
        before = self.read_bytes
        for line in _lines(path, raw):
            if raw.seekable():
                self.read_bytes = before + raw.tell()
            recorded = self._read(line)
            if recorded is not None:
                yield line.place, recorded

    def _read(self, line: Line) -> Recorded | None:
        if line.text is None:
            self._tell(line.place, line.problem)
            return None
        try:
            recorded = read_line(line.text)
        except RequestError as exc:
            self._tell(line.place, str(exc))
            return None
        self.others += recorded is None and not line.text.isspace()
        return recorded

    def _tell(self, place: str, problem: str) -> None:
        self.broken += 1
        if len(self.told) < MAX_TOLD:
            self.told.append(f"{place}: {problem}")


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    if path != STANDARD_INPUT:
        with path.open("rb") as reader:
            yield reader
        return
    # Not every standard input can peek.
    given: BufferedReader = BufferedReader(sys.stdin.buffer)  # type: ignore[arg-type]  # it reads bytes
    try:
        yield given
    finally:
        given.detach()  # it is not ours to close


def _lines(path: Path, raw: BufferedReader) -> Iterator[Line]:
    """Read lines; of one that is too long only that is kept."""
    name = "standard input" if path == STANDARD_INPUT else str(path)
    is_packed = raw.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
    file = gzip.GzipFile(fileobj=raw) if is_packed else raw
    number = 1
    try:
        while written := file.readline(MAX_CHARACTERS):
            place = f"{name}:{number}"
            if len(written) == MAX_CHARACTERS and not written.endswith(b"\n"):
                _skip_line(file)
                yield Line(place, None, f"is longer than {MAX_CHARACTERS} bytes")
            else:
                text = written.removeprefix(_MARK) if number == 1 else written
                yield Line(place, text.decode("utf-8", "replace"))
            number += 1
    except _NOT_WHOLE:
        yield Line(f"{name}:{number}", None, "the packed file is cut off or broken here")


def _skip_line(file: gzip.GzipFile | BufferedReader) -> None:
    while (rest := file.readline(MAX_CHARACTERS)) and not rest.endswith(b"\n"):
        pass
