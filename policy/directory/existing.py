"""Finds addresses that nobody owns, such as those of rooms that a rule names."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from policy.directory.lookup import Directory
    from policy.directory.records import AddressKey

# A check of rules must leave room for calls: a lane asks for 200 keys at once.
AT_ONCE: Final = 100


async def find_missing(directory: Directory, keys: Iterable[AddressKey]) -> list[AddressKey]:
    """Give the keys at which the directory has nobody, each once and in order.

    Raises DirectoryError when it cannot be said of one of them.
    """
    wanted = list(dict.fromkeys(keys))
    missing: set[AddressKey] = set()
    waiting = iter(wanted)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(wanted))):
                group.create_task(_look_up(directory, waiting, missing))
    except* DirectoryError as faults:
        fault = faults.exceptions[0]
    else:
        return [key for key in wanted if key in missing]
    raise fault


async def _look_up(
    directory: Directory, waiting: Iterator[AddressKey], missing: set[AddressKey]
) -> None:
    for key in waiting:
        if (await directory.find(key)).target is None:
            missing.add(key)
