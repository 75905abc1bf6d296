"""Ports that can be taken and ports that cannot."""

from __future__ import annotations

import socket

import pytest

from policy.errors import StartError
from policy.handlers.listening import listen, url_of


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
