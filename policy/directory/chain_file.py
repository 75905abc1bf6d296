"""The audit as a file: JSON Lines, which can be verified without the database."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from policy.directory.chain import Anchor, Ends, Link
from policy.errors import DocumentError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO


class _EndsLine(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    start: str
    head: str


class _LinkLine(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    chain_no: int | None
    id: int
    at: str
    actor: str
    operation: str
    entity: str
    entity_id: str | None
    organisation_id: str | None
    changed: dict[str, object]
    previous: str | None
    hash: str | None


def ends_line(ends: Ends) -> str:
    """Write the first line of a file."""
    return json.dumps({"start": str(ends.start), "head": str(ends.head)}) + "\n"


def link_line(link: Link) -> str:
    """Write the line of a row."""
    written = asdict(link)
    for name in ("previous", "hash"):
        written[name] = None if written[name] is None else written[name].hex()
    return json.dumps(written, ensure_ascii=False) + "\n"


def read_chain_file(name: str, file: IO[str]) -> tuple[Ends, Iterator[Link]]:
    """Give both ends and every row of a file; raises DocumentError, also while rows are taken."""
    try:
        said = _EndsLine.model_validate_json(file.readline())
        ends = Ends(Anchor.parse(said.start), Anchor.parse(said.head))
    except ValueError as exc:
        text = "is no exported audit: its first line tells where the chain starts and ends"
        raise DocumentError([Problem(name, 1, 1, text)]) from exc
    return ends, _links(name, file)


def _links(name: str, file: IO[str]) -> Iterator[Link]:
    for number, line in enumerate(file, start=2):
        try:
            said = _LinkLine.model_validate_json(line)
            yield _link(said)
        except ValidationError as exc:
            key = ".".join(str(part) for part in exc.errors()[0]["loc"])
            text = f"is no row of the audit{key and f', see its key {key}'}"
            raise DocumentError([Problem(name, number, 1, text)]) from exc
        except ValueError as exc:
            raise DocumentError([Problem(name, number, 1, "its hash is no hash")]) from exc


def _link(said: _LinkLine) -> Link:
    return Link(
        **said.model_dump(exclude={"previous", "hash"}),
        previous=None if said.previous is None else bytes.fromhex(said.previous),
        hash=None if said.hash is None else bytes.fromhex(said.hash),
    )
