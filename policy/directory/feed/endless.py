"""Runs a step again and again, whatever becomes of it."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import TYPE_CHECKING

from policy.directory.connection import FAULTS, reason_of
from policy.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


async def repeat(
    step: Callable[[], Awaitable[None]],
    *,
    pause_s: float,
    on_fault: Callable[[str], None] = lambda _reason: None,
) -> None:
    """Take one step after the other until cancelled, with a pause behind one that failed.

    `on_fault` is told the reason, which is fit for an operator to read.
    """
    while True:
        try:
            await step()
        except DirectoryError as exc:
            on_fault(str(exc))
        except FAULTS as exc:
            on_fault(f"database: {reason_of(exc)}")
        except Exception as exc:  # noqa: BLE001  whoever follows the database must outlive it
            # Whatever a broken answer makes the driver raise. Its own text may repeat rows.
            place = "".join(traceback.format_tb(exc.__traceback__))
            log.error("following the database failed: %s\n%s", type(exc).__name__, place)  # noqa: TRY400  see above
            on_fault(f"database: {type(exc).__name__}")
        else:
            continue
        await asyncio.sleep(pause_s)
