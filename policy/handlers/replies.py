"""What goes back to whoever asked, before it is HTTP."""

from __future__ import annotations

from typing import NamedTuple

from aiohttp import web


class Reply(NamedTuple):
    """A whole answer; without a content type it has no body."""

    status: int
    content_type: str
    body: bytes

    def response(self) -> web.Response:
        """Give it as aiohttp sends it."""
        if not self.content_type:
            return web.Response(status=self.status)
        return web.Response(status=self.status, body=self.body, content_type=self.content_type)


def refusal(status: int, reason: str, **headers: str) -> web.Response:
    """Say as JSON why somebody is turned away."""
    return web.json_response({"status": "fail", "reason": reason}, status=status, headers=headers)
