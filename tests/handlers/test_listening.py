"""Ports that can be taken and ports that cannot."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from policy.errors import StartError
from policy.handlers.listening import (
    Port,
    emptied,
    listen,
    listen_together,
    shut,
    take_ports,
    url_of,
)
from policy.settings import Settings
from tests.certificates import write_certificate

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")])
def test_a_free_port_is_taken(host: str, shown: str) -> None:
    """Port 0 is any free one; its URL can be pasted."""
    with listen("server", host, 0) as listener:
        port = listener.getsockname()[1]

        assert url_of(listener) == f"http://{shown}:{port}"


def test_a_taken_port_names_its_setting() -> None:
    """Whoever reads it knows which of the two ports is meant."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StartError, match=rf"port {port} .* or set operator\.port"):
            listen("operator", "127.0.0.1", port)


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.7"])
def test_an_address_of_somebody_else_is_named(host: str) -> None:
    """Neither unknown names nor other machines' addresses can be listened on."""
    with pytest.raises(StartError, match=host):
        listen("server", host, 0)


def test_sockets_of_one_port_share_what_comes() -> None:
    """Whoever connects is in the queue of one of them; the port is theirs alone."""
    with ExitStack() as parts:
        together = listen_together("server", "127.0.0.1", 0, 3)
        for listener in together:
            parts.enter_context(listener)
            listener.settimeout(0)
        address = together[0].getsockname()
        with pytest.raises(StartError, match="is in use"):
            listen_together("server", "127.0.0.1", address[1], 2)
        for _ in range(60):
            parts.enter_context(socket.create_connection(address))
        queues = [emptied(Port(listener)) for listener in together]
        for connected in chain.from_iterable(queues):
            parts.enter_context(connected)

    counts = [len(queue) for queue in queues]
    assert sum(counts) == 60
    assert min(counts) >= 5


def test_a_port_that_is_shut_keeps_who_has_come() -> None:
    """And refuses everybody else, as it does once it is closed."""
    with listen("server", "127.0.0.1", 0) as listener:
        address = listener.getsockname()
        with socket.create_connection(address) as early:
            port = Port(listener)
            shut(port)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address)
            (connected,) = emptied(port)
            with connected:
                connected.sendall(b"come in")
                assert early.recv(100) == b"come in"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)


@pytest.mark.parametrize(("host", "scheme"), [("127.0.0.1", "http"), ("0.0.0.0", "https")])  # noqa: S104
def test_operators_are_encrypted_where_others_can_listen(
    tmp_path: Path, host: str, scheme: str
) -> None:
    """With the certificate of the nodes; on loopback nobody else hears them."""
    write_certificate(tmp_path)
    hashed = "$argon2id$v=19$m=8,t=1,p=1$MDEyMzQ1Njc$MDEyMzQ1Njc4OTAxMjM0NQ"
    settings = Settings.model_validate(
        {
            "server": {
                "port": 0,
                "certificate": tmp_path / "server.pem",
                "private_key": tmp_path / "server.key",
            },
            "operator": {
                "host": host,
                "port": 0,
                "credentials": [{"username": "operator", "password_hash": hashed}],
            },
        }
    )

    with ExitStack() as parts:
        ports = take_ports(settings, parts)

        assert ports.nodes[0].url.startswith("https://")
        assert ports.operators is not None
        assert ports.operators.url.startswith(f"{scheme}://")
