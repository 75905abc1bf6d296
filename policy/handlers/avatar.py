"""Participant avatar: a picture of exactly the size that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.decide.avatar import decide_avatar, no_picture
from policy.decide.decision import Decision, Reason
from policy.wire.requests import AvatarRequest
from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from policy.handlers.facts import Facts
    from policy.handlers.gallery import Gallery
    from policy.wire.asked import Asked


class AvatarHandler:
    """Answers avatar requests."""

    def __init__(self, facts: Facts, gallery: Gallery) -> None:
        self._facts = facts
        self._gallery = gallery

    async def answer(self, asked: Asked) -> Decision:
        """Read, gather, decide, draw. Raises DirectoryError and TimeoutError."""
        request = AvatarRequest.parse(asked.alias, asked.query, self._facts.plan.own_nodes)
        outcome = await self._facts.wait(decide_avatar, request, asked)
        if isinstance(outcome, Decision):
            return outcome
        image = await self._gallery.draw(outcome)
        if image is None:
            return no_picture(Reason.NO_PICTURE)
        return Decision(Action.CONTINUE, outcome.reason, image=image)
