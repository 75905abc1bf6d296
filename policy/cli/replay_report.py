"""What a replay has shown, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from policy.replaying.hidden import looking_at_hidden
from policy.replaying.replay import RULE, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from policy.cli.recordings import Recordings
    from policy.replaying.replay import Group, GroupKey, Spoken
    from policy.replaying.samples import Change, Sample
    from policy.rules.model import Rule
    from policy.rules.table import RuleTable
    from policy.wire.vocabulary import RequestType

NO_RULE: Final = "no rule"
# A page of each; JSON has all.
MAX_GROUPS: Final = 50
MAX_RULES: Final = 30


@dataclass(frozen=True, slots=True)
class Sides:
    """What was held against what: `before` None is what was recorded."""

    before: RuleTable | None
    after: RuleTable
    only: frozenset[RequestType]
    is_recorded_time: bool

    def rules(self) -> list[Rule]:
        """Give each rule that could have spoken once, in its order."""
        tables = (self.after,) if self.before is None else (self.before, self.after)
        named = {rule.name: rule for table in tables for rule in table.rules}
        return [rule for rule in named.values() if rule.requests & self.only]


def as_text(tally: Tally, recordings: Recordings, sides: Sides) -> str:
    """Give the report as lines."""
    lines = [
        *_summary(tally, recordings, sides),
        *_groups(tally.sorted_groups()),
        *_rules(tally, sides),
        *(f"note: {each}" for each in notes(tally, sides)),
    ]
    return "".join(f"{line}\n" for line in lines)


def as_json(tally: Tally, recordings: Recordings, sides: Sides) -> str:
    """Give all of it as one JSON object."""
    document = {
        "calls": tally.calls,
        "compared": tally.compared,
        "differing": tally.differing,
        "percent": _percent(tally),
        "same_answer_by_another_rule": tally.renamed,
        "not_compared": {each.name.lower(): count for each, count in tally.unfit.items()},
        "without_time": tally.without_time,
        "skipped": {
            "no_request": recordings.others,
            "broken": recordings.broken,
            "first": recordings.told,
        },
        "before": None if sides.before is None else sides.before.version,
        "after": sides.after.version,
        "groups": [_group_document(key, group) for key, group in tally.sorted_groups()],
        "rules": [
            {"name": name, "before": before, "after": after}
            for name, before, after in _spoken(tally, sides)
        ],
        "failed": {"before": tally.before.failed, "after": tally.after.failed},
        "shadows": {"before": tally.before.shadows, "after": tally.after.shadows},
        "idle": idle(tally, sides),
        "notes": list(notes(tally, sides)),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def idle(tally: Tally, sides: Sides) -> list[str]:
    """Name the rules that decided nothing on either side, though they could have."""
    spoke = tally.before.decided.keys() | tally.after.decided.keys()
    return [
        rule.name
        for rule in sides.rules()
        if rule.then is not None and not rule.is_shadow and rule.name not in spoke
    ]


def notes(tally: Tally, sides: Sides) -> Iterator[str]:
    """Say what makes this replay another thing than the calls were."""
    if tally.without_time and sides.is_recorded_time:
        yield f"{tally.without_time} calls have no time and were decided as of now"
    for each, count in tally.unfit.items():
        yield f"{count} calls were not compared: {each.value}"
    hidden = looking_at_hidden(sides.rules()) if tally.redacted else ()
    if hidden:
        yield (
            f"{tally.redacted} calls come from a decision log, which hides who called; these rules "
            f"look at that and may do otherwise with real calls: {_listed(hidden)}"
        )


def _percent(tally: Tally) -> float:
    return round(100 * tally.differing / tally.compared, 4) if tally.compared else 0.0


def _summary(tally: Tally, recordings: Recordings, sides: Sides) -> Iterator[str]:
    was = "what was recorded" if sides.before is None else f"rules {sides.before.version}"
    yield f"{was} -> rules {sides.after.version}"
    yield f"{tally.compared} calls compared, {tally.differing} differ ({_percent(tally):g} %)"
    if tally.renamed:
        yield f"{tally.renamed} calls get the same answer by another rule"
    if recordings.others:
        yield f"{recordings.others} lines skipped: no policy requests"
    if recordings.broken:
        yield f"{recordings.broken} lines skipped: broken"
        yield from (f"  {each}" for each in recordings.told)


def _groups(groups: Sequence[tuple[GroupKey, Group]]) -> Iterator[str]:
    for (before, after, differs), group in groups[:MAX_GROUPS]:
        what = "same answer" if differs == (RULE,) else ", ".join(differs)
        yield ""
        yield f"{group.calls} calls: {before or NO_RULE} -> {after or NO_RULE} ({what})"
        for sample in group.samples:
            yield f"  {_sample(sample)}"
            yield from (f"    {_change(change)}" for change in sample.changes)
    if len(groups) > MAX_GROUPS:
        yield ""
        yield f"{len(groups) - MAX_GROUPS} more kinds of difference, see --format json"


def _sample(sample: Sample) -> str:
    caller = f" from {sample.caller}" if sample.caller else ""
    return f"{sample.place}: {sample.request.value} {sample.dialled}{caller}"


def _change(change: Change) -> str:
    if change.before == change.after:
        return f"{change.name}: differs, not shown"
    return f"{change.name}: {change.before} -> {change.after}"


def _rules(tally: Tally, sides: Sides) -> Iterator[str]:
    spoken = [each for each in _spoken(tally, sides) if each[1] or each[2]]
    if spoken:
        yield ""
        yield "calls decided by each rule, before -> after:"
        yield from (f"  {name}: {before} -> {after}" for name, before, after in spoken[:MAX_RULES])
        if len(spoken) > MAX_RULES:
            yield f"  and {len(spoken) - MAX_RULES} more"
    without_call = idle(tally, sides)
    if without_call:
        yield ""
        yield f"{len(without_call)} rules decided nothing: {_listed(without_call)}"
    for said, side in (("before", tally.before), ("after", tally.after)):
        yield from _failed(side, said)


def _failed(side: Spoken, said: str) -> Iterator[str]:
    for name, count in side.failed.most_common(MAX_RULES):
        yield f"{said}: {name} could not be carried out {count} times"


def _spoken(tally: Tally, sides: Sides) -> list[tuple[str, int, int]]:
    """Give how often each rule decided on both sides, the busiest first."""
    before, after = tally.before.decided, tally.after.decided
    names = dict.fromkeys([*(rule.name for rule in sides.rules()), *before, *after])
    counted = [(name, before[name], after[name]) for name in names]
    return sorted(counted, key=lambda each: -max(each[1:]))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_RULES} more" if len(names) > MAX_RULES else ""
    return ", ".join(names[:MAX_RULES]) + more


def _group_document(key: GroupKey, group: Group) -> Mapping[str, object]:
    before, after, differs = key
    return {
        "before": before,
        "after": after,
        "differs": differs,
        "calls": group.calls,
        "examples": list(_example_documents(group.samples)),
    }


def _example_documents(samples: Iterable[Sample]) -> Iterator[Mapping[str, object]]:
    for sample in samples:
        changes = [
            {"name": each.name, "before": each.before, "after": each.after}
            for each in sample.changes
        ]
        yield {
            "place": sample.place,
            "request": sample.request,
            "dialled": sample.dialled,
            "caller": sample.caller,
            "changes": changes,
        }
