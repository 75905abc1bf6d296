"""Starts the processes of a service, replaces those that die, restarts them one by one, ends them.

No loop and no threads: it forks. The sockets are taken once and stay open all the time, so that
nobody who connects is refused while a worker comes or goes. Nothing is counted here: what it had
counted, each worker would bring along.
"""

from __future__ import annotations

import gc
import logging
import signal
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from policy.errors import DocumentError, StartError
from policy.handlers.listening import ports_of, shut
from policy.handlers.tls import tls_of
from policy.workers.child import fork
from policy.workers.duty import run
from policy.workers.keeper import Keeper
from policy.workers.log_writer import LogWriter
from policy.workers.messages import (
    AskStates,
    Cover,
    Failed,
    Leaving,
    Prepared,
    Reload,
    Serving,
    State,
    Stop,
    Uncover,
)
from policy.workers.post import Post
from policy.workers.share import Board
from policy.workers.slots import Patience, Slot
from policy.workers.tally import Tally
from policy.workers.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from policy.directory.document import DirectoryFile
    from policy.documents import Parsed
    from policy.handlers.listening import Port, Ports
    from policy.rules.starting import Loaded
    from policy.settings import Settings
    from policy.workers.child import Child, Closable
    from policy.workers.waiting import Waiting

log = logging.getLogger(__name__)

# A worker waits for nothing that takes longer: rules are read, connections made.
START_S: Final = 60.0
# Answers under way, snapshot, counts; then it is ended by force.
STOP_S: Final = 30.0
# A large embedded database writes down much at its end.
KEEPER_STOP_S: Final = 60.0
STOPPING: Final = frozenset({signal.SIGINT, signal.SIGTERM})


class Supervisor:
    """Runs the processes; `waiting` must have been entered."""

    def __init__(
        self,
        settings: Settings,
        rules: Loaded,
        seed: Parsed[DirectoryFile] | None,
        ports: Ports,
        waiting: Waiting,
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._seed = seed
        self._ports = ports
        self._waiting = waiting
        self._log_writer = LogWriter(settings)
        self._board = Board(settings.server.workers)
        self._tally = Tally(self._log_writer.state)
        self._slots = [Slot(number, Patience()) for number in range(settings.server.workers)]
        self._keeper: Child | None = None
        self._keeper_patience = Patience()
        self._children: list[Child] = []
        self._to_roll: list[int] = []
        self._prepared: Prepared | None = None
        self._can_serve = False
        self._is_starting = True
        self._is_stopping = False

    def serve(self, say_ready: Callable[[Prepared], None]) -> None:
        """Run until told to stop; raises DocumentError or StartError when it cannot start."""
        gc.collect()
        gc.freeze()  # the children share what the collector does not touch
        try:
            self._until(lambda: self._prepared is not None)
            if not self._is_stopping:
                self._log_writer.start()
                self._can_serve = True
            self._until(lambda: all(slot.is_served for slot in self._slots))
            if self._prepared is not None and not self._is_stopping:
                self._is_starting = False
                say_ready(self._prepared)
            self._until(lambda: False)
        finally:
            self._end()

    def _until(self, claim: Callable[[], bool]) -> None:
        """Look after everything until the claim holds, or until told to stop."""
        while not self._is_stopping and not claim():
            self._tend()
            self._turn()

    def _end(self) -> None:
        """Stop the workers and then the keeper, by force if it must be."""
        self._is_stopping = True
        for port in self._all_ports():
            shut(port)
        for listener in self._listeners():
            listener.close()
        workers = [child for child in self._children if child is not self._keeper]
        self._stop(workers, STOP_S)
        self._log_writer.close()
        self._stop(self._children, KEEPER_STOP_S)

    def _stop(self, children: Iterable[Child], within_s: float) -> None:
        stopping = list(children)
        for child in stopping:
            child.stop(Stop(all_stop=True))
        until_s = time.monotonic() + within_s
        while any(child in self._children for child in stopping):
            self._turn(until_s)
            if time.monotonic() >= until_s:
                for child in stopping:
                    if child in self._children:
                        child.kill()

    def _turn(self, until_s: float | None = None) -> None:
        """Wait for something to happen, and note what has."""
        due = [each for each in (until_s, *self._due_s()) if each is not None]
        within_s = max(0.0, min(due) - time.monotonic()) if due else None
        numbers, speaking = self._waiting.wait(within_s)
        for child in speaking:
            self._hear(child)
        self._obey(numbers)
        self._tally.tend(time.monotonic())
        self._log_writer.tend()
        if signal.SIGCHLD in numbers:
            for child in tuple(self._children):
                ended = child.ended()
                if ended is not None:
                    self._bury(child, ended)

    def _due_s(self) -> Iterator[float | None]:
        yield self._tally.due_s()
        yield self._log_writer.due_s()
        if self._is_stopping:
            return
        yield self._keeper_patience.due_s
        for slot in self._slots:
            yield slot.patience.due_s if self._can_serve else None
        for child in self._children:
            yield self._overdue_s(child)

    def _overdue_s(self, child: Child) -> float | None:
        """Say when a worker has taken too long to come or to go."""
        if child.slot is None:
            return None
        if child.stopping_since_s is not None:
            return child.stopping_since_s + STOP_S
        return child.started_s + START_S if child.serving_since_s is None else None

    def _tend(self) -> None:
        """Start what is due, and end what is overdue."""
        now_s = time.monotonic()
        for child in self._children:
            overdue_s = self._overdue_s(child)
            if overdue_s is not None and overdue_s <= now_s:
                log.error("%s takes too long and is ended", child.name)
                child.kill()
                child.started_s = child.stopping_since_s = now_s  # once is enough
        if _is_due(self._keeper_patience, now_s):
            self._start_keeper()
        if not self._can_serve:
            return
        for slot in self._slots:
            if _is_due(slot.patience, now_s):
                slot.patience.started()
                slot.child = self._start_worker(slot)
        self._roll()

    def _start_keeper(self) -> None:
        self._keeper_patience.started()
        work = partial(Keeper.attend, self._settings, self._seed)
        self._keeper = self._start("the database's keeper", None, partial(run, work))

    def _start_worker(self, slot: Slot) -> Child:
        if self._prepared is None:
            raise StartError("a worker before its database")
        outlet, share = self._log_writer.outlet, self._board.share(slot.number)
        post = Post(
            slot.number, self._settings, self._ports, self._rules, self._prepared, outlet, share
        )
        name = f"worker {slot.number + 1}"
        child = self._start(name, slot.number, partial(run, partial(Worker.attend, post)))
        child.parting = share.close
        return child

    def _start(self, name: str, slot: int | None, work: Callable[..., int]) -> Child:
        child = fork(name, slot, work, partial(self._not_for, slot))
        self._children.append(child)
        self._waiting.watch(child)
        return child

    def _not_for(self, slot: int | None) -> Iterator[Closable]:
        """Give what only the supervisor may hold; the keeper needs no ports."""
        yield from self._waiting.parts()
        yield from self._children
        if slot is None:
            yield from self._log_writer.ends()
            yield from self._listeners()

    def _all_ports(self) -> Iterator[Port]:
        yield from self._ports.nodes
        if self._ports.operators is not None:
            yield self._ports.operators

    def _listeners(self) -> Iterator[Closable]:
        for port in self._all_ports():
            yield port.listener

    def _obey(self, numbers: set[int]) -> None:
        if STOPPING & numbers:
            self._is_stopping = True
        if signal.SIGHUP in numbers:
            for slot in self._slots:
                for child in (slot.child, slot.successor):
                    if child is not None:
                        child.tell(Reload())
        if signal.SIGUSR2 in numbers and not self._is_starting:
            self._ask_to_roll()

    def _hear(self, child: Child) -> None:
        for report in child.reports():
            self._take(child, report)
        if not child.is_line_open:
            self._waiting.forget(child)

    def _take(self, child: Child, report: object) -> None:
        match report:
            case Serving():
                child.serving_since_s = time.monotonic()
                self._welcome(child)
            case Prepared():
                child.serving_since_s = time.monotonic()
                self._prepared = self._prepared or report
            case Failed():
                child.failed = report
            case State():
                self._tally.take(child, report)
            case AskStates():
                self._tally.ask(child, report.ticket, self._children)
            case Leaving() if child.is_serving and child.slot is not None:
                self._to_roll.append(child.slot)
            case _:
                pass

    def _welcome(self, child: Child) -> None:
        """Let a worker serve its slot that has said that it does; who was there before may go."""
        slot = self._slots[child.slot or 0]
        if slot.successor is child:
            slot.successor = None
            before, slot.child = slot.child, child
            if before is not None:
                before.stop(Stop())
                self._cover_again(before)
        if slot.cover is not None:
            slot.cover.tell(Uncover(slot.number))
            slot.cover = None
        if not self._is_starting:
            log.info("%s serves", child.name)

    def _bury(self, child: Child, ended: str) -> None:
        """Note the end of a process, and see to its replacement."""
        self._hear(child)  # its last words
        self._waiting.forget(child)
        self._children.remove(child)
        self._tally.retire(child)
        child.parting()
        child.close()
        if self._is_starting and not self._is_stopping:
            _refuse(child, ended)
        elif not self._is_stopping:
            self._replace(child, ended)

    def _replace(self, child: Child, ended: str) -> None:
        if child is self._keeper:
            self._keeper = None
            if self._settings.database.url is None:
                _lament(child, ended, self._keeper_patience.died(child))
            return
        slot = self._slots[child.slot or 0]
        if slot.successor is child:
            slot.successor = None
            self._to_roll.clear()
            log.error("restarted no further: %s %s, the one before it serves on", child.name, ended)
        elif slot.child is child:
            slot.child, slot.successor = slot.successor, None
            if slot.child is None:
                _lament(child, ended, slot.patience.died(child))
            self._cover(slot)
        self._cover_again(child)

    def _cover(self, slot: Slot) -> None:
        """Let another worker accept for a slot that nobody serves."""
        others = [each.child for each in self._slots if each is not slot and each.is_served]
        slot.cover = others[0] if others else None
        if slot.cover is not None:
            slot.cover.tell(Cover(slot.number))

    def _cover_again(self, gone: Child) -> None:
        for slot in self._slots:
            if slot.cover is gone:
                self._cover(slot)

    def _ask_to_roll(self) -> None:
        """Restart all, one by one, with the certificate as it is on disk."""
        try:
            tls = tls_of(self._settings.server)
        except StartError as exc:
            log.error("nothing is restarted: %s", exc)  # noqa: TRY400  the place says nothing
            return
        operators = self._ports.operators
        self._ports = ports_of(
            self._settings,
            [port.listener for port in self._ports.nodes],
            operators.listener if operators is not None else None,
            tls,
        )
        self._to_roll = [slot.number for slot in self._slots]
        log.info("the workers are restarted, one by one")

    def _roll(self) -> None:
        """Start the next successor, when all are there and nobody is on the way out."""
        is_calm = all(slot.is_served and slot.successor is None for slot in self._slots)
        workers = [child for child in self._children if child.slot is not None]
        if not self._to_roll or not is_calm or len(workers) > len(self._slots):
            return
        slot = self._slots[self._to_roll.pop(0)]
        log.info("worker %d is restarted", slot.number + 1)
        slot.successor = self._start_worker(slot)


def _is_due(patience: Patience, now_s: float) -> bool:
    return patience.due_s is not None and patience.due_s <= now_s


def _refuse(child: Child, ended: str) -> None:
    """Raise what has kept the service from starting; a keeper may have nothing left to do."""
    if child.failed is not None and child.failed.problems:
        raise DocumentError(child.failed.problems)
    if child.failed is not None:
        raise StartError(child.failed.text)
    if child.serving_since_s is None or child.slot is not None:
        raise StartError(f"{child.name} {ended}, the log says more")


def _lament(child: Child, ended: str, pause_s: float) -> None:
    why = f": {child.failed.text}" if child.failed is not None else ""
    log.error("%s %s%s; another is started in %.1f s", child.name, ended, why, pause_s)
