"""Ports that are taken before anything else is started, so that a mistake shows at once."""

from __future__ import annotations

import errno
import socket
from typing import Final

from policy.errors import StartError

BACKLOG: Final = 1024


def listen(section: str, host: str, port: int) -> socket.socket:
    """Take a port; raises StartError that names the settings of that section."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as exc:
        raise StartError(f"{section}.host {host!r}: {exc.strerror}") from exc
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        if exc.errno == errno.EADDRINUSE:
            raise StartError(
                f"port {port} on {host} is in use: stop the other program or set {section}.port"
            ) from exc
        raise StartError(f"cannot listen on {host} port {port}: {exc.strerror}") from exc
    return listener


def url_of(listener: socket.socket) -> str:
    """Say where a listener is found."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
