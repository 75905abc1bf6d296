"""The rules of a start: a fork reads them, while this process loads what answers calls.

To read rules takes much that a process which serves has no use for, and leaves ten times behind
what they need: with the fork both go. Measured with 10,000 rules: the process grows by 16 MiB.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Self, assert_never

from policy.errors import RulesError, StartError
from policy.rules.building import (
    Built,
    Failed,
    Intake,
    Unchanged,
    build_aside,
    ending,
    not_collecting,
    prepared,
)
from policy.rules.job import LENGTH, Refused
from policy.rules.reload import LiveRules, Reloader
from policy.rules.watching import look

if TYPE_CHECKING:
    from typing import BinaryIO

    from policy.errors import Problem
    from policy.rules.job import Job, RuleSource, Sent
    from policy.rules.table import RuleTable
    from policy.rules.watching import Sight


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rules as they were when they were read; processes that are forked after that share them."""

    table: RuleTable
    warnings: tuple[Problem, ...]
    seen: Sight

    def reloader(self, source: RuleSource) -> Reloader:
        """Put them in force."""
        return Reloader(LiveRules(self.table, self.warnings), source, self.seen)


async def load(source: RuleSource) -> Loaded:
    """Read, check and test the rules in a process of its own; raises RulesError or StartError."""
    seen = look(source.folder)  # before the load: a change during it is one to come
    match await build_aside(source.job()):
        case Built() as built:
            return Loaded(built.table, built.warnings, seen)
        case Refused(problems=problems):
            raise RulesError(problems)
        case Failed(text=text):
            raise StartError(text)
        case Unchanged():
            raise AssertionError("there were no rules that these could be the same as")
        case never:
            assert_never(never)


class Loading:
    """Rules that a fork reads. There must be no other thread when it begins, and no event loop."""

    def __init__(self, pid: int, home: int, seen: Sight) -> None:
        self._pid = pid
        self._home = home
        self._seen = seen

    @classmethod
    def begin(cls, source: RuleSource) -> Self:
        """Fork; whoever does not finish may end, and the fork will too."""
        seen = look(source.folder)
        home, away = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if not pid:
            os.close(home)
            _read(source.job(), away)
        os.close(away)
        return cls(pid, home, seen)

    def finish(self) -> Loaded:
        """Wait for the rules; raises RulesError with every problem, StartError without any."""
        sent, built = None, None
        with os.fdopen(self._home, "rb") as home, not_collecting():
            try:
                sent = _verdict(home)
                if not isinstance(sent, Refused):
                    built = _built(home, sent)
            except EOFError:
                pass
        code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        if isinstance(sent, Refused):
            raise RulesError(sent.problems)
        if built is None:
            raise StartError(f"the rules could not be built: their process {ending(code)}")
        return Loaded(built.table, built.warnings, self._seen)


def _read(job: Job, away: int) -> NoReturn:
    """Be the fork."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the parent tells of a Ctrl-C
        gc.disable()  # it will be over before there is anything to collect
        from policy.rules.workshop import send  # noqa: PLC0415  only here, see above

        with os.fdopen(away, "wb") as home:
            send(job, home, most_problems=sys.maxsize)
        code = 0
    except BrokenPipeError:
        pass  # nobody wants them any more
    except BaseException as fault:  # noqa: BLE001  nothing may come back from here
        # The place, and not the error's own text, which may repeat a PIN of a rule.
        place = "".join(traceback.format_tb(fault.__traceback__))
        sys.stderr.write(f"{place}{type(fault).__name__}\n")
    finally:
        sys.stderr.flush()
        os._exit(code)


def _verdict(home: BinaryIO) -> Refused | Sent:
    verdict: Refused | Sent = pickle.loads(_part(home))  # noqa: S301  our own fork's
    return verdict


def _built(home: BinaryIO, sent: Sent) -> Built:
    intake = Intake()
    for _ in range(sent.parts):
        intake.take(_part(home))
    return Built(prepared(intake.rules, sent.version), sent.warnings)


def _part(home: BinaryIO) -> bytes:
    """Read one part; raises EOFError when there is none."""
    head = home.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    part = home.read(length)
    if len(part) < length:
        raise EOFError
    return part
