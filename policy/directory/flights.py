"""Single flight: who asks for what is under way already waits for that."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable

KeyT = TypeVar("KeyT", bound="Hashable")
ValueT = TypeVar("ValueT")


def settle(waiter: asyncio.Future[ValueT], said: ValueT | Exception) -> None:
    """Let a waiter go on with what was said, unless it has given up."""
    if waiter.done():
        return
    if isinstance(said, Exception):
        waiter.set_exception(said)
    else:
        waiter.set_result(said)


class Flights(Generic[KeyT, ValueT]):
    """Owns one task for each key that somebody waits for; `close()` ends them."""

    def __init__(self) -> None:
        self._tasks: dict[KeyT, asyncio.Task[ValueT]] = {}

    def __contains__(self, key: KeyT) -> bool:
        return key in self._tasks

    def __len__(self) -> int:
        return len(self._tasks)

    async def join(self, key: KeyT, start: Callable[[], Coroutine[None, None, ValueT]]) -> ValueT:
        """Wait for the flight of a key, which is started when there is none.

        A caller that gives up does not take the answer away from the others.
        """
        return await asyncio.shield(self.launch(key, start))

    def launch(
        self, key: KeyT, start: Callable[[], Coroutine[None, None, ValueT]]
    ) -> asyncio.Task[ValueT]:
        """Give the flight of a key, which is started when there is none; nobody need wait."""
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.create_task(start())
            self._tasks[key] = task
            task.add_done_callback(self._landed(key))
        return task

    async def close(self) -> None:
        """End the flights that are still under way."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _landed(self, key: KeyT) -> Callable[[asyncio.Task[ValueT]], None]:
        def forget(task: asyncio.Task[ValueT]) -> None:
            del self._tasks[key]
            if not task.cancelled():
                task.exception()  # all who waited may have given up; it has been looked at

        return forget
