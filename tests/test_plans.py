"""The tests beside the rules, as a server has them run."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

from policy.plans import plan_of, rules_of
from policy.rules.files import load_rule_set
from policy.settings import Settings
from tests.rules.folders import folder_with, rule

if TYPE_CHECKING:
    from pathlib import Path

WRONG = """\
cases:
  - about: Nobody is refused.
    call: {local_alias: b@example.org}
    want: {action: reject}
"""


def test_tests_that_do_not_hold_are_told_of(tmp_path: Path) -> None:
    """Wherever they are run: what is sent there says all that they need."""
    folder = folder_with(tmp_path, a=rule("a"))
    source = rules_of(Settings.model_validate({"rules": {"folder": folder}}))
    check = pickle.loads(pickle.dumps(source.check))  # noqa: S301  our own words

    none = check(load_rule_set(folder))
    (folder / "a.test.yaml").write_text(WRONG)
    problems = check(load_rule_set(folder))

    assert none == []
    assert [problem.source for problem in problems] == [str(folder / "a.test.yaml")]


def test_a_plan_says_what_the_settings_say() -> None:
    """Under the names that deciding has for it."""
    said = {"avatars": {"initials": True}, "dialling": {"default_domain": "rooms.example.org"}}

    plan = plan_of(Settings.model_validate(said))

    assert (plan.initials, plan.dialling.default_domain) == (True, "rooms.example.org")


def test_what_serves_loads_nothing_that_reads_rules() -> None:
    """Nor what draws, explains or runs scripts: each process would pay with memory and time."""
    unwanted = [
        *("PIL", "cryptography.x509", "jinja2", "sqlalchemy"),
        *("policy.casebook", "policy.directory.document", "policy.explaining"),
        *("policy.rules.syntax", "policy.scripts.script"),
    ]
    code = (
        "import sys, policy.cli.serving, policy.workers.service\n"
        f"print(*(name for name in {unwanted} if name in sys.modules))"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout == "\n"
