"""What builds rules, in a process of its own: load, check, send the rules home in parts.

Reading 10,000 rules takes seconds of CPU, which would hold up calls in the serving process. What
goes home comes in small parts, since unpickling one large part would hold them up as well.
"""

from __future__ import annotations

import io
import os
import pickle
import signal
import sys
import threading
import traceback
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from policy.errors import RulesError
from policy.rules.clauses import SetsUpACall
from policy.rules.files import load_rule_set
from policy.rules.job import LENGTH, Items, Job, One, Refused, Sent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import TracebackType

    from policy.rules.files import RuleSet
    from policy.rules.model import Rule

# One part takes the serving process about half a millisecond to unpickle; networks cost most.
RULES_PER_PART: Final = 20
ITEMS_PER_PART: Final = 100
# More would be read by nobody.
MAX_PROBLEMS: Final = 100
# Rules have the same few of these; a copy of them for each part would be 3 MiB for 10,000 rules.
SHARED: Final = (partial, SetsUpACall)


def main() -> None:
    """Do the job that standard input holds; answer on what was standard output."""
    home = _stay_apart()
    job: Job = pickle.load(sys.stdin.buffer)  # noqa: S301  the parent's own words
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    with home:
        send(job, home)


def send(job: Job, home: BinaryIO, most_problems: int = MAX_PROBLEMS) -> None:
    """Write the answer, each part behind its length."""
    for part in answer(job, most_problems):
        home.write(LENGTH.pack(len(part)))
        home.write(part)


def load_and_check(job: Job) -> RuleSet:
    """Do all that rules must stand up to; raises RulesError with every problem."""
    rule_set = load_rule_set(job.folder, job.around)
    problems = job.check(rule_set) if job.check is not None else ()
    if problems:
        raise RulesError(problems)
    return rule_set


def answer(job: Job, most_problems: int = MAX_PROBLEMS) -> Iterator[bytes]:
    """Give the verdict, then the rules in parts, each pickled for itself."""
    try:
        rule_set = load_and_check(job)
    except RulesError as exc:
        yield pickle.dumps(Refused(exc.problems[:most_problems], len(exc.problems)))
        return
    yield from packed(rule_set, job.version)


def packed(rule_set: RuleSet, version: str = "") -> Iterator[bytes]:
    """Pickle what is to be said of the rules, then the rules in parts, but for this version."""
    parts = [] if rule_set.version == version else list(parts_of(rule_set.rules))
    yield pickle.dumps(Sent(rule_set.version, rule_set.warnings[:MAX_PROBLEMS], len(parts)))
    yield from parts


def parts_of(rules: Sequence[Rule]) -> Iterator[bytes]:
    """Pickle the rules some at a time; what they share goes before them, once, and in parts."""
    known: dict[int, object] = {}
    for start in range(0, len(rules), RULES_PER_PART):
        written = io.BytesIO()
        pickler = _Pickler(written, known)
        pickler.dump(rules[start : start + RULES_PER_PART])
        for value in pickler.found:
            if isinstance(value, (frozenset, tuple)):
                yield from map(pickle.dumps, _items_of(value))
            else:
                yield pickle.dumps(One(id(value), value))
        yield written.getvalue()


class _Pickler(pickle.Pickler):
    """Leaves out large collections, which Python unpickles in one go, and what rules share.

    The C code calls back.
    """

    def __init__(self, written: io.BytesIO, known: dict[int, object]) -> None:
        super().__init__(written, protocol=pickle.HIGHEST_PROTOCOL)
        self._known = known
        self.found: list[object] = []

    def persistent_id(self, value: object) -> int | None:
        """Put a large collection or a reader aside and number it; all else stays where it is."""
        if isinstance(value, (frozenset, tuple)):
            is_aside = len(value) > ITEMS_PER_PART
        else:
            is_aside = isinstance(value, SHARED)
        if not is_aside:
            return None
        if id(value) not in self._known:
            self._known[id(value)] = value
            self.found.append(value)
        return id(value)


def _items_of(large: frozenset[object] | tuple[object, ...]) -> Iterable[Items]:
    items = tuple(large)
    is_set = isinstance(large, frozenset)
    for start in range(0, len(items), ITEMS_PER_PART):
        end = start + ITEMS_PER_PART
        yield Items(id(large), items[start:end], is_set, is_last=end >= len(items))


def _stay_apart() -> BinaryIO:
    """Stay out of the way of the serving process, and give the way home."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the parent stops this process in its own time
    os.nice(10)  # with 19 a build on one busy core would get 1 % of it, and take minutes
    with suppress(OSError):  # short of memory, this is what may go: the old rules serve on
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    sys.excepthook = _say_where
    home = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library may print is no part of the answer
    return home


def _say_where(kind: type[BaseException], _: BaseException, place: TracebackType | None) -> None:
    """Say where the program broke; the error's own text may repeat a PIN of a rule."""
    sys.stderr.write("".join(traceback.format_tb(place)) + kind.__name__ + "\n")


def _end_with_the_parent() -> None:
    # Not by `sys.stdin`: a thread that waits in it would upset the interpreter's end.
    os.read(0, 1)
    os._exit(1)
