"""One conversion of small tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from policy.directory.bulk.vdx.converting import Tables, convert
from policy.directory.bulk.vdx.rows import Wishes
from tests.directory.bulk.vdx.tables_of_vdx import write_tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from policy.directory.bulk.vdx.rows import Work

    Convert = Callable[..., Work]

NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def converted(tmp_path: Path) -> Convert:
    """Convert the tables; a keyword gives one of them another text."""

    def run(**changed: str) -> Work:
        tables = Tables(write_tables(tmp_path, **changed), UTC)
        return convert(tables, Wishes(NOW, {"/theme/3/": "Region"}))

    return run
