"""A primary and a standby for all tests of the folder; who promotes one makes others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clusters import pair

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.clusters import Pair


@pytest.fixture(scope="session")
async def nodes() -> AsyncIterator[Pair]:
    """Run both as long as the tests do; after each test they are as before."""
    async with pair() as both:
        yield both
