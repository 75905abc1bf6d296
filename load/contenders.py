"""What is measured: a server with its address, and the processes whose time and memory count."""

from __future__ import annotations

import json
import ssl
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from load.processes import Tree, tree_of

if TYPE_CHECKING:
    from collections.abc import Mapping


PATIENCE_S: Final = 10.0
# They are our own servers, with a certificate that nobody has signed.
_TLS: Final = ssl.create_default_context()
_TLS.check_hostname = False
_TLS.verify_mode = ssl.CERT_NONE


@dataclass(frozen=True, slots=True)
class Contender:
    """A server under load."""

    name: str
    pid: int
    origin: str

    def tree(self) -> Tree:
        """Give the processes of the server, and apart from them those of its database."""
        return tree_of(self.pid)

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask once; gives status and body."""
        place = urlsplit(self.origin).netloc
        if self.origin.startswith("https:"):
            connection: HTTPConnection = HTTPSConnection(place, timeout=PATIENCE_S, context=_TLS)
        else:
            connection = HTTPConnection(place, timeout=PATIENCE_S)
        with closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()

    def ask(self, path: str) -> Mapping[str, object]:
        """Ask once and read the JSON."""
        answer: Mapping[str, object] = json.loads(self.get(path)[1])
        return answer

    def metrics(self) -> str:
        """Read what the service counts."""
        return self.get("/metrics")[1].decode()
