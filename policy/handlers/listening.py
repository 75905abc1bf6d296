"""Ports that are taken before anything else is started, so that a mistake shows at once."""

from __future__ import annotations

import errno
import socket
import sys
from contextlib import AsyncExitStack, ExitStack, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from policy.errors import StartError
from policy.handlers.tls import tls_of
from policy.networks import is_loopback

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from policy.settings import Settings

BACKLOG: Final = 1024
# Only Linux spreads connections over the sockets of one port.
SPREADS: Final = sys.platform == "linux"

# From asm-generic/socket.h, and a number that no interface has.
_SO_BINDTOIFINDEX: Final = 62
_NOWHERE: Final = 0x7FFFFFFF


class Port(NamedTuple):
    """Where to listen, and what encrypts what comes."""

    listener: socket.socket
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        """Say where it is found."""
        return url_of(self.listener, scheme="http" if self.tls is None else "https")


class Ports(NamedTuple):
    """The sockets of a service: one for each process that answers nodes, one for operators."""

    nodes: Sequence[Port]
    operators: Port | None


def take_ports(
    settings: Settings, parts: ExitStack | AsyncExitStack, *, processes: int = 1
) -> Ports:
    """Take the ports of the settings; raises StartError. `parts` lets go of them."""
    server, operator = settings.server, settings.operator
    listeners = listen_together("server", server.host, server.port, processes)
    for each in listeners:
        parts.enter_context(each)
    for_operators = None
    if operator.port is not None:
        for_operators = parts.enter_context(listen("operator", operator.host, operator.port))
    tls = tls_of(server)
    return ports_of(settings, listeners, for_operators, tls)


def ports_of(
    settings: Settings,
    listeners: Sequence[socket.socket],
    for_operators: socket.socket | None,
    tls: ssl.SSLContext | None,
) -> Ports:
    """Say which sockets are encrypted: that of operators only where others can reach it."""
    nodes = [Port(each, tls) for each in listeners]
    if for_operators is None:
        return Ports(nodes, None)
    unseen = is_loopback(settings.operator.host)
    return Ports(nodes, Port(for_operators, None if unseen else tls))


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


def listen_together(section: str, host: str, port: int, count: int) -> Sequence[socket.socket]:
    """Take a port with several sockets, over which the kernel spreads the connections.

    Each keeps its own queue, so all must be served, and stay open as long as any does. Where the
    kernel spreads nothing they are one socket under several descriptors.
    """
    first = listen(section, host, port)
    if count == 1:
        return [first]
    if not SPREADS:
        return [first, *(first.dup() for _ in range(count - 1))]
    # A second service of the same user could join the port unnoticed; `listen` has seen that there
    # is none.
    address, family = first.getsockname(), first.family
    first.close()
    with ExitStack() as parts:
        together = [parts.enter_context(_join(family, address)) for _ in range(count)]
        parts.pop_all()
    return together


def _join(family: socket.AddressFamily, address: tuple[object, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as exc:
        listener.close()
        raise StartError(f"cannot listen on {address}: {exc.strerror}") from exc
    return listener


def shut(port: Port) -> None:
    """Refuse whoever has not begun to connect; those in the queue stay.

    The kernel resets whoever is in the queue of a socket that is closed, and would put more there
    between the last look and the closing. So the socket is moved to an interface that is not there,
    for all processes that hold it; to attach a filter to it takes a right that ordinary users lack.
    Of the sockets of one port all must be shut before one is closed: whoever comes to one of them
    may be put into the queue of any.
    """
    if SPREADS:
        with suppress(OSError):  # it was shut before, or the kernel is older than 5.7
            port.listener.setsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX, _NOWHERE)


def emptied(port: Port) -> Sequence[socket.socket]:
    """Close a listener and give who had connected already: the kernel would reset them."""
    listener = port.listener
    listener.settimeout(0)
    arrived = []
    with suppress(OSError):  # nobody is left, or somebody has gone again
        while True:
            arrived.append(listener.accept()[0])
    listener.close()
    return arrived


def url_of(listener: socket.socket, *, scheme: str = "http") -> str:
    """Say where a listener is found."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
