"""`vdx-policy test`: run the cases that stand beside the rules."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from policy.casebook.coverage import coverage_of
from policy.casebook.files import load_casebook, load_casebooks
from policy.casebook.runner import run_cases
from policy.cli.case_reports import Report, as_json, as_junit, as_text
from policy.cli.options import config_option, settings_from
from policy.plans import plan_of
from policy.rules.files import TEST_SUFFIX, load_rule_set
from policy.rules.job import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from policy.casebook.cases import Casebook
    from policy.casebook.runner import CaseResult
    from policy.decide.grounds import Plan
    from policy.rules.files import RuleSet

# Fewer are done before anybody has read a bar.
MIN_FOR_A_BAR: Final = 300
FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
}


@click.command("test")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@config_option
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="text",
    help="How to tell: text for people, json, or junit for CI systems.",
)
@click.option("-k", "part", default="", help="Run only cases with this in their name or file.")
@click.option(
    "--coverage/--no-coverage", default=True, help="Say which rules have no case (usual)."
)
@click.option(
    "--require-coverage",
    "required",
    type=click.FloatRange(0, 100),
    help="Fail when fewer per cent of the rules have a case.",
)
def test_command(
    path: Path | None,
    config: Path | None,
    form: str,
    part: str,
    *,
    coverage: bool,
    required: float | None,
) -> None:
    """Run the cases of every *.test.yaml file in PATH, which is rules.folder of the settings.

    PATH may also be one test file, which is run with the rules beside it.

    Exit code 0 when all is as wanted, also when there are no cases; 1 when a case fails or too
    few rules have one; 2 when files are wrong.
    """
    if part and required is not None:
        raise click.UsageError("--require-coverage needs all cases, so it does not go with -k")
    settings = settings_from(config)
    one_file = path if path is not None and path.is_file() else None
    folder = one_file.parent if one_file else path or settings.rules.folder
    # Rules that are tried out by their path may name servers that no settings know yet.
    any_upstream = path is not None and not settings.upstreams
    upstreams = None if any_upstream else frozenset(settings.upstreams)
    rule_set = load_rule_set(folder, Surroundings(settings.platform, upstreams))
    casebooks = [load_casebook(one_file)] if one_file else load_casebooks(folder)
    coverage = coverage and one_file is None
    wants_coverage = required is not None or (coverage and not part)
    ran = list(_run(casebooks, rule_set, plan_of(settings), part, is_covered=wants_coverage))
    found = coverage_of(rule_set.rules, (each for _, each in ran)) if wants_coverage else None
    report = Report(ran, found)
    if told := FORMATS[form](report):
        click.echo(told)
    if not ran:
        click.echo(_nothing(folder, part), err=True)
    if report.failed or (
        found is not None and required is not None and not found.reaches(required)
    ):
        sys.exit(1)


def _run(
    casebooks: Sequence[Casebook],
    rule_set: RuleSet,
    plan: Plan,
    part: str,
    *,
    is_covered: bool,
) -> Iterator[tuple[Casebook, CaseResult]]:
    table = rule_set.table()
    chosen = [_with_part(book, part.lower()) for book in casebooks]
    count = sum(len(book.cases) for book in chosen)
    with _bar(count) as tell:
        for book in chosen:
            for result in run_cases(book, table, plan, noting_matches=is_covered):
                yield book, result
                tell()


def _with_part(casebook: Casebook, part: str) -> Casebook:
    if part in Path(casebook.source).name.lower():
        return casebook
    return replace(casebook, cases=tuple(c for c in casebook.cases if part in c.name.lower()))


@contextmanager
def _bar(count: int) -> Iterator[Callable[[], None]]:
    """Show how far it is to whoever waits at a terminal; the report itself goes to stdout."""
    if count < MIN_FOR_A_BAR or not (sys.stdout.isatty() and sys.stderr.isatty()):
        yield lambda: None
        return
    with click.progressbar(length=count, label="running cases", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def _nothing(folder: Path, part: str) -> str:
    if part:
        return f"no case in {folder} has {part!r} in its name or file"
    example = "{name: ..., call: {local_alias: ...}, want: {rule: ...}}"
    return f"no *{TEST_SUFFIX} file in {folder}: write one with cases: [{example}]"
