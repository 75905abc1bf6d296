"""Waits for signals and sockets at once, without asyncio."""

from __future__ import annotations

import selectors
import signal
import socket
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from policy.workers.child import Child, Closable

SIGNALS: Final = (
    signal.SIGCHLD,
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGUSR2,
)


class Waiting:
    """Takes over the signals of this process from `__enter__` to `__exit__`."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._heard, self._woken = socket.socketpair()
        self._parts = ExitStack()

    def __enter__(self) -> Self:
        for end in (self._heard, self._woken):
            end.settimeout(0)
            self._parts.enter_context(end)
        self._parts.callback(self._selector.close)
        self._selector.register(self._heard, selectors.EVENT_READ)
        for number in SIGNALS:
            before = signal.signal(number, lambda *_: None)  # the number comes by the socket
            self._parts.callback(signal.signal, number, before)
        self._parts.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(self._woken.fileno()))
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._parts.close()

    def parts(self) -> Iterable[Closable]:
        """Give what a child must not hold."""
        return self._selector, self._heard, self._woken

    def watch(self, child: Child) -> None:
        """Wait for what it says too."""
        self._selector.register(child, selectors.EVENT_READ, child)

    def forget(self, child: Child) -> None:
        """Wait for it no longer."""
        with suppress(KeyError):
            self._selector.unregister(child)

    def wait(self, within_s: float | None) -> tuple[set[int], list[Child]]:
        """Give the signals that came and who has something to say, or nothing in time."""
        numbers: set[int] = set()
        speaking: list[Child] = []
        self._watch_unsent()
        for key, events in self._selector.select(within_s):
            child: Child | None = key.data
            if child is None:
                with suppress(BlockingIOError):
                    numbers |= set(self._heard.recv(4096))
                continue
            if events & selectors.EVENT_WRITE:
                child.flush()
            if events & selectors.EVENT_READ:
                speaking.append(child)
        return numbers, speaking

    def _watch_unsent(self) -> None:
        for key in tuple(self._selector.get_map().values()):
            child: Child | None = key.data
            if child is None:
                continue
            writing = selectors.EVENT_WRITE if child.has_unsent else 0
            if key.events != selectors.EVENT_READ | writing:
                self._selector.modify(child, selectors.EVENT_READ | writing, child)
