"""What a single setting may be: ports, paths, domains, hashes."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Final

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo

# What one check of a password may cost: 1 GiB and a second or so.
MAX_HASH_KIB: Final = 1 << 20
MAX_HASH_ROUNDS: Final = 10

_DOMAIN: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def _check_hash(value: str) -> str:
    try:
        cost = extract_parameters(value)
        if cost.memory_cost > MAX_HASH_KIB or cost.time_cost > MAX_HASH_ROUNDS:
            raise ValueError("a hash that takes too long to check: use 'vdx-policy hash-password'")
        PasswordHasher().verify(value, "")  # the parts behind the parameters are looked at here
    except VerifyMismatchError:
        return value
    except (InvalidHashError, VerificationError) as exc:
        raise ValueError("not a hash made by 'vdx-policy hash-password'") from exc
    raise ValueError("the hash of an empty password")


def _check_domain(value: str) -> str:
    if not _DOMAIN.fullmatch(value.lower()):
        raise ValueError(
            f"{value!r} is no domain: write rooms.example.org, other letters as A-label (xn--...)"
        )
    return value.lower()


def _from_folder(path: Path, info: ValidationInfo) -> Path:
    """Let a path count from the folder of the settings file."""
    if info.context is None:
        return path
    # Not `resolve()`: a mounted folder is swapped by its symbolic links.
    return Path(os.path.normpath(Path(info.context["folder"]) / path))


MOST_WORKERS: Final = 64

Port = Annotated[int, Field(ge=0, le=65535)]
Workers = Annotated[int, Field(ge=1, le=MOST_WORKERS)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Domain = Annotated[str, StringConstraints(max_length=250), AfterValidator(_check_domain)]
PasswordHash = Annotated[str, AfterValidator(_check_hash)]
Dsn = Annotated[str, StringConstraints(pattern=r"^postgres(ql)?://")]
FilePath = Annotated[Path, AfterValidator(_from_folder)]
UpstreamName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,49}$")]
