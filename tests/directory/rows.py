"""Directory files in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policy.directory.document import DirectoryFile
from policy.documents import Parsed, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

FRAME: Final[Mapping[str, list[dict[str, object]]]] = {
    "organisations": [
        {"code": "region-north", "name": "Region North"},
        {"code": "closed", "name": "The Closed Clinic", "state": "closed"},
    ],
    "domains": [
        {"domain": "example.org", "organisation": "region-north"},
        {"domain": "clinic.example.org", "organisation": "closed", "inherit": True},
        {"domain": "old.example.org", "organisation": "region-north", "history_only": True},
    ],
}


def file_of(**rows: list[dict[str, object]]) -> DirectoryFile:
    """Add rows to two organisations and three domains."""
    owned = {
        name: [
            each if name == "addresses" else {"organisation": "region-north"} | each
            for each in values
        ]
        for name, values in rows.items()
    }
    return DirectoryFile.model_validate({**FRAME, **owned})


def parsed(text: str) -> Parsed[DirectoryFile]:
    """Read the text of a directory file."""
    return parse(text, "directory.yaml", DirectoryFile)
