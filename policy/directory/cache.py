"""Entries kept for a while: what is believed, what is asked anew, what serves while nobody answers.

What is kept are directory rows, not answers: a booking's window is decided anew for every call, so
no kept entry outlives the moment a meeting opens or ends.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol

from policy.directory.asking import Asking
from policy.directory.collecting import Settling, uncollected
from policy.directory.flights import settle
from policy.directory.kept import CHANGED, NEVER, Kept, Term
from policy.directory.records import Found
from policy.directory.shelf import Bounds, Shelf
from policy.errors import DirectoryError
from policy.metrics import (
    DIRECTORY_HIT,
    DIRECTORY_MISS,
    DIRECTORY_REFRESH,
    DIRECTORY_STALE,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from datetime import datetime

    from policy.directory.asking import Answer
    from policy.directory.lookup import TellingDirectory
    from policy.directory.records import AddressKey, Changes, Entry

# Whoever scans numbers gets this share of the memory, and no more.
UNOWNED_SHARE: Final = 0.1
# A hit in the rest of an entry's time asks for the next one, so that nobody has to wait for it.
REFRESH_AFTER: Final = 0.8
MAX_REFRESHING: Final = 50
# What failed is not asked ahead of need again at once.
REFRESH_RETRY_S: Final = 1.0
# Answers of one moment are believed equally long, by the same four numbers in memory.
GRAIN_S: Final = 1 / 16
# Whoever asks while the database fails waits for two such looks at most, 50 ms: a frozen one would
# cost every call the whole limit of a look-up.
FAILING_LOOK_S: Final = 0.025


class Lookup(Protocol):
    """Whoever finds entries and says how fresh they are."""

    def find(self, key: AddressKey) -> asyncio.Future[Found]:
        """Give what is known of a key, as soon as it is; DirectoryError when nobody can say."""
        ...

    def peek(self, key: AddressKey) -> Found | None:
        """Give at once what `find()` would give without asking anybody, else None.

        What is given counts as found; for None nothing happens, and `find()` is to be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long an entry is believed, in seconds.

    `untrusted_s` goes for all while nobody vouches that every change is heard of; `stale_s` comes
    on top for owned ones while the database is away.
    """

    owned_s: float
    unowned_s: float
    stale_s: float
    untrusted_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Around:
    """What a cache cannot know by itself.

    `now` is the database's clock, by which entries become wrong. `is_current` vouches that every
    change so far has been handed to `forget()`: after a gap it may say so again only when what was
    missed has been handed over.
    """

    clock_s: Callable[[], float]
    now: Callable[[], datetime]
    is_current: Callable[[], bool]


class _Flight:
    """Who waits for one key; `learners` make no calls.

    `was_seen` when a look found it under way already.
    """

    __slots__ = ("callers", "learners", "was_seen")

    def __init__(self) -> None:
        self.callers: list[asyncio.Future[Found]] = []
        self.learners: list[asyncio.Future[None]] = []
        self.was_seen = False


_NOBODY: Final = _Flight()  # waits any more once the cache is closed


class CachedDirectory:
    """Keeps what another directory said; waiters for one key share one question."""

    def __init__(
        self, directory: TellingDirectory, lifetimes: Lifetimes, bounds: Bounds, around: Around
    ) -> None:
        self._lifetimes = lifetimes
        self._around = around
        self._clock_s = around.clock_s
        self._is_current = around.is_current
        unowned_bytes = int(bounds.bytes * UNOWNED_SHARE)
        owned = Bounds(bounds.entries, bounds.bytes - unowned_bytes)
        self._owned = Shelf("owned", owned, around.clock_s)
        self._unowned = Shelf("unowned", Bounds(bounds.entries, unowned_bytes), around.clock_s)
        self._asking = Asking(directory, around.clock_s)
        # Who waits for what is asked for: one question for all.
        self._flights: dict[AddressKey, _Flight] = {}
        self._ahead: set[AddressKey] = set()  # which of these are asked before anybody does
        self._settling = Settling()
        self._is_failing = False  # the last question got no answer
        # One timer for all who wait then: one for each caller takes longer than to answer it.
        self._looking: asyncio.TimerHandle | None = None
        self._term = Term(0.0)  # of a room that was asked for at this time
        self._term_from = NEVER
        self._trust = 0  # goes up whenever all that is kept becomes doubtful

    def find(self, key: AddressKey) -> asyncio.Future[Found]:
        """Give a fresh entry, else ask, else a stale one; DirectoryError without any.

        Whoever gives up does not take the answer away from the others.
        """
        caller: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        found = self.peek(key)
        if found is not None:
            caller.set_result(found)
            return caller
        DIRECTORY_MISS.inc()
        if self._is_failing and self._looking is None:
            self._looking = caller.get_loop().call_later(FAILING_LOOK_S, self._look)
        self._flight(key).callers.append(caller)
        return caller

    def peek(self, key: AddressKey) -> Found | None:
        """Give a fresh entry, and see to the next one in time; None when it has to be asked for."""
        now = self._clock_s()
        kept = self._owned.find(key) or self._unowned.find(key)
        if kept is None or not self._believes(kept, now):
            return None
        if now >= kept.term.refresh_at:
            self._refresh(kept, now)
        kept.hits += 1
        DIRECTORY_HIT.inc()
        return kept.found or self._owned.found(kept)

    async def learn(self, key: AddressKey) -> None:
        """Keep an entry that somebody will want, unless a fresh one is there.

        Raises DirectoryError.
        """
        kept = self._owned.find(key) or self._unowned.find(key)
        if kept is None or not self._believes(kept, self._clock_s()):
            DIRECTORY_REFRESH.inc()
            learner: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._flight(key).learners.append(learner)
            await learner

    def forget(self, changes: Changes) -> None:
        """Believe nothing any more that changes concern.

        What is known to be another is read again at once, since it must not serve when the
        database goes away: it may be a meeting that was cancelled. After a change of everything
        what somebody owned still serves then, since most of it is as it was.
        """
        self._asking.tell(changes)
        if changes.everything:
            self._trust += 1
            self._unowned.clear()
            return
        for kept in self._owned.touched_by(changes):
            kept.distrust()
            self._read_ahead(kept.key)
        for kept in self._unowned.touched_by(changes):
            self._unowned.drop(kept.key)

    def restore(self, entries: Iterable[tuple[AddressKey, Entry]]) -> None:
        """Take in entries of an earlier run: they serve only while the database is away.

        What is kept already is not replaced.
        """
        term = Term(self._clock_s() + self._lifetimes.stale_s)
        with uncollected():
            for key, entry in entries:
                shelf = self._unowned if entry.target is None else self._owned
                if shelf.find(key) is None:
                    shelf.put(Kept(key, Found(entry), term))

    async def entries(self) -> AsyncIterator[list[tuple[AddressKey, Entry]]]:
        """Give, part by part, what may serve as stale and nothing speaks against."""
        for part in chain(self._owned.parts(), self._unowned.parts()):
            yield [(kept.key, kept.entry) for kept in part if self._may_be_written(kept)]
            await asyncio.sleep(0)

    async def take_calls(self) -> Mapping[int, int]:
        """Give by address how often it was asked for since the last time."""
        calls: Counter[int] = Counter()
        for part in self._owned.parts():
            for kept in part:
                number = kept.take_calls()
                address_id = kept.address_id if number else None
                if address_id is not None:
                    calls[address_id] += number
            await asyncio.sleep(0)
        return calls

    async def close(self) -> None:
        """Let nobody wait any more."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        flights, self._flights = self._flights, {}
        for flight in flights.values():
            closed = DirectoryError("directory: closed")
            for caller in flight.callers:
                settle(caller, closed)
            for learner in flight.learners:
                settle(learner, closed)

    def _believes(self, kept: Kept, now: float) -> bool:
        term = kept.term
        return term.trust == self._trust and (
            now < term.trusted_until or (now < term.fresh_until and self._is_current())
        )

    def _may_be_stale(self, kept: Kept) -> bool:
        return self._clock_s() < kept.term.forget_at and _is_worth_repeating(
            kept.domain, is_owned=kept.is_owned
        )

    def _may_be_written(self, kept: Kept) -> bool:
        return kept.term.trust == self._trust and _is_worth_repeating(
            kept.domain, is_owned=kept.is_owned
        )

    def _refresh(self, kept: Kept, now: float) -> None:
        """Ask ahead for what was wanted before."""
        if kept.hits and self._read_ahead(kept.key):
            kept.term = kept.term._replace(refresh_at=now + REFRESH_RETRY_S)

    def _read_ahead(self, key: AddressKey) -> bool:
        """Ask before anybody does, unless much is being asked already; says whether it does."""
        if len(self._ahead) >= MAX_REFRESHING or key in self._flights:
            return False
        DIRECTORY_REFRESH.inc()
        self._ahead.add(key)
        self._launch(key)
        return True

    def _flight(self, key: AddressKey) -> _Flight:
        """Give who waits for a key, for which one question is put."""
        return self._flights.get(key) or self._launch(key)

    def _launch(self, key: AddressKey) -> _Flight:
        flight = self._flights[key] = _Flight()
        self._asking.ask(key, partial(self._land, key))
        return flight

    def _land(self, key: AddressKey, said: Answer | Exception) -> None:
        """Keep an answer, and give it to all who wait, even when there is no room for it."""
        self._is_failing = isinstance(said, DirectoryError)
        self._ahead.discard(key)
        flight = self._flights.pop(key, _NOBODY)
        if isinstance(said, Exception):
            for caller in flight.callers:
                self._console(key, caller, said)
            for learner in flight.learners:
                settle(learner, said)
            return
        self._keep(key, said, len(flight.callers))
        if flight.callers:
            found = Found(said.entry)
            for caller in flight.callers:
                if not caller.done():
                    caller.set_result(found)
        for learner in flight.learners:
            settle(learner, None)

    def _console(self, key: AddressKey, caller: asyncio.Future[Found], exc: Exception) -> None:
        """Give a caller what was known before, if that is any good, else the error."""
        if caller.done():
            return
        known = self._owned.find(key) or self._unowned.find(key)
        is_away = isinstance(exc, DirectoryError)
        if (
            not is_away
            or known is None
            or known.term.trust == CHANGED
            or not self._may_be_stale(known)
        ):
            caller.set_exception(exc)
            return
        DIRECTORY_STALE.inc()
        known.other_calls += 1
        found = known.found or self._owned.found(known)
        caller.set_result(Found(found.entry, is_stale=True))

    def _look(self) -> None:
        """Let nobody wait for long for a database that did not answer the last question."""
        if self._is_failing:
            for key, flight in self._flights.items():
                if flight.was_seen:
                    callers, flight.callers = flight.callers, []
                    for caller in callers:
                        self._console(key, caller, DirectoryError("database: does not answer"))
                flight.was_seen = True
        self._looking = None
        if self._flights:
            loop = asyncio.get_running_loop()
            self._looking = loop.call_later(FAILING_LOOK_S, self._look)

    def _keep(self, key: AddressKey, answer: Answer, calls: int) -> None:
        """Keep an answer to a question that so many calls put."""
        kept = self._kept_of(key, answer)
        known = self._owned.find(key)
        kept.other_calls = calls if known is None else calls + known.take_calls()
        if answer.entry.target is None:
            self._owned.drop(key)
            self._unowned.put(kept)
        else:
            self._unowned.drop(key)
            self._owned.put(kept)
        self._settling.one_more()

    def _kept_of(self, key: AddressKey, answer: Answer) -> Kept:
        """Say how long an answer is believed: from when it was asked for, as then it was true."""
        entry = answer.entry
        asked_at = answer.asked_at - answer.asked_at % GRAIN_S
        if not answer.is_sure:
            term = self._term_of(key, entry, asked_at)
            return Kept(key, Found(entry), Term(term.forget_at, trust=CHANGED))
        if entry.valid_until is not None or entry.target is None:
            return Kept(key, Found(entry), self._term_of(key, entry, asked_at))
        # As for most rooms: what came together shares it.
        term = self._term
        if (asked_at, self._trust) != (self._term_from, term.trust) or (
            term.fresh_until < self._clock_s()
        ):
            self._term_from = asked_at
            self._term = self._term_of(key, entry, asked_at)
        return Kept(key, Found(entry), self._term)

    def _term_of(self, key: AddressKey, entry: Entry, asked_at: float) -> Term:
        now, lifetimes, is_owned = self._clock_s(), self._lifetimes, entry.target is not None
        fresh_until = asked_at + (lifetimes.owned_s if is_owned else lifetimes.unowned_s)
        if entry.valid_until is not None:
            left_s = (entry.valid_until - self._around.now()).total_seconds()
            fresh_until = min(fresh_until, now + left_s)
        fresh_until = max(fresh_until, now)
        forget_at = fresh_until
        if _is_worth_repeating(key.domain, is_owned=is_owned):
            forget_at += lifetimes.stale_s
        trusted_until = min(fresh_until, asked_at + lifetimes.untrusted_s)
        refresh_at = -NEVER
        if is_owned:
            until = fresh_until if self._is_current() else trusted_until
            refresh_at = asked_at + REFRESH_AFTER * (until - asked_at)
        return Term(forget_at, fresh_until, trusted_until, refresh_at, self._trust)


def _is_worth_repeating(domain: str, *, is_owned: bool) -> bool:
    """Say whether an old word is better than none while the database is away.

    That nobody owns an address may have changed. But a bare number that was nobody's leads on to
    the same number in the caller's own domain, which is how most devices dial.
    """
    return is_owned or not domain
