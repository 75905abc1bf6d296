"""The server's side of TLS, from two PEM files; what is wrong with them is told by name."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, NoReturn

from policy.errors import StartError

if TYPE_CHECKING:
    from pathlib import Path

    from policy.settings import Server


def tls_of(server: Server) -> ssl.SSLContext | None:
    """Give what encrypts the ports, None for plain HTTP; raises StartError that names the file.

    Processes that are to know each other's session tickets must be forked after this.
    """
    certificate, key = server.certificate, server.private_key
    if certificate is None or key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_ask_nobody)
    except (OSError, ValueError) as exc:  # SSLError is an OSError
        raise StartError(_what_is_wrong(certificate, key, exc)) from exc
    return context


class _EncryptedError(ValueError):
    """OpenSSL asks for a passphrase, at a terminal unless it is told otherwise."""


def _ask_nobody() -> NoReturn:
    raise _EncryptedError


def _what_is_wrong(certificate: Path, key: Path, found: Exception) -> str:
    """Find the file that is to blame; OpenSSL names none."""
    # Loaded for who is about to end: 3 MiB and 15 ms of every start otherwise.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as exc:
            return f"{path}: {(exc.strerror or 'cannot be read').lower()}"
    try:
        x509.load_pem_x509_certificates(certificate.read_bytes())
    except ValueError:
        return f"{certificate}: holds no certificate in PEM form"
    if isinstance(found, _EncryptedError):
        return f"{key}: has a passphrase; store it without one, readable by the service alone"
    try:
        load_pem_private_key(key.read_bytes(), password=None)
    except TypeError:
        return f"{key}: has a passphrase; store it without one, readable by the service alone"
    except (ValueError, UnsupportedAlgorithm):
        return f"{key}: holds no private key in PEM form"
    if getattr(found, "reason", None) == "KEY_VALUES_MISMATCH":
        return f"{key}: is not the key of the first certificate in {certificate}"
    return f"{certificate}: cannot be used with {key}: {found}"
