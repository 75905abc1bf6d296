"""Finds the cluster of a directory while another process runs it, for commands beside a server."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from policy.embedded.cluster import DATABASE
from policy.embedded.home import LINK, PORT, SOCKET
from policy.embedded.initdb import USER

# A server on this machine takes a connection at once, or is stuck.
ANSWER_LIMIT_S: Final = 2.0

# The line of PostgreSQL's own `postmaster.pid` that names the directory of its socket.
SOCKET_LINE: Final = 4


def find_running(path: Path) -> str | None:
    """Give the address of the cluster that runs in a directory, None when none answers us."""
    for home in (path, path / LINK):
        try:
            lines = (home / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:  # not running, or not ours to read
            continue
        if len(lines) > SOCKET_LINE and _answers(Path(lines[SOCKET_LINE], SOCKET)):
            query = urlencode({"host": lines[SOCKET_LINE], "port": PORT})
            return f"postgresql://{USER}@/{DATABASE}?{query}"
    return None


def _answers(path: Path) -> bool:
    """Say whether somebody listens: a killed server leaves its files behind."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWER_LIMIT_S)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
