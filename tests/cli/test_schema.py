"""Editors are told what our files may hold: everything that is right, and most of what is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from jsonschema import Draft202012Validator

from policy.cli.schema import FILES, schema_of, schema_text
from policy.documents import read_tree
from policy.errors import DocumentError

if TYPE_CHECKING:
    from tests.cli.conftest import Run

ROOT: Final = Path(__file__).parents[2]
VALIDATORS: Final = {file: Draft202012Validator(schema_of(file)) for file in FILES}
EXAMPLES: Final = sorted((ROOT / "examples").rglob("*.yaml"))
CASES: Final = sorted((ROOT / "tests" / "bad_rules").glob("*.yaml"))
# What a schema cannot know: other parts of the file, other files, names, regular expressions.
BEYOND: Final = re.compile(
    r"alias-bad|of-other-request|domain-bad|fact-|list-unknown|location-for-service|name-twice"
    r"|pattern-of-reception|pin-pair|placeholder|platform-name|playback|regex|registration-half"
    r"|subnet-bad|forward-without"
)


def _kind(path: Path) -> str:
    if path.name.endswith(".test.yaml"):
        return "tests"
    if path.name == "directory.yaml":
        return "directory"
    return "settings" if path.name == "vdx-policy.yaml" else "rules"


def _as_an_editor_reads(value: object) -> object:
    """Read decimals as numbers, which is what YAML has them be for everybody else."""
    if isinstance(value, dict):
        return {key: _as_an_editor_reads(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_an_editor_reads(each) for each in value]
    is_decimal = isinstance(value, str) and re.fullmatch(r"[0-9]+\.[0-9]+", value)
    return float(str(value)) if is_decimal else value


def _read(path: Path) -> object:
    return _as_an_editor_reads(read_tree(path.read_text(encoding="utf-8"), path.name).value)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_is_right(path: Path) -> None:
    """No editor may call a file wrong that the server takes."""
    errors = [error.message for error in VALIDATORS[_kind(path)].iter_errors(_read(path))]

    assert errors == []


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_most_mistakes_are_seen_while_they_are_typed(path: Path) -> None:
    """What is wrong by itself, an editor underlines."""
    try:
        document = _read(path)
    except DocumentError:
        return  # not even YAML

    assert BEYOND.search(path.stem) or not VALIDATORS["rules"].is_valid(document)


@pytest.mark.parametrize("file", FILES)
def test_the_schemas_are_current(file: str) -> None:
    """`make docs` writes them; editors read the committed ones."""
    VALIDATORS[file].check_schema(schema_of(file))
    written = (ROOT / "schemas" / f"{file}.schema.json").read_text(encoding="utf-8")

    assert written == schema_text(file), "run make docs"


@pytest.mark.parametrize(
    ("rule", "is_right"),
    [
        (
            {"when": {"vendor": "a", "share": "10%", "time": {"days": "mon"}}, "then": "continue"},
            True,
        ),
        ({"when": {"alias": {"exact": 721834}, "protocol": "sip"}, "then": {"room": 7}}, True),
        ({"when": {"any": [{"not": {"subnet": "10.0.0.0/8"}}]}, "then": "not_found"}, True),
        ({"then": {"override": {"view": "${fact.view}"}}}, True),
        ({"then": {"service": None}}, False),
        ({"when": {"alais": {}}, "then": "continue"}, False),
        ({"when": {"any": [{"protcol": "sip"}]}, "then": "continue"}, False),
        ({"then": {"reject": "a", "room": "b"}}, False),
        ({"then": {"set": {"a": "b"}, "room": "b"}}, True),
        ({"then": "reject"}, False),
        ({"for": "services", "then": "continue"}, False),
        ({"for": "avatar", "then": "not_found"}, True),
    ],
)
def test_short_forms_are_right_and_typing_errors_wrong(
    rule: dict[str, object],
    is_right: bool,  # noqa: FBT001  a table
) -> None:
    """What people write most is known in each way in which it may be written."""
    assert VALIDATORS["rules"].is_valid({"rules": [{"name": "a", **rule}]}) is is_right


def test_completion_explains() -> None:
    """Every key of a rule, of a condition and of an outcome has a sentence."""
    definitions = schema_of("rules")["$defs"]
    assert isinstance(definitions, dict)
    for name in ("RuleText", "When", "Then"):
        alternatives = definitions[name].get("anyOf", [definitions[name]])
        (full,) = [each for each in alternatives if "properties" in each]
        bare = [key for key, each in full["properties"].items() if "description" not in each]
        assert bare == []


def test_the_command_prints_a_schema(run: Run) -> None:
    """For whoever keeps rules somewhere else."""
    done = run("schema", "tests")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == schema_text("tests")
    assert run("schema").stdout == schema_text("rules")
