"""What a single value may be, whichever setting it is of."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from argon2 import PasswordHasher
from pydantic import TypeAdapter, ValidationError

from policy.setting_values import Domain, FilePath, PasswordHash

DOMAIN: Final[TypeAdapter[str]] = TypeAdapter(Domain)
HASH: Final[TypeAdapter[str]] = TypeAdapter(PasswordHash)
PATH: Final[TypeAdapter[Path]] = TypeAdapter(FilePath)


@pytest.mark.parametrize("domain", ["møde.example.org", "rooms.example.org.", "", "a b", "@x"])
def test_a_domain_that_no_alias_can_have_is_refused(domain: str) -> None:
    """Aliases are compared as A-label, in lower case and without a final dot."""
    with pytest.raises(ValidationError, match="is no domain"):
        DOMAIN.validate_python(domain)


def test_a_domain_is_lower_case() -> None:
    """Letter case does not count in a domain."""
    assert DOMAIN.validate_python("Rooms.Example.Org") == "rooms.example.org"


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
        HASH.validate_python(written)


@pytest.mark.parametrize(
    ("written", "want"),
    [("rules", "/etc/vdx-policy/rules"), ("../keys", "/etc/keys"), ("/var/lib/x", "/var/lib/x")],
)
def test_a_path_counts_from_the_folder_of_its_file(written: str, want: str) -> None:
    """Wherever the program was started."""
    context = {"folder": Path("/etc/vdx-policy")}

    assert PATH.validate_python(written, context=context) == Path(want)
