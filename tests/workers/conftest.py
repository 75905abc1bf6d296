"""A service of two workers, on the one database of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import rules, run
from tests.directory.conftest import bare
from tests.e2e.conftest import site
from tests.workers.crew import Staffed

if TYPE_CHECKING:
    from tests.database import Database
    from tests.e2e.program import Site

__all__ = ["bare", "rules", "run", "site"]


@pytest.fixture
def staffed(site: Site, database: Database) -> Staffed:
    """Serve with two workers from a database that others run; it starts in a second."""
    keys = site.folder / "keys"
    keys.write_text("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
    return Staffed(site, {"database_url": database.dsn, "secrets_key_file": keys})
