"""Steps that fail, and a task that goes on."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import asyncpg
import pytest

from policy.directory.feed.endless import repeat
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Steps:
    """Raises what it is given, one after the other, and then waits for ever."""

    def __init__(self, faults: Sequence[Exception | None]) -> None:
        self.told: list[str] = []
        self.is_through = asyncio.Event()
        self._faults = list(faults)

    async def __call__(self) -> None:
        """Take a step."""
        if not self._faults:
            self.is_through.set()
            await asyncio.Event().wait()
        fault = self._faults.pop(0)
        if fault is not None:
            raise fault


async def run(steps: Steps) -> None:
    """Run all steps, then cancel."""
    task = asyncio.create_task(repeat(steps, pause_s=0, on_fault=steps.told.append))
    await asyncio.wait_for(steps.is_through.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_whatever_fails_the_next_step_is_taken() -> None:
    """Each fault is told in a line without secrets."""
    steps = Steps(
        [
            None,
            DirectoryError("database: no node answers"),
            TimeoutError(),
            asyncpg.InterfaceError("password=an-odd-word"),
            None,
        ]
    )

    await run(steps)

    assert steps.told == [
        "database: no node answers",
        "database: no answer in time",
        "database: InterfaceError, see database.url",
    ]


async def test_what_nobody_foresaw_is_logged_with_its_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """But without its text, which may repeat a row."""
    steps = Steps([KeyError("an-odd-word")])

    with caplog.at_level(logging.ERROR):
        await run(steps)

    assert steps.told == ["database: KeyError"]
    assert "endless.py" in caplog.text
    assert "an-odd-word" not in caplog.text
