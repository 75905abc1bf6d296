"""One finding, told in three ways."""

from __future__ import annotations

from typing import Final

import orjson

from policy.cli.findings import Findings, as_github, as_json, as_text
from policy.errors import Problem

FOUND: Final = Findings(
    [Problem("a,b.yaml", 3, 5, "50% of\nit: wrong"), Problem("c.yaml", 0, 0, "no such file")],
    [Problem("d.yaml", 1, 2, "unused")],
)


def test_text_begins_with_the_place() -> None:
    """Editors jump to it."""
    lines = "a,b.yaml:3:5: 50% of\nit: wrong\nc.yaml: no such file\nd.yaml:1:2: warning: unused\n"
    assert as_text(FOUND) == lines
    assert as_text(Findings()) == ""


def test_json_is_a_list_of_objects() -> None:
    """A line of 0 is the whole file."""
    got = orjson.loads(as_json(FOUND))

    assert got[0] == {
        "level": "error",
        "file": "a,b.yaml",
        "line": 3,
        "column": 5,
        "text": "50% of\nit: wrong",
    }
    assert [(each["level"], each["line"]) for each in got] == [
        ("error", 3),
        ("error", 0),
        ("warning", 1),
    ]
    assert orjson.loads(as_json(Findings())) == []


def test_github_is_told_in_workflow_commands() -> None:
    """What would end a command, or begin the next, is written as GitHub wants it."""
    assert as_github(FOUND).splitlines() == [
        "::error file=a%2Cb.yaml,line=3,col=5::50%25 of%0Ait: wrong",
        "::error file=c.yaml::no such file",
        "::warning file=d.yaml,line=1,col=2::unused",
    ]


def test_warnings_fail_only_those_who_want_it() -> None:
    """Problems fail everybody, and each is told once."""
    warned = Findings(warnings=FOUND.warnings)

    assert [FOUND.is_failed(strict=False), warned.is_failed(strict=False)] == [True, False]
    assert warned.is_failed(strict=True)
    assert len(list(Findings(FOUND.problems * 2).each())) == 2
