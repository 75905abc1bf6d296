"""Certificate and key are taken, or the file that is wrong is named."""

from __future__ import annotations

import asyncio
import re
import ssl
from typing import TYPE_CHECKING

import pytest

from policy.errors import StartError
from policy.handlers.tls import tls_of
from policy.settings import Server
from tests.certificates import write_certificate

if TYPE_CHECKING:
    from pathlib import Path


def server_of(folder: Path, certificate: str = "server.pem", key: str = "server.key") -> Server:
    """Give the settings that name two files of a folder."""
    return Server(certificate=folder / certificate, private_key=folder / key)


async def test_a_certificate_encrypts(tmp_path: Path) -> None:
    """With TLS 1.2 at least."""
    write_certificate(tmp_path)
    context = tls_of(server_of(tmp_path))
    client = ssl.create_default_context(cafile=tmp_path / "server.pem")
    client.check_hostname = False

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client)
        assert await reader.readline() == b"hello\n"
        writer.close()
        await writer.wait_closed()

    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_without_a_certificate_nothing_is_encrypted() -> None:
    """Plain HTTP, for whoever has TLS in front."""
    assert tls_of(Server()) is None


@pytest.mark.parametrize(
    ("certificate", "key", "want"),
    [
        ("none.pem", "server.key", "{}/none.pem: no such file or directory"),
        ("server.pem", "none.key", "{}/none.key: no such file or directory"),
        ("server.pem", "", "{}: is a directory"),
        ("text.pem", "server.key", "{}/text.pem: holds no certificate in PEM form"),
        ("server.pem", "text.pem", "{}/text.pem: holds no private key in PEM form"),
        ("server.pem", "server.pem", "{}/server.pem: holds no private key in PEM form"),
        (
            "server.pem",
            "other.key",
            "{0}/other.key: is not the key of the first certificate in {0}/server.pem",
        ),
        (
            "sealed.pem",
            "sealed.key",
            "{}/sealed.key: has a passphrase; store it without one, readable by the service alone",
        ),
    ],
)
def test_the_file_that_is_wrong_is_named(
    tmp_path: Path, certificate: str, key: str, want: str
) -> None:
    """With what is wrong about it, and without asking for a passphrase at the terminal."""
    write_certificate(tmp_path)
    write_certificate(tmp_path, "other")
    write_certificate(tmp_path, "sealed", passphrase="an-odd-word")
    (tmp_path / "text.pem").write_text("nothing of the kind")

    with pytest.raises(StartError, match=f"^{re.escape(want.format(tmp_path))}$"):
        tls_of(server_of(tmp_path, certificate, key))
