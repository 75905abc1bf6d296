"""A site of its own for each test, which at the end must have kept people's secrets."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from policy.directory.document import DirectoryFile
from policy.documents import load
from tests.e2e.program import EXAMPLE, Site
from tests.fakes import calls

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def site(state: Path) -> Iterator[Site]:
    """Make a site; whatever was done with it, no log file of it names a person or a secret."""
    folder = Path(tempfile.mkdtemp(prefix="site-", dir=state))
    folder.chmod(0o711)
    site = Site(folder)
    yield site
    written = (folder / "stderr", folder / "stdout", site.postgres / "postgres.log")
    for path in written:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert (path.name, leaks(text)) == (path.name, [])


def leaks(text: str) -> list[str]:
    """List the PINs, passwords, names and addresses of people that a text repeats."""
    return [word for word in secrets() if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)]


def secrets() -> set[str]:
    """Give what only the caller, the node and the room may know."""
    directory = load(EXAMPLE / "directory.yaml", DirectoryFile).value
    rooms = (*directory.rooms, *directory.bookings)
    found = {pin for room in rooms for pin in (room.pin, room.guest_pin) if pin}
    found |= {device.password for device in directory.devices if device.password}
    callers = (calls.ROOM_SYSTEM, calls.H323_ENDPOINT, calls.S4B_CLIENT, calls.BROWSER)
    for caller in callers:
        found |= {caller.display_name, caller.address, caller.alias.partition(":")[2]}
    return found - {""}
