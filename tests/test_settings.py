"""What single settings take; test_settings_file.py has the files and the environment."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from policy.settings import Operator, Server, Settings


@pytest.mark.parametrize("host", ["192.0.2.10", "::", "rooms.example.org"])
def test_nobody_else_is_served_by_accident(host: str) -> None:
    """Listening for others without credentials must be said in so many words."""
    with pytest.raises(ValidationError, match="is open to others"):
        Settings(server=Server(host=host))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_no_credentials(host: str) -> None:
    """On one's own machine the service starts as it is."""
    assert Settings(server=Server(host=host)).server.host == host


@pytest.mark.parametrize(
    ("said", "missing"), [("certificate", "private_key"), ("private_key", "certificate")]
)
def test_a_certificate_has_its_key(said: str, missing: str) -> None:
    """And the key its certificate."""
    both = {said: "/etc/a.pem", missing: "/etc/b.pem"}

    with pytest.raises(ValidationError, match=rf"server\.{said} is set without server\.{missing}"):
        Settings.model_validate({"server": {said: "/etc/a.pem"}})

    assert Settings.model_validate({"server": both}).server.certificate is not None


def test_operators_are_known() -> None:
    """What they may see is for nobody else, not even on the same machine."""
    with pytest.raises(ValidationError, match=r"without operator\.credentials"):
        Settings(operator=Operator(port=8090))


def test_a_snapshot_is_sealed() -> None:
    """It holds PINs, so a site with a database of its own names its keys; else they are made."""
    snapshot = {"snapshot": "/var/lib/vdx-policy/snapshot"}
    site = {"url": "postgresql://policy@db.example.org/policy"}

    with pytest.raises(ValidationError, match=r"without secrets\.key_file"):
        Settings.model_validate({"cache": snapshot, "database": site})

    assert Settings.model_validate({"cache": snapshot}).secrets.key_file is None
