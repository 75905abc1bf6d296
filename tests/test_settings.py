"""What single settings take; test_settings_file.py has the files and the environment."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from pydantic import ValidationError

from policy.settings import Credential, Dialling, Operator, Server, Settings


@pytest.mark.parametrize("domain", ["møde.example.org", "rooms.example.org.", "", "a b", "@x"])
def test_a_domain_that_no_alias_can_have_is_refused(domain: str) -> None:
    """Aliases are compared as A-label, in lower case and without a final dot."""
    with pytest.raises(ValidationError, match="is no domain"):
        Dialling(default_domain=domain)


def test_a_domain_is_lower_case() -> None:
    """Letter case does not count in a domain."""
    assert Dialling(default_domain="Rooms.Example.Org").default_domain == "rooms.example.org"


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
    "written",
    [
        "x",
        "$argon2id$v=19$m=65536,t=3,p=4$x$y",
        "$argon2id$v=19$m=4194304,t=1000,p=4$aW52ZW50ZWQtc2FsdA$O2ulTqs7XOcoCoVLjJGBxw",
        PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(""),
    ],
)
def test_a_hash_that_nobody_can_log_in_with_is_refused(written: str) -> None:
    """Broken, too dear to check, or of no password at all."""
    with pytest.raises(ValidationError):
        Credential(username="nodes", password_hash=written)


def test_operators_are_known() -> None:
    """What they may see is for nobody else, not even on the same machine."""
    with pytest.raises(ValidationError, match=r"without operator\.credentials"):
        Settings(operator=Operator(port=8090))
