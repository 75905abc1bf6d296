"""How the outcome of tests is told: to people, to programs as JSON, to CI systems as JUnit XML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

import click
import orjson

from policy.casebook.differences import Unsaid
from policy.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from policy.casebook.cases import Casebook
    from policy.casebook.coverage import Coverage
    from policy.casebook.differences import Difference
    from policy.casebook.runner import CaseResult

HIDDEN: Final = "**** (not in this test file)"

# What opens a room; it is shown only where the test file has it too.
_SECRETS: Final = frozenset(
    {"pin", "guest_pin", "password", "dtmf_sequence", "third_party_passcode", "presentation_url"}
)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of every case; without coverage nobody has asked for it."""

    results: Sequence[tuple[Casebook, CaseResult]]
    coverage: Coverage | None

    @property
    def failed(self) -> list[tuple[Casebook, CaseResult]]:
        """The cases that are not as wanted."""
        return [(book, result) for book, result in self.results if not result.is_passed]


def as_text(report: Report) -> str:
    """Tell people: what fails and how, how many there are, which rules have no case."""
    lines = [line for book, result in report.failed for line in _failure(book, result)]
    files = counted(len({book.source for book, _ in report.results}), "file")
    failed = len(report.failed)
    said = f"{failed} failed" if failed else "all passed"
    said = click.style(said, fg="red" if failed else "green", bold=True)
    if report.results:
        lines.append(f"{counted(len(report.results), 'case')} in {files}: {said}")
    if report.coverage is not None:
        lines += _coverage(report.coverage)
    return "\n".join(lines)


def as_json(report: Report) -> str:
    """Tell programs; a value that is not there is null."""
    document: dict[str, object] = {
        "passed": len(report.results) - len(report.failed),
        "failed": len(report.failed),
        "cases": [_document(book, result) for book, result in report.results],
    }
    coverage = report.coverage
    if coverage is not None:
        document["coverage"] = {
            "rules": coverage.rules,
            "covered": coverage.covered,
            "percent": coverage.percent,
            "without_case": [{"rule": r.name, "place": r.place} for r in coverage.without_case],
        }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2, default=str).decode()


def as_junit(report: Report) -> str:
    """Tell CI systems, which know this form best."""
    suites = ET.Element("testsuites")
    by_file: dict[str, ET.Element] = {}
    for book, result in report.results:
        suite = by_file.get(book.source)
        if suite is None:
            suite = by_file[book.source] = ET.SubElement(suites, "testsuite", name=book.source)
        name, line = result.case.name, str(result.case.place.line)
        case = ET.SubElement(
            suite, "testcase", classname=book.source, name=name, file=book.source, line=line
        )
        if not result.is_passed:
            lines = [click.unstyle(each) for each in _failure(book, result)]
            ET.SubElement(case, "failure", message=lines[1].strip()).text = "\n".join(lines)
    for suite in by_file.values():
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(sum(len(case) for case in suite)))
    return ET.tostring(suites, encoding="unicode")


def shown(value: object, casebook: Casebook, name: str = "") -> object:
    """Give a value as it may be printed: secrets of a rule or of another file are hidden."""
    if isinstance(value, Unsaid):
        return None if value is Unsaid.ABSENT else value.value
    if isinstance(value, dict):
        return {key: shown(each, casebook, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [shown(each, casebook, name) for each in value]
    is_hidden = name in _SECRETS and bool(value) and str(value) not in casebook.texts
    return HIDDEN if is_hidden else value


def _failure(casebook: Casebook, result: CaseResult) -> Iterator[str]:
    place = result.case.place
    where = click.style(f"{place.source}:{place.line}", bold=True)
    yield f"{click.style('FAIL', fg='red', bold=True)} {where} {result.case.name}"
    if result.stopped:
        yield f"  {result.stopped}"
    for each in result.differences:
        yield _styled("-", each, each.wanted, casebook)
        yield _styled("+", each, each.got, casebook)
        if each.hint:
            yield f"    {each.hint}"
    for rule, why in result.faults:
        yield f"  ! rule {rule!r} could not be carried out: {why}"


def _styled(sign: str, difference: Difference, value: object, casebook: Casebook) -> str:
    if isinstance(value, Unsaid):
        written = value.value
    else:
        written = orjson.dumps(shown(value, casebook, difference.field), default=str).decode()
    return click.style(
        f"  {sign} {difference.key}: {written}", fg="red" if sign == "-" else "green"
    )


def _coverage(coverage: Coverage) -> Iterator[str]:
    rules = counted(coverage.rules, "rule")
    yield f"coverage: {coverage.covered} of {rules} have a case, {coverage.percent} %"
    for rule in coverage.without_case:
        yield f"  {rule.place}: rule {rule.name!r} has no case"


def _document(casebook: Casebook, result: CaseResult) -> dict[str, object]:
    document: dict[str, object] = {
        "file": casebook.source,
        "line": result.case.place.line,
        "name": result.case.name,
        "passed": result.is_passed,
    }
    if not result.is_passed:
        document["differences"] = [
            {
                "key": each.key,
                "wanted": shown(each.wanted, casebook, each.field),
                "got": shown(each.got, casebook, each.field),
                "line": each.place.line,
                "column": each.place.column,
            }
            for each in result.differences
        ]
    if result.stopped:
        document["stopped"] = result.stopped
    if result.faults:
        document["faults"] = [{"rule": rule, "text": text} for rule, text in result.faults]
    return document
