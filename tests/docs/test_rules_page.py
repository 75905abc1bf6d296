"""What docs/rules.md shows can be used as it stands, and the page leaves nothing out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from policy.casebook.files import check_folder
from policy.rules.calendar import TimeCondition
from policy.rules.conditions import When
from policy.rules.files import load_rule_set
from policy.rules.job import Surroundings
from policy.rules.outcomes import Then
from policy.rules.parameters import PARAMETERS
from policy.rules.syntax import RuleText
from policy.rules.templates import NAMES
from policy.wire.devices import DeviceFamily

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policy.documents import Document

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
AROUND: Final = Surroundings(upstreams=frozenset({"old-server"}))
_BLOCK: Final = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Snippet:
    """Rules that a page shows, with the lists that stand in front of them."""

    page: str
    text: str = field(repr=False)
    lists: dict[str, str] = field(repr=False)

    def write(self, folder: Path) -> Path:
        """Lay everything where an operator would."""
        (folder / "10-snippet.yaml").write_text(self.text, encoding="utf-8")
        for name, text in self.lists.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return folder


def _snippets() -> Iterator[Snippet]:
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]):
        lists: dict[str, str] = {}
        for block in _BLOCK.finditer(path.read_text(encoding="utf-8")):
            kind, _, name = block["kind"].partition(" ")
            if kind == "text" and name.endswith(".txt"):
                lists[name] = block["text"]
            elif block["kind"] == "yaml rules":
                yield Snippet(str(path.relative_to(ROOT)), block["text"], lists)
                lists = {}


SNIPPETS: Final = list(_snippets())


@pytest.mark.parametrize("snippet", SNIPPETS, ids=range(len(SNIPPETS)))
def test_rules_that_are_shown_can_be_used(snippet: Snippet, tmp_path: Path) -> None:
    """Whoever copies rules from a page gets rules that load without a warning."""
    rule_set = load_rule_set(snippet.write(tmp_path), AROUND)

    assert rule_set.rules
    assert rule_set.warnings == ()


def test_the_test_that_is_shown_holds(tmp_path: Path) -> None:
    """Whoever copies it beside the rules that it names sees it pass."""
    (tests,) = re.findall(r"^```yaml tests\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (rules,) = [each for each in SNIPPETS if "consultation-time" in each.text]
    folder = rules.write(tmp_path)
    (folder / "10-snippet.test.yaml").write_text(tests, encoding="utf-8")

    assert check_folder(folder, load_rule_set(folder)) == []


def _keys(model: type[Document]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


@pytest.mark.parametrize("model", [RuleText, When, Then, TimeCondition], ids=lambda m: m.__name__)
def test_every_key_is_explained(model: type[Document]) -> None:
    """A condition, an outcome or a change that the page does not name is there for nobody."""
    assert [key for key in _keys(model) if not re.search(rf"`{key}\b", PAGE)] == []


def test_every_placeholder_and_device_is_named() -> None:
    """Parameters stand in their own table and are placeholders too."""
    placeholders = {f"${{{name}}}" for name in NAMES - PARAMETERS.keys()}
    families = {f"`{family}`" for family in DeviceFamily}

    assert [each for each in sorted(placeholders | families) if each not in PAGE] == []


def test_every_recipe_is_listed() -> None:
    """A recipe that the page does not show is found by nobody."""
    recipes = {path.name for path in (ROOT / "examples" / "recipes").iterdir()}
    linked = set(re.findall(r"\(\.\./examples/recipes/([^/)]+)/\)", PAGE))

    assert linked == recipes
