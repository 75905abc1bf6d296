"""One HTTP/1.1 GET whose request line goes out byte for byte, however broken it is."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.fakes.verdict import Answer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from yarl import URL


async def fetch(
    base: URL, target: bytes, headers: Mapping[str, str], tls: ssl.SSLContext | None = None
) -> Answer:
    """Send the target unchanged; raise OSError, EOFError or ValueError when no answer comes."""
    reader, writer = await asyncio.open_connection(
        base.host, base.port, ssl=tls if base.scheme == "https" else None
    )
    try:
        lines = [f"Host: {base.authority}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = b"GET " + target + b" HTTP/1.1\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n"
        writer.write(head)
        await writer.drain()
        return await _read_answer(reader)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise ValueError("the answer's headers do not end") from error
    status_line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    version, status, *_ = status_line.split(" ", 2)
    if not version.startswith("HTTP/1."):
        raise ValueError(f"no HTTP/1 answer: {status_line!r}")
    headers = {name.strip().lower(): value.strip() for name, _, value in _pairs(lines)}
    return Answer(int(status), headers.get("content-type"), await _read_body(reader, headers))


def _pairs(lines: list[str]) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in lines]


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    """Read as much as the headers announce, or to the end of the connection."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader)
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    return await reader.read()


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        size = int((await reader.readline()).partition(b";")[0], 16)
        if not size:
            return bytes(body)
        body += await reader.readexactly(size)
        await reader.readexactly(len(b"\r\n"))
