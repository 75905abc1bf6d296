"""Cases as data: one call, the rows and rules it meets, and the wanted decision.

A case runs three ways: through the handlers with the fake directory, through what `vdx-policy test`
runs, and over HTTP by the fake node against PostgreSQL.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from policy.casebook.cases import Casebook, CaseCompiler
from policy.casebook.text import CaseFile, CaseText, Circumstances, Want
from policy.directory.document import DirectoryFile
from policy.documents import Document, Parsed, load
from policy.rules.syntax import RuleText
from policy.rules.table import RuleTable
from policy.settings import Settings
from tests.fakes.jpeg import find_picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.wire.vocabulary import RequestType

CASES: Final = Path(__file__).parent / "cases"


class Case(CaseText, Circumstances, Document):
    """A case as operators write it, alone in its file, with rules and settings of its own.

    Here the result must be the wanted one and no other, and the action is `continue` unless said.
    """

    name: str = "the case"
    about: str
    rules: tuple[RuleText, ...] = ()
    differs: str = ""

    def table(self) -> RuleTable:
        """Compile the rules of this case."""
        return RuleTable([rule.compiled() for rule in self.rules if rule.enabled])

    def rows(self) -> DirectoryFile:
        """Give the directory, which stands in the case itself."""
        assert not isinstance(self.directory, str)
        return self.directory or DirectoryFile()

    def settings(self) -> Settings:
        """Give the settings of this case."""
        written = self.model_dump(mode="json", include=set(Circumstances.model_fields))
        return Settings.model_validate(written)

    def casebook(self, parsed: Parsed[Case]) -> Casebook:
        """Give the case as a test file of an operator's."""
        sections = {name: getattr(self, name) for name in Circumstances.model_fields}
        file = CaseFile(**sections, cases=(self,))
        cases = CaseCompiler(file, parsed.marks, {}).cases()
        return Casebook(file, parsed.marks, cases, frozenset())


def load_cases(*requests: RequestType) -> Mapping[str, Parsed[Case]]:
    """Read every case of these request types, by its path below `cases/`."""
    cases: dict[str, Parsed[Case]] = {}
    for path in sorted(CASES.rglob("*.yaml")):
        parsed = load(path, Case)
        if parsed.value.request in requests:
            cases[str(path.relative_to(CASES).with_suffix(""))] = parsed
    return cases


def differences(want: Want, status: int, body: Mapping[str, object]) -> dict[str, object]:
    """Compare an answer with what is wanted; gives the parts that differ, as (got, want).

    A missing and an empty result mean the same to a node, except that a refused registration must
    have one, which the fake node judges. A name that ends with `:*` is made unique per call.
    """
    action = "not_found" if status == 404 else body.get("action")
    got = {"action": action, "result": body.get("result") or {}}
    wanted: dict[str, object] = {"action": want.action or "continue", "result": want.result or {}}
    for note in ("reason", "rule"):
        value = getattr(want, note)
        if value is not None and (status != 404 or note in body):  # a node reads no body of a 404
            got[note], wanted[note] = body.get(note), value
    got["ignore_local"] = body.get("ignore_local", False)
    wanted["ignore_local"] = bool(want.ignore_local)
    _mask_unique_name(got["result"], wanted["result"])
    return {key: (got[key], wanted[key]) for key in wanted if got[key] != wanted[key]}


def picture_facts(image: bytes) -> dict[str, object]:
    """Give the size of a picture as a node reads it from the bytes: a JPEG in colour."""
    picture = find_picture(image)
    if picture is None:
        return {}
    assert picture.components == 3
    return {"width": picture.width, "height": picture.height}


def _mask_unique_name(got: object, wanted: object) -> None:
    if not isinstance(got, dict) or not isinstance(wanted, dict):
        return
    pattern = str(wanted.get("name", ""))
    if pattern.endswith(":*") and str(got.get("name", "")).startswith(pattern[:-1]):
        got["name"] = pattern
