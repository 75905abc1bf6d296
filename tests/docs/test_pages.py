"""What the pages show is run: commands, settings; what is made from code is current."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner

from docs.generate import PAGES
from policy.cli.main import cli
from policy.cli.serve import describe
from policy.decide.decision import Reason
from policy.server import Ready
from policy.settings import Settings
from policy.settings_file import leaves, load_settings, variable_of

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = sorted(
    path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if path.name != "CHANGELOG.md"
)
_BLOCK: Final = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


def _blocks(kind: str) -> list[tuple[str, str]]:
    return [
        (str(page.relative_to(ROOT)), block["text"])
        for page in DOCUMENTS
        for block in _BLOCK.finditer(page.read_text(encoding="utf-8"))
        if block["kind"] == kind
    ]


def _commands(program: str) -> list[str]:
    lines = (line for _, text in _blocks("sh") for line in text.splitlines())
    return sorted({line.split("#")[0].strip() for line in lines if line.startswith(program)})


@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_made_from_code_is_current(name: str) -> None:
    """`make docs` would change nothing."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name]()


def test_settings_that_are_shown_can_be_used(tmp_path: Path) -> None:
    """Whoever copies the settings of the README gets settings that load, with an own hash."""
    (text,) = (text for page, text in _blocks("yaml") if page == "README.md")
    path = tmp_path / "vdx-policy.yaml"
    path.write_text(text.replace("$argon2id$v=19$m=65536,t=3,p=4$…", PasswordHasher().hash("x")))

    settings = load_settings(path, {})

    assert settings.access.credentials[0].username == "nodes"


def test_the_command_that_is_shown_is_the_one_that_is_printed() -> None:
    """The README's first call is the line that `serve` prints for the example."""
    ready = Ready(
        url="http://127.0.0.1:8080",
        database="",
        addresses=0,
        example="721834@rooms.example.org",
        rules=0,
        rules_version="",
        note=None,
    )

    printed = describe(ready, Settings()).splitlines()[-1].strip()

    assert _commands("curl") == [printed]


@pytest.mark.parametrize("path", list(leaves()), ids=".".join)
def test_the_example_of_a_setting_is_accepted_and_not_its_default(path: tuple[str, ...]) -> None:
    """Every setting shows a value that somebody would choose."""
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    examples = {name: text for text, name in re.findall(r"example: `(.*)` · `(.*)`", page)}
    needed = {"VDX_POLICY_ACCESS_ANONYMOUS": "true"}
    if path == ("operator", "port"):
        needed["VDX_POLICY_OPERATOR_CREDENTIALS"] = examples["VDX_POLICY_OPERATOR_CREDENTIALS"]
    if path[0] == "server":  # the two go together
        pair = ("VDX_POLICY_SERVER_CERTIFICATE", "VDX_POLICY_SERVER_PRIVATE_KEY")
        needed |= {name: examples[name] for name in pair}
    environ = needed | {variable_of(path): examples[variable_of(path)]}

    changed = load_settings(None, environ).model_dump()

    default = Settings().model_dump()
    for part in path:
        changed, default = changed[part], default[part]
    assert changed != default


@pytest.mark.parametrize("command", _commands("make"))
def test_a_make_target_that_is_shown_exists(command: str) -> None:
    """Every `make` command on a page names targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = [word for word in shlex.split(command)[1:] if "=" not in word]
    assert [word for word in targets if not re.search(rf"^{word}:", makefile, re.MULTILINE)] == []


@pytest.mark.parametrize("command", _commands("vdx-policy"))
def test_a_command_that_is_shown_is_understood(command: str) -> None:
    """Every `vdx-policy` command on a page has the options it is shown with."""
    words = shlex.split(command)[1:]

    result = CliRunner().invoke(cli, [*words, "--help"])

    assert result.exit_code == 0, result.output


def test_every_reason_is_explained() -> None:
    """Whoever finds a reason in a support log finds it on a page."""
    text = "".join((ROOT / "docs" / name).read_text() for name in ("wire.md", "operate.md"))
    assert [reason for reason in Reason if f"`{reason}`" not in text] == []


def test_every_link_between_pages_leads_somewhere() -> None:
    """No page points to a file that is not there."""
    broken = [
        f"{page.name}: {target}"
        for page in DOCUMENTS
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_every_link_into_a_page_leads_to_a_heading() -> None:
    """Whoever follows a link gets to the place that is meant."""
    lost = [
        f"{page.name}: {name}#{anchor}"
        for page in DOCUMENTS
        for name, anchor in re.findall(r"\]\(([\w./]*)#([^)]+)\)", page.read_text(encoding="utf-8"))
        if anchor not in _anchors(page.parent / name if name else page)
    ]
    assert lost == []
