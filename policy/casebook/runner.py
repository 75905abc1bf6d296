"""Runs cases through the code that answers nodes, and tells how each differs. Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import orjson

from policy.casebook.cases import Case, Casebook, answer_of
from policy.casebook.differences import Difference, Image, Said, Unsaid, differences
from policy.decide.avatar import Drawing
from policy.decide.decision import Decision, Reason
from policy.decide.rehearsal import Stage, rehearse
from policy.errors import AnswerError, OutcomeError, Problem
from policy.pictures.initials import Initials
from policy.rules.question import Moment
from policy.rules.trace import Trace
from policy.wire.masking import MASK
from policy.wire.redaction import masked_result, with_stand_ins
from policy.wire.results import ServiceResult
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from policy.decide.grounds import Plan
    from policy.directory.records import PhonebookSearch
    from policy.rules.model import Forward
    from policy.rules.table import RuleTable
    from policy.wire.answers import ForwardedAnswer

    Result = Mapping[str, object] | Sequence[object] | None

# What makes the name of a gateway call its own; the same in each run.
_CALL: Final = "test"
_MAX_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of a case.

    `matched` names the rules that have matched, as far as they were noted, `faults` those that
    could not be carried out, and `stopped` why there is no decision at all.
    """

    case: Case
    differences: tuple[Difference, ...] = ()
    matched: frozenset[str] = frozenset()
    faults: tuple[tuple[str, str], ...] = ()
    stopped: str = field(default="")

    @property
    def is_passed(self) -> bool:
        """Whether everything is as wanted."""
        return not self.differences and not self.stopped


def run_cases(
    casebook: Casebook, table: RuleTable, plan: Plan, *, noting_matches: bool = True
) -> Iterator[CaseResult]:
    """Run every case of a file, in order; `plan` speaks where the file does not.

    To note all rules that match, each rule is looked at: of 10,000 rules that takes 20 ms a case,
    where the index takes 50 us.
    """
    own = casebook.file.plan(plan)
    for case in casebook.cases:
        # Of a picture and of a search only the trace knows which shadow rules match.
        is_traced = noting_matches or case.want.shadows is not None
        yield run_case(case, casebook, table, own, Trace() if is_traced else None)


def run_case(
    case: Case, casebook: Casebook, table: RuleTable, plan: Plan, trace: Trace | None = None
) -> CaseResult:
    """Decide one call and hold the decision against what is wanted; `plan` is the file's own."""

    def ask(forward: Forward) -> ForwardedAnswer | None:
        return _answer(case, forward)

    stage = Stage(table, plan, case.rows.directory.find_now, ask)
    try:
        outcome = rehearse(case.asked, stage, Moment(case.at, _CALL), trace)
    except OutcomeError as exc:
        return CaseResult(case, stopped=str(exc), matched=_matched(trace))
    said = _said(outcome, case, plan, _shadows(trace))
    found = [
        replace(each, place=casebook.marks.place_of((*case.loc, "want", *each.loc)))
        for each in differences(case.want, said)
    ]
    return CaseResult(
        case,
        tuple(_hinted(each, table) for each in found),
        _matched(trace) | ({said.rule} if said.rule else frozenset()),
        outcome.faults if isinstance(outcome, Decision) else (),
    )


def problems_of(result: CaseResult) -> list[Problem]:
    """Tell what differs in words that may stand in a log: nothing secret, no caller's name."""
    named = f"case {result.case.name!r}"
    if result.stopped:
        return [result.case.place.problem(f"{named}: {result.stopped}")]
    return [
        each.place.problem(f"{named}: {_told(each, result.case)}") for each in result.differences
    ]


def _answer(case: Case, forward: Forward) -> ForwardedAnswer | None:
    written = case.answers.get(forward.to)
    if written is None:
        raise OutcomeError(
            f"a rule asks the policy server {forward.to!r}, for which the test has no answer: "
            f"write answers: {{{forward.to}: failed}}, or what it says"
        )
    try:
        return answer_of(written, case.asked.request_type)
    except AnswerError as exc:
        raise OutcomeError(f"answers: {forward.to!r}: {exc}") from exc


def _matched(trace: Trace | None) -> frozenset[str]:
    steps = trace.steps if trace is not None else ()
    return frozenset(step.rule for step in steps if not step.failed)


def _shadows(trace: Trace | None) -> tuple[str, ...]:
    steps = trace.steps if trace is not None else ()
    return tuple(sorted(step.rule for step in steps if step.is_shadow and not step.failed))


def _plain(result: Result) -> Result:
    """Give a result that is compared field by field and shown."""
    return result.document() if isinstance(result, ServiceResult) else result


def _said(
    outcome: Decision | Drawing | PhonebookSearch, case: Case, plan: Plan, shadows: tuple[str, ...]
) -> Said:
    """Put what was decided into the words of a test file, as the server would go on."""
    hides = plan.ignore_local and case.asked.request_type is RequestType.PHONEBOOK
    match outcome:
        case Decision():
            is_own = outcome.reason is not Reason.FORWARDED
            return Said(
                action=outcome.action,
                reason=outcome.reason,
                rule=outcome.rule,
                text=outcome.text,
                result=_plain(outcome.result),
                shadows=shadows,
                ignore_local=hides if is_own else outcome.ignore_local,
            )
        case Drawing():
            return Said(
                action=Action.CONTINUE,
                reason=outcome.reason,
                shadows=shadows,
                image=_image(outcome, case),
            )
        case _:
            return Said(
                action=Action.CONTINUE,
                reason=Reason.OK,
                result=Unsaid.SEARCHED,
                shadows=shadows,
                ignore_local=hides,
            )


def _image(drawing: Drawing, case: Case) -> Image:
    if isinstance(drawing.of, Initials):
        return Image(drawing.width, drawing.height, initials=drawing.of.letters)
    file = case.rows.pictures.get(drawing.of, "")
    return Image(drawing.width, drawing.height, file=file)


def _hinted(difference: Difference, table: RuleTable) -> Difference:
    """Say when a rule that is wanted is not there at all."""
    names = {rule.name for rule in table.rules}
    if difference.key != "rule" or not difference.wanted or difference.wanted in names:
        return difference
    near = difflib.get_close_matches(str(difference.wanted), sorted(names), n=1)
    hint = f", did you mean {near[0]!r}?" if near else ""
    return replace(difference, hint=f"no rule in force has the name {difference.wanted!r}{hint}")


def _told(difference: Difference, case: Case) -> str:
    _, stand_ins = with_stand_ins(case.asked, _CALL.encode())
    # A text of a rule may repeat what the caller said, as a reason to reject may.
    name = "reject_reason" if difference.loc == ("text",) else difference.field

    def shown(value: object) -> str:
        return as_words(
            value if isinstance(value, Unsaid) else masked_field(name, value, stand_ins)
        )

    hint = f"; {difference.hint}" if difference.hint else ""
    return f"{difference.key}: wanted {shown(difference.wanted)}, got {shown(difference.got)}{hint}"


def masked_field(name: str, value: object, stand_ins: Mapping[str, str]) -> object:
    """Give what a log may keep of one field of an answer."""
    masked = masked_result({name: value}, stand_ins)
    return masked[name] if isinstance(masked, dict) else MASK


def as_words(value: object) -> str:
    """Write a value on one line, and not without end."""
    if isinstance(value, Unsaid):
        return value.value
    is_text = isinstance(value, str)
    text = repr(str(value)) if is_text else orjson.dumps(value, default=str).decode()
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"
