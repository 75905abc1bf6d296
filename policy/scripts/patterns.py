"""Regular expressions of scripts: written for Python, run by RE2 in linear time. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol, cast

import re2

from policy.scripts.budget import SandboxError, checked_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policy.scripts.budget import Run

# A program of 10,000 steps; a caller may choose the pattern where a script lets him.
MAX_MEMORY: Final = 1 << 20
MAX_PATTERN: Final = 2_000
# Where RE2's quick way fails it takes 4 ns for each character and step of its program: 40 ms.
MAX_STEPS: Final = 10_000_000

_GROUP: Final = re.compile(r"\\(?:([1-9][0-9]?)|g<(\w+)>|([\\nrt])|(.))", re.DOTALL)
_CONTROLS: Final = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


class Match(Protocol):
    """What is used of a match of RE2."""

    def start(self) -> int:
        """Say where it begins."""

    def end(self) -> int:
        """Say where it ends."""

    def groups(self) -> tuple[str | None, ...]:
        """Give what the groups hold."""

    def group(self, group: int | str, /) -> str | None:
        """Give what one group holds."""


class Pattern(Protocol):
    """What is used of a compiled pattern of RE2."""

    @property
    def groups(self) -> int:
        """Count the groups."""

    @property
    def groupindex(self) -> Mapping[str, int]:
        """Number the groups that have names."""

    @property
    def programsize(self) -> int:
        """Count the steps of its program."""

    def finditer(self, text: str) -> Iterator[Match]:
        """Find one match after the other."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    """Compile a pattern; raises SandboxError that says what RE2 lacks."""
    if len(pattern) > MAX_PATTERN:
        raise SandboxError(f"a regular expression has {MAX_PATTERN} characters at most")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    # Python's \Z is RE2's \z; all else that RE2 reads means the same in both.
    written = re.sub(r"(?<!\\)((?:\\\\)*)\\Z", r"\1\\z", pattern)
    try:
        return cast("Pattern", re2.compile(written, options=options))
    except re2.error as exc:
        said = exc.args[0].decode(errors="replace") if isinstance(exc.args[0], bytes) else exc
        raise SandboxError(_worded(pattern, str(said))) from exc


def _worded(pattern: str, said: str) -> str:
    if re.search(r"\(\?(<?[=!]|>|P=|\()", pattern):
        lacking = "look-around, atomic groups and conditions"
    elif re.search(r"(?<!\\)(\\\\)*\\[1-9]", pattern):
        lacking = "back-references"
    else:
        return f"not a regular expression that RE2 knows: {said.partition(':')[0].strip()}"
    return f"RE2, which keeps regular expressions quick, has no {lacking}"


def search(run: Run, pattern: str, text: str) -> Iterator[Match]:
    """Find one match after the other, each within what the run may spend."""
    program = compiled(pattern)
    steps = len(text) * program.programsize
    if steps > MAX_STEPS:
        raise SandboxError("a text is too long for so large a regular expression")
    units = 20 + (steps >> 6)
    run.spend(units)
    for match in program.finditer(text):
        yield match
        run.spend(units)


@lru_cache(maxsize=256)
def parts(replacement: str) -> tuple[str | int | tuple[str], ...]:
    r"""Split a replacement such as `\1@example.org`: texts, group numbers, and names in a tuple."""
    if len(replacement) > MAX_PATTERN:
        raise SandboxError(f"a replacement has {MAX_PATTERN} characters at most")
    found: list[str | int | tuple[str]] = []
    at = 0
    for match in _GROUP.finditer(replacement):
        found.append(replacement[at : match.start()])
        found.append(_part(match))
        at = match.end()
    return (*found, replacement[at:])


def _part(match: re.Match[str]) -> str | int | tuple[str]:
    number, name, control, other = match.groups()
    if number:
        return int(number)
    if name:
        return int(name) if name.isdigit() else (name,)
    if control:
        return _CONTROLS[control]
    if other.isalnum():
        raise SandboxError(rf"a replacement knows groups as \\1 and \\g<name>, not \\{other}")
    return f"\\{other}"


def check_replacement(pattern: str, replacement: str) -> None:
    """Raise for a group that the pattern does not have."""
    program = compiled(pattern)
    for part in parts(replacement):
        if isinstance(part, int) and part > program.groups:
            raise SandboxError(f"the replacement wants group {part} of {program.groups}")
        if isinstance(part, tuple) and part[0] not in program.groupindex:
            raise SandboxError("the replacement wants a group that has no such name")


def replaced(run: Run, pattern: str, replacement: str, text: str) -> str:
    """Replace every match."""
    check_replacement(pattern, replacement)
    wanted = parts(replacement)
    pieces: list[str] = []
    size = at = 0
    for match in search(run, pattern, text):
        written = "".join(_written(match, part) for part in wanted)
        pieces += (text[at : match.start()], written)
        at = match.end()
        size = checked_size(size + len(written))
    return "".join((*pieces, text[at:]))


def _written(match: Match, part: str | int | tuple[str]) -> str:
    if isinstance(part, str):
        return part
    group = match.group(part if isinstance(part, int) else part[0])
    return group or ""
