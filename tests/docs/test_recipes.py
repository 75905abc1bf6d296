"""Every rule set in examples/ loads without a warning, and its tests hold and leave out no rule."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest

from policy.casebook.cases import answer_of
from policy.casebook.coverage import coverage_of
from policy.casebook.files import load_casebooks
from policy.casebook.runner import problems_of, run_cases
from policy.decide.decision import Decision
from policy.decide.grounds import Plan
from policy.decide.rehearsal import Stage, rehearse
from policy.rules.files import load_rule_set, rule_files
from policy.rules.job import Surroundings
from policy.rules.question import Moment
from policy.settings_file import load_settings
from policy.wire.responses import CONTENT_TYPE, render
from policy.wire.vocabulary import Action
from tests.fakes.judge import judge
from tests.fakes.verdict import Answer, Kind, Verdict

if TYPE_CHECKING:
    from policy.casebook.cases import Case
    from policy.rules.model import Forward
    from policy.rules.table import RuleTable
    from policy.wire.answers import ForwardedAnswer

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ROOT / "examples"
VDX: Final = EXAMPLES / "vdx" / "rules"
FOLDERS: Final = [VDX, *sorted(path for path in (EXAMPLES / "recipes").iterdir() if path.is_dir())]
SCHEMA: Final = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")


def _around(folder: Path) -> Surroundings:
    """Give the names of the settings; recipes have only the one that they speak of."""
    if folder == VDX:
        settings = load_settings(EXAMPLES / "vdx" / "vdx-policy.yaml", {})
        return Surroundings(settings.platform, frozenset(settings.upstreams))
    return Surroundings(upstreams=frozenset({"old-server"}))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_recipe_does_what_its_tests_say(folder: Path) -> None:
    """Each case holds, no rule fails on the way, and each rule has a case."""
    rule_set = load_rule_set(folder, _around(folder))
    table = rule_set.table()

    results = [
        result
        for casebook in load_casebooks(folder)
        for result in run_cases(casebook, table, Plan())
    ]

    assert [str(problem) for result in results for problem in problems_of(result)] == []
    assert [result.faults for result in results if result.faults] == []
    assert [rule.name for rule in coverage_of(rule_set.rules, results).without_case] == []
    assert rule_set.warnings == ()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_node_takes_every_answer_of_a_recipe(folder: Path) -> None:
    """The judge has tables of its own, so that recipe and checks cannot be wrong together."""
    table = load_rule_set(folder, _around(folder)).table()

    verdicts = {
        f"{casebook.source}: {case.name}": _verdict(case, table, casebook.file.plan(Plan()))
        for casebook in load_casebooks(folder)
        for case in casebook.cases
    }

    wrong = {name: (each.faults, each.warnings) for name, each in verdicts.items()}
    assert {name: said for name, said in wrong.items() if said != ((), ())} == {}


def _verdict(case: Case, table: RuleTable, plan: Plan) -> Verdict:
    """Let the fake node judge what the server would send for a case."""

    def ask(forward: Forward) -> ForwardedAnswer | None:
        return answer_of(case.answers[forward.to], case.asked.request_type)

    stage = Stage(table, plan, case.rows.directory.find_now, ask)
    decision = rehearse(case.asked, stage, Moment(case.at, str(uuid4())))
    assert isinstance(decision, Decision)
    kind, query = Kind(case.asked.request_type), dict(parse_qsl(case.asked.query))
    if decision.action is Action.NOT_FOUND:
        return judge(kind, Answer(404, None), query)
    body = render(decision.action, decision.result, decision.notes())
    return judge(kind, Answer(200, CONTENT_TYPE, body), query)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_recipe_says_what_it_is_for(folder: Path) -> None:
    """Editors find the schema in the first line, and people a comment behind it."""
    for path in rule_files(folder):
        first, second, *_ = path.read_text(encoding="utf-8").splitlines(keepends=True)
        named = SCHEMA.fullmatch(first)
        assert named is not None, path
        assert (path.parent / named[1]).resolve() == ROOT / "schemas" / "rules.schema.json"
        assert second.startswith("# "), path


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_tests_of_a_recipe_name_their_schema(folder: Path) -> None:
    """Editors know what a case may say."""
    for path in folder.glob("*.test.yaml"):
        named = SCHEMA.match(path.read_text(encoding="utf-8"))
        assert named is not None, path
        assert (path.parent / named[1]).resolve() == ROOT / "schemas" / "tests.schema.json"
