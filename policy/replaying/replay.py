"""Recorded calls held against two sets of rules, or against one and what was answered. Pure.

Both sides decide with the same facts in the same moment. Other policy servers are not asked: that a
call is forwarded to one of them is the answer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR
from typing import TYPE_CHECKING, Final, TypeGuard
from uuid import UUID

from policy.decide.asking import decide, parse_request
from policy.decide.grounds import Grounds
from policy.directory.records import Found
from policy.replaying.differing import (
    Answer,
    Unfit,
    answer_of,
    as_recorded,
    differences,
    made_comparable,
    recorded_answer,
    recorded_token,
    why_unfit,
)
from policy.replaying.samples import sample_of
from policy.rules.known import Known, NeedsAnswer
from policy.rules.question import Moment
from policy.wire.answers import ForwardedAnswer
from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from policy.decide.asking import Request
    from policy.decide.grounds import Plan
    from policy.directory.records import AddressKey, Entry
    from policy.replaying.samples import Sample
    from policy.rules.model import Forward
    from policy.rules.table import RuleTable
    from policy.wire.recorded import Recorded

# Every call has a token of its own; two sides of one call must have the same.
TOKEN: Final = str(UUID(int=0))
# A difference that no node sees: another rule gives the same answer.
RULE: Final = "rule"
# More groups than anybody reads; a script that makes up field names cannot fill the memory.
MAX_GROUPS: Final = 5_000

# An entry has some 2 kB; not every alias of a year can be kept.
MAX_ENTRIES: Final = 50_000

GroupKey = tuple[str, str, tuple[str, ...]]
REST: Final[GroupKey] = ("", "", ("more than can be told apart",))


@dataclass(frozen=True, slots=True)
class Call:
    """A recorded request, where it stands, and as it was read once for both sides."""

    place: str
    recorded: Recorded
    request: Request
    moment: Moment


@dataclass(frozen=True, slots=True)
class Pair:
    """What both sides say of a call; `unfit` says why they cannot be compared."""

    before: Answer
    after: Answer
    differs: tuple[str, ...] = ()
    unfit: Unfit | None = None


class Player:
    """Decides calls on both sides; without a table `before`, what was recorded is that side.

    What it learns is kept from call to call. With `at` None each call is decided in its own
    moment, and `otherwise` is that of calls whose moment nobody recorded.
    """

    def __init__(
        self,
        tables: tuple[RuleTable | None, RuleTable],
        plan: Plan,
        *,
        at: datetime | None,
        otherwise: datetime,
    ) -> None:
        self._before, self._after = tables
        self._plan = plan
        self._known = Known()
        self._at = at
        self._otherwise = otherwise

    def prepare(self, place: str, recorded: Recorded) -> Call:
        """Read a request once for both sides."""
        request = parse_request(recorded.asked, self._plan.own_nodes)
        own = recorded.at if is_countable(recorded.at) else self._otherwise
        moment = Moment(self._at or own, recorded_token(recorded.answered) or TOKEN)
        return Call(place, recorded, request, moment)

    def play(self, call: Call) -> Pair:
        """Let both sides decide; raises NeedsEntry, and is asked again when that is known."""
        after = self._decided(call, self._after)
        if self._before is None:
            return against_record(call, after)
        before = self._decided(call, self._before)
        return Pair(before, after, differences(before, after))

    def learn(self, entries: Mapping[AddressKey, Entry]) -> None:
        """Take what the directory says of keys that were lacking."""
        if len(self._known.entries) > MAX_ENTRIES:
            self._known.entries.clear()
        self._known.entries.update((key, Found(entry)) for key, entry in entries.items())

    def _decided(self, call: Call, table: RuleTable) -> Answer:
        grounds = Grounds(table, self._plan, self._known, call.moment)
        while True:
            try:
                return answer_of(decide(call.request, grounds))
            except NeedsAnswer as needs:
                self._known.answers[needs.forward.to] = _forwarded(needs.forward)


def is_countable(at: datetime | None) -> TypeGuard[datetime]:
    """Say whether the clock of a call can show this time, and the days around it, in any zone."""
    return at is not None and MINYEAR < at.year < MAXYEAR


def _forwarded(forward: Forward) -> ForwardedAnswer:
    """Stand in for what another server would say, which is a picture where one is wanted."""
    return ForwardedAnswer(Action.CONTINUE, {"forwarded_to": forward.to}, image=forward.to.encode())


def against_record(call: Call, after: Answer) -> Pair:
    """Hold what the rules say against what was answered then."""
    answered, request = call.recorded.answered, call.recorded.asked.request_type
    before = recorded_answer(answered or {})
    unfit = why_unfit(request, before, after)
    if unfit is not None:
        return Pair(before, after, unfit=unfit)
    before, after = made_comparable(request, before, as_recorded(after))
    return Pair(before, after, differences(before, after))


@dataclass(slots=True)
class Group:
    """Calls that differ alike, and the first few of them."""

    calls: int = 0
    samples: list[Sample] = field(default_factory=list)


@dataclass(slots=True)
class Spoken:
    """How often each rule of one side decided, matched as a shadow, or could not be carried out."""

    decided: Counter[str] = field(default_factory=Counter)
    shadows: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def add(self, answer: Answer) -> None:
        """Count what was said to one call."""
        if answer.rule:
            self.decided[answer.rule] += 1
        self.shadows.update(answer.shadows)
        self.failed.update(answer.faults)


class Tally:
    """Counts pairs and keeps a few samples of each group; `key` is for pseudonyms of callers."""

    def __init__(self, *, samples: int, key: bytes) -> None:
        self.calls = 0
        self.differing = 0
        self.renamed = 0
        self.without_time = 0
        self.redacted = 0
        self.unfit: Counter[Unfit] = Counter()
        self.groups: dict[GroupKey, Group] = {}
        self.before = Spoken()
        self.after = Spoken()
        self._samples = samples
        self._key = key

    def add(self, call: Call, pair: Pair) -> None:
        """Count one call."""
        self.calls += 1
        self.without_time += not is_countable(call.recorded.at)
        self.redacted += call.recorded.answered is not None
        self.before.add(pair.before)
        self.after.add(pair.after)
        if pair.unfit is not None:
            self.unfit[pair.unfit] += 1
        elif pair.differs:
            self.differing += 1
            self._keep(call, pair, pair.differs)
        elif pair.before.rule != pair.after.rule:
            self.renamed += 1
            self._keep(call, pair, (RULE,))

    @property
    def compared(self) -> int:
        """How many calls could be compared."""
        return self.calls - self.unfit.total()

    def sorted_groups(self) -> list[tuple[GroupKey, Group]]:
        """Give the groups, what concerns most calls first, what no node sees last."""
        return sorted(
            self.groups.items(), key=lambda each: (each[0][2] == (RULE,), -each[1].calls, each[0])
        )

    def _keep(self, call: Call, pair: Pair, differs: tuple[str, ...]) -> None:
        key = (pair.before.rule, pair.after.rule, differs)
        if key not in self.groups and len(self.groups) >= MAX_GROUPS:
            key = REST
        group = self.groups.setdefault(key, Group())
        group.calls += 1
        if len(group.samples) < self._samples:
            sides = (pair.before, pair.after)
            group.samples.append(
                sample_of(call.place, call.recorded.asked, sides, pair.differs, self._key)
            )
