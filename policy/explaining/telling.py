"""An explanation as lines for a terminal. Pure."""

from __future__ import annotations

import textwrap
from collections import Counter
from itertools import groupby
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from policy.explaining.explanation import DirectoryFact, Explanation, RuleStep, Sent

# Of rules that do not match, so many are shown unless all are asked for.
MAX_FAILED: Final = 30
_INDENT: Final = "  "
_LABEL: Final = 11
_MARKS: Final = {True: "✓", False: "✗"}
# What the rule did whose outcome is the decision.
DECIDES: Final = "decides"
# A longer name does not push the others to the right.
_MAX_NAME: Final = 36
_MIN_REST: Final = 30
# Of the conditions that fail, as many are named where rules are summed up.
_MAX_NAMED: Final = 4


def told(explanation: Explanation, width: int, *, all_rules: bool) -> str:
    """Give the lines of an explanation."""
    lines = [
        *_head(explanation, width),
        *_directory(explanation, width),
        *_rules(explanation, width, all_rules=all_rules),
        *_end(explanation, width),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _head(explanation: Explanation, width: int) -> Iterator[str]:
    yield from _labelled("request", f"{explanation.request}, at {explanation.at}", width)
    alias = explanation.alias
    if alias is None:
        yield from _labelled("alias", "nothing that anybody can own", width)
        return
    scheme = f", dialled with {alias.scheme}:" if alias.scheme else ""
    yield from _labelled("alias", f"{alias.text} ({alias.kind}{scheme})", width)
    if alias.becomes:
        yield from _labelled("", f"rewritten to {alias.becomes}", width)


def _directory(explanation: Explanation, width: int) -> Iterator[str]:
    if not explanation.directory:
        yield from _labelled("directory", "not asked", width)
    label = "directory"
    for fact in explanation.directory:
        yield from _labelled(label, _fact(fact), width)
        label = ""
    label = "forwarded"
    for other in explanation.others:
        yield from _labelled(label, f"policy server {other.name} {other.said}", width)
        label = ""


def _fact(fact: DirectoryFact) -> str:
    parts = [f"of {' < '.join(fact.subtree) or fact.owner}" if fact.owner else ""]
    parts += [f"{name} {value}" for name, value in fact.details]
    parts.append(f"tags {', '.join(fact.tags)}" if fact.tags else "")
    parts.append("" if fact.own_domain else "not in a domain of ours")
    parts.append("remembered, the database is away" if fact.is_stale else "")
    details = ", ".join(part for part in parts if part)
    return f"{fact.address}: {fact.is_a}{', ' if details else ''}{details}"


def _rules(explanation: Explanation, width: int, *, all_rules: bool) -> Iterator[str]:
    steps = explanation.steps
    matching = sum(step.matches for step in steps)
    counted = f"{len(steps)} looked at, {matching} match"
    yield from _labelled("rules", f"{counted} (version {explanation.rules_version})", width)
    shown = set(range(len(steps))) if all_rules else _worth_showing(steps)
    columns = _columns([step for index, step in enumerate(steps) if index in shown])
    for is_shown, group in groupby(enumerate(steps), lambda each: each[0] in shown):
        some = [step for _, step in group]
        if is_shown:
            yield from (line for step in some for line in _step(step, columns, width))
        else:
            yield from _wrapped(f"{_INDENT}… ", _summed_up(some), width)


def _worth_showing(steps: Sequence[RuleStep]) -> AbstractSet[int]:
    """Choose what matches and, of what does not, what came closest: to matching, and to the end.

    A rule that fails at the alias is about somebody else; one that fails later was meant for this
    call more likely.
    """
    failed = [index for index, step in enumerate(steps) if not step.matches]
    failed.sort(key=lambda index: (_is_about_alias(steps[index]), -index))
    return {index for index, step in enumerate(steps) if step.matches}.union(failed[:MAX_FAILED])


def _is_about_alias(step: RuleStep) -> bool:
    return step.condition == "alias" or step.condition.startswith("alias.")


def _summed_up(steps: Sequence[RuleStep]) -> str:
    counted = Counter(step.condition for step in steps)
    if len(counted) == 1:
        by = f"by {steps[0].condition}"
    else:
        most = counted.most_common(_MAX_NAMED)
        by = ", ".join(f"{count:,} by {condition}" for condition, count in most)
        by += "" if len(counted) <= _MAX_NAMED else " and others"
    rules = "rule does" if len(steps) == 1 else "rules do"
    return f"{len(steps):,} {rules} not match: {by}"


def _columns(steps: Iterable[RuleStep]) -> tuple[int, int]:
    names, places = [0], [0]
    for step in steps:
        names.append(len(step.rule))
        places.append(len(_place(step)))
    return min(max(names), _MAX_NAME), max(places)


def _place(step: RuleStep) -> str:
    return PurePath(step.place).name  # all rule files stand in one folder


def _step(step: RuleStep, columns: tuple[int, int], width: int) -> Iterator[str]:
    name, place = columns
    head = f"{_INDENT}{_MARKS[step.matches]} {step.rule:<{name}}  {_place(step):<{place}}  "
    texts = [*_texts(step)]
    if len(head) + _MIN_REST > width or len(step.rule) > name:
        yield head
        head = _INDENT * 3
    for text in texts:
        yield from _wrapped(head, text, width)
        head = " " * len(head)


def _texts(step: RuleStep) -> Iterator[str]:
    shadow = "shadow, " if step.is_shadow else ""
    if not step.matches and step.wanted:
        yield f"{shadow}{step.condition}: wanted {step.wanted}, got {step.got}"
    elif step.matches:
        yield f"{shadow}matches{' and decides' if DECIDES in step.did else ''}"
    else:
        yield f"{shadow}{step.condition}"
    yield from (text for text in step.did if text != DECIDES)
    yield from (f"log: {line}" for line in step.log)


def _end(explanation: Explanation, width: int) -> Iterator[str]:
    decided, sent = explanation.decided, explanation.sent
    if decided is None or sent is None:
        yield from _labelled("decision", f"none: {explanation.missing}", width)
        yield from _labelled("node", explanation.effect, width)
        return
    by = f", by rule {decided.rule}" if decided.rule else ""
    text = f": {decided.text}" if decided.text else ""
    took = f" ({explanation.took_ms:g} ms)" if explanation.took_ms else ""
    said = f"{decided.action}, {decided.reason}{by}{text}{took}"
    yield from _labelled("decision", said, width)
    for rule, why in decided.faults:
        yield from _labelled("", f"rule {rule} could not be carried out: {why}", width)
    yield from _answer(sent, width)
    yield from _labelled("node", explanation.effect, width)


def _answer(sent: Sent, width: int) -> Iterator[str]:
    described = f": {sent.described}" if sent.described else ""
    kind = f", {sent.content_type}" if sent.content_type else ""
    yield from _labelled("answer", f"HTTP {sent.status}{kind}{described}", width)
    if sent.body is not None:
        body = orjson.dumps(sent.body, option=orjson.OPT_INDENT_2).decode()
        yield from textwrap.indent(body, " " * _LABEL).splitlines()


def _labelled(label: str, text: str, width: int) -> Iterator[str]:
    return _wrapped(f"{label:<{_LABEL}}", text, width) if text else iter(())


def _wrapped(head: str, text: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(
        text,
        max(width, len(head) + _MIN_REST),
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
