"""Servers that decide nothing: what an answer costs at the least, in some other frameworks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from load.bodies import body_of
from load.contenders import Contender
from load.processes import started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from load.certificates import Certificate

# Below the range from which the kernel takes ports for clients.
PORTS: Final = {
    "aiohttp": 18080,
    "aiohttp-lowlevel": 18082,
    "nginx": 18083,
    "fastapi": 18084,
    "aiohttp-row": 18085,
}
INSTALL: Final = {
    "nginx": "nginx is needed, for instance: apt-get install nginx-light; or --without nginx",
    "fastapi": "fastapi and uvicorn are needed: pip install fastapi uvicorn; or --without fastapi; "
    "--fastapi-python names another Python that has them",
}
_NGINX: Final = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600;
  large_client_header_buffers 4 64k;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    default_type application/json;
    location / {{ return 200 '{body}'; }}
  }}
}}
"""


@contextmanager
def aiohttp_reference(
    size: int,
    cores: frozenset[int],
    *,
    low_level: bool = False,
    certificate: Certificate | None = None,
) -> Iterator[Contender]:
    """Run a bare aiohttp application, or aiohttp's server without one, with a constant answer."""
    name = "aiohttp-lowlevel" if low_level else "aiohttp"
    command = [sys.executable, "-m", "load.reference", name, str(PORTS[name]), str(size)]
    if certificate is not None:
        command += [str(certificate.certificate), str(certificate.private_key)]
    scheme = "http" if certificate is None else "https"
    with started(name, command, cores) as pid:
        yield Contender(name, pid, f"{scheme}://127.0.0.1:{PORTS[name]}")


@contextmanager
def row_reference(size: int, cores: frozenset[int], home: Path) -> Iterator[Contender]:
    """Run aiohttp with asyncpg's pool, which reads a row for each request, on a filled database."""
    name = "aiohttp-row"
    command = [sys.executable, "-m", "load.reference_row", str(PORTS[name]), str(size), str(home)]
    with started(name, command, cores) as pid:
        yield Contender(name, pid, f"http://127.0.0.1:{PORTS[name]}")


@contextmanager
def fastapi_reference(size: int, cores: frozenset[int], python: str) -> Iterator[Contender]:
    """Run FastAPI on uvicorn with a constant answer."""
    check = [python, "-c", "import fastapi, uvicorn, uvloop"]
    if subprocess.run(check, capture_output=True, check=False).returncode:  # noqa: S603  as told
        raise click.ClickException(INSTALL["fastapi"])
    command = [python, "-m", "load.reference", "fastapi", str(PORTS["fastapi"]), str(size)]
    with started("fastapi", command, cores) as pid:
        yield Contender("fastapi", pid, f"http://127.0.0.1:{PORTS['fastapi']}")


@contextmanager
def nginx_reference(size: int, cores: frozenset[int], folder: Path) -> Iterator[Contender]:
    """Run nginx that returns a constant: whether the load generator itself is the limit."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if nginx is None:
        raise click.ClickException(INSTALL["nginx"])
    port, path = PORTS["nginx"], folder / "nginx.conf"
    path.write_text(_NGINX.format(folder=folder, port=port, body=body_of(size)), encoding="ascii")
    # It says nothing of itself: the shell tells that it is there, and becomes it.
    command = ["/bin/sh", "-c", 'echo ready; exec "$0" -p "$1" -c "$2"', nginx, str(folder)]
    with started("nginx", [*command, str(path)], cores) as pid:
        yield Contender("nginx", pid, f"http://127.0.0.1:{port}")
