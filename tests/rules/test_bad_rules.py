"""Every message that a person can get from a rule file, held against the file it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from policy.errors import RulesError
from policy.rules.files import load_rules

BAD_RULES: Final = Path(__file__).parent.parent / "bad_rules"
FILES: Final = sorted(BAD_RULES.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_wrong_rule_file_is_told_what_is_wrong(path: Path, tmp_path: Path) -> None:
    """Every problem of the file is told, in order, with its line, its column and no secret."""
    wanted = path.with_suffix(".problems").read_text(encoding="utf-8").splitlines()
    (tmp_path / path.name).write_bytes(path.read_bytes())

    with pytest.raises(RulesError) as caught:
        load_rules(tmp_path)

    start = f"{tmp_path / path.name}:"
    assert str(caught.value).replace(f"{tmp_path}/", "").splitlines() == [
        f"{path.name}:{line}" for line in wanted
    ]
    assert all(str(problem).startswith(start) for problem in caught.value.problems)


def test_every_file_of_problems_has_its_rule_file() -> None:
    """No expectation is left behind when a rule file goes."""
    problems = {path.stem for path in BAD_RULES.glob("*.problems")}

    assert problems == {path.stem for path in FILES}
