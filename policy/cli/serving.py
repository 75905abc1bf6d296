"""A service that is one process, from its start to its end."""

from __future__ import annotations

import asyncio
import logging
import signal
from functools import partial
from typing import TYPE_CHECKING

import uvloop

from policy.server import PolicyServer, stand_alone

if TYPE_CHECKING:
    from collections.abc import Callable

    from policy.rules.starting import Loading
    from policy.server import Ready
    from policy.settings import Settings

log = logging.getLogger(__name__)


def serve_alone(settings: Settings, loading: Loading, say_ready: Callable[[Ready], None]) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises what a start raises: RulesError, DocumentError or StartError.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, loading, say_ready))


async def _serve(settings: Settings, loading: Loading, say_ready: Callable[[Ready], None]) -> None:
    running = asyncio.current_task()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop_once() -> None:
        # A second Ctrl-C must not tear the stopping itself apart.
        if running is not None and not stop.is_set():
            stop.set()
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop_once)
    # During the start it must not end the service, as it would by itself.
    loop.add_signal_handler(signal.SIGHUP, log.info, "starting, the rules are being read")
    # It would end the service too, and this one process cannot be restarted by itself.
    loop.add_signal_handler(signal.SIGUSR2, log.warning, "one worker: restart the service instead")
    try:
        stand = partial(stand_alone, loading=loading)
        async with PolicyServer(settings, stand=stand) as server:
            loop.add_signal_handler(signal.SIGHUP, server.reload)
            say_ready(server.ready)
            await asyncio.Event().wait()  # until cancelled; so may be a start that takes minutes
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
