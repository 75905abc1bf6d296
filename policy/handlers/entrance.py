"""Where requests come in: who is let in, and which path is whose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policy.handlers.forwarding import HOPS_HEADER
from policy.handlers.replies import Reply, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp import web

    from policy.handlers.access import Access
    from policy.handlers.plain import Head
    from policy.handlers.routes import PolicyRoutes

    Page = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

METHODS: Final = ("GET", "HEAD")


class Entrance:
    """Lets in whoever may ask, and sends them to a page, or else to whoever answers the rest."""

    def __init__(self, access: Access, pages: Mapping[str, Page], rest: Page) -> None:
        self._access = access
        self._pages = dict(pages)
        self._rest = rest

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request of any kind."""
        refused = await self._access.refuse(request)
        if refused is not None:
            return refused
        if request.method not in METHODS:
            return refusal(405, "method not allowed", Allow=",".join(METHODS))
        # An encoded slash is none: `path_safe` leaves it as it is.
        return await self._pages.get(request.rel_url.path_safe, self._rest)(request)


class NodeEntrance(Entrance):
    """The entrance of the nodes, which answers their plain requests without further ado.

    `answer` gives the reply to a policy request, at once or later; None when it is none.
    """

    def __init__(self, access: Access, pages: Mapping[str, Page], policy: PolicyRoutes) -> None:
        super().__init__(access, pages, self._ask)
        self.answer = policy.answer

    def admits(self, head: Head, remote: str | None) -> bool:
        """Say whether these header lines are known to be let in from there."""
        return self._access.knows(head.authorization, remote)

    async def _ask(self, request: web.BaseRequest) -> web.Response:
        reply = self.answer(request.raw_path, request.headers.get(HOPS_HEADER, ""))
        if reply is None:
            return refusal(404, "no such path")
        return (reply if isinstance(reply, Reply) else await reply).response()
