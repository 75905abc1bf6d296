"""Requests and rules for tests of matching, and the way through the rules with all facts."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from policy.decide.addresses import state_of
from policy.directory.document import DirectoryFile
from policy.directory.memory import MemoryDirectory
from policy.directory.records import Found
from policy.documents import read_tree
from policy.rules.known import Dialling, Known, NeedsEntry
from policy.rules.lists import Lists, ListText
from policy.rules.question import Moment, Question
from policy.rules.syntax import parse_rules
from policy.rules.table import RuleTable
from policy.wire.alias import parse_alias
from policy.wire.parameters import Parameters
from policy.wire.vocabulary import CallDirection, RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.directory.records import AddressKey
    from policy.rules.clauses import Clause
    from policy.rules.model import Rule
    from policy.rules.trace import Trace
    from policy.rules.walk import Walk

NOW: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)
ROWS: Final = """
organisations:
  - {code: region, name: Region}
  - {code: clinic, name: Clinic, parent: region}
domains:
  - {domain: example.org, organisation: region, inherit: true}
rooms:
  - {organisation: clinic, aliases: [ward7@example.org], tags: [Ward, quiet], pin: "4821"}
devices:
  - {organisation: clinic, alias: desk@example.org, without_proof: true, tags: [Desk]}
addresses:
  - {alias: held@example.org, state: held}
"""


def rows(text: str = ROWS) -> MemoryDirectory:
    """Give a directory of some rows."""
    return MemoryDirectory(DirectoryFile.model_validate(read_tree(text, "rows").value))


def asked(
    alias: str = "ward7@example.org",
    request: RequestType = RequestType.SERVICE,
    now: datetime = NOW,
    sent: Mapping[str, object] | None = None,
    **parameters: str | list[str],
) -> Question:
    """Give a request; a call that comes in, when nothing else is said."""
    said: dict[str, object] = {"call_direction": "dial_in", "local_alias": alias}
    read = Parameters(urlencode({**said, **(sent or {}), **parameters}, doseq=True))
    return Question(
        request,
        parse_alias(alias),
        read,
        Known(),
        Dialling(),
        Moment(now, "token"),
        read.word("call_direction", CallDirection),
        state_of,
    )


def rules(*written: str, lists: Mapping[str, str] | None = None) -> list[Rule]:
    """Compile rules, each written as a mapping in one line."""
    text = "rules:\n" + "".join(f"  - {each}\n" for each in written)
    texts = {name: ListText(name, entries) for name, entries in (lists or {}).items()}
    return [each.rule for each in parse_rules(text, "rules.yaml", lists=Lists(texts))]


def table(*written: str, lists: Mapping[str, str] | None = None) -> RuleTable:
    """Give rules with their index."""
    return RuleTable(rules(*written, lists=lists))


def clauses(
    when: str, requests: str = "service", lists: Mapping[str, str] | None = None
) -> tuple[Clause, ...]:
    """Compile conditions."""
    then = "{set: {x: y}}"
    (rule,) = rules(f"{{name: r, for: [{requests}], when: {when}, then: {then}}}", lists=lists)
    return rule.clauses


def holds(when: str, question: Question, directory: MemoryDirectory | None = None) -> bool:
    """Say whether conditions hold for a request."""
    then = "{set: {x: y}}"
    request = question.request.value
    one = table(f"{{name: r, for: {request}, when: {when}, then: {then}}}")
    return "x" in walked(one, question, directory).question.facts


def walked(
    table: RuleTable,
    question: Question,
    directory: MemoryDirectory | None = None,
    trace: Trace | None = None,
) -> Walk:
    """Go through the rules to the first that decides, and fetch what they ask for."""
    return way(table, question, directory, trace)[0]


def way(
    table: RuleTable,
    question: Question,
    directory: MemoryDirectory | None = None,
    trace: Trace | None = None,
) -> tuple[Walk, str]:
    """Give the way through the rules, and the name of the one that decides."""
    directory = directory or rows()
    while True:
        walk = table.walk(copy(question), trace)
        try:
            rule = walk.next_rule()
        except NeedsEntry as needs:
            learn(question, needs.key, directory)
        else:
            return walk, rule.name if rule is not None else ""


def learn(question: Question, key: AddressKey, directory: MemoryDirectory) -> None:
    """Look up what a rule asks for."""
    question.known.entries[key] = Found(directory.find_now(key))


def decides(table: RuleTable, question: Question, directory: MemoryDirectory | None = None) -> str:
    """Give the name of the rule that decides, empty for none."""
    return way(table, question, directory)[1]
