"""Cases as data: one call, the rows and rules it meets, and the wanted decision.

A case runs two ways: through the handlers with the fake directory, and over HTTP by the fake node
against PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, Field

from policy.directory.document import DirectoryFile
from policy.documents import Document, Parsed, load
from policy.rules.syntax import RuleText
from policy.rules.table import RuleTable
from policy.settings import Avatars, Dialling, Participants, Phonebook
from policy.wire.vocabulary import RequestType
from tests.fakes.jpeg import find_picture

CASES: Final = Path(__file__).parent / "cases"
# A day in summer; cases that care about the time say which.
DEFAULT_NOW: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)


class Want(Document):
    """What the node is to be told; without `reason` and `rule` any will do."""

    action: str = "continue"
    result: dict[str, object] | list[object] | None = None
    reason: str | None = None
    rule: str | None = None
    # Format, width, height and colours of a picture.
    image: dict[str, object] | None = None
    ignore_local: bool = False


class Case(Document):
    """One call and what is to become of it."""

    about: str
    request: RequestType
    alias: str | None = None
    call: Mapping[str, str | list[str]] = Field(default_factory=dict)
    now: AwareDatetime = DEFAULT_NOW
    dialling: Dialling = Dialling()
    participants: Participants = Participants()
    avatars: Avatars = Avatars()
    phonebook: Phonebook = Phonebook()
    rules: tuple[RuleText, ...] = ()
    directory: DirectoryFile = DirectoryFile()
    want: Want
    differs: str = ""

    def table(self) -> RuleTable:
        """Compile the rules of this case."""
        return RuleTable([rule.compiled() for rule in self.rules if rule.enabled])


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
    wanted: dict[str, object] = {"action": want.action, "result": want.result or {}}
    for note in ("reason", "rule"):
        value = getattr(want, note)
        if value is not None and (status != 404 or note in body):  # a node reads no body of a 404
            got[note], wanted[note] = body.get(note), value
    got["ignore_local"], wanted["ignore_local"] = body.get("ignore_local", False), want.ignore_local
    _mask_unique_name(got["result"], wanted["result"])
    return {key: (got[key], wanted[key]) for key in wanted if got[key] != wanted[key]}


def picture_facts(image: bytes) -> dict[str, object]:
    """Say of a picture what a case wants of it, read from the bytes as a node does."""
    picture = find_picture(image)
    if picture is None:
        return {}
    colour = {3: "RGB"}.get(picture.components, picture.components)
    size = {"width": picture.width, "height": picture.height}
    return {"format": "JPEG", "colour": colour, **size}


def _mask_unique_name(got: object, wanted: object) -> None:
    if not isinstance(got, dict) or not isinstance(wanted, dict):
        return
    pattern = str(wanted.get("name", ""))
    if pattern.endswith(":*") and str(got.get("name", "")).startswith(pattern[:-1]):
        got["name"] = pattern
