"""Participant avatar: a picture of exactly the size that was asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from policy.decide.avatar import decide_avatar, no_picture
from policy.decide.decision import Decision, Reason
from policy.handlers.gather import settle
from policy.wire.requests import AvatarRequest
from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from policy.decide.avatar import Drawing
    from policy.handlers.asked import Asked
    from policy.handlers.facts import Facts
    from policy.handlers.gallery import Gallery

PATH: Final = "participant/avatar/"


class AvatarHandler:
    """Answers avatar requests; the alias is the last segment of the path."""

    def __init__(self, facts: Facts, gallery: Gallery) -> None:
        self._facts = facts
        self._gallery = gallery

    async def answer(self, asked: Asked) -> Decision:
        """Read, gather, decide, draw. Raises DirectoryError and TimeoutError."""
        facts = self._facts
        alias = asked.path.removeprefix(PATH)
        request = AvatarRequest.parse(alias, asked.query, facts.own_nodes)
        decide = partial(
            decide_avatar,
            request,
            moment=facts.moment(),
            dialling=facts.dialling,
            initials=facts.initials,
        )
        outcome: Decision | Drawing = await settle(decide, facts.directory)
        if isinstance(outcome, Decision):
            return outcome
        image = await self._gallery.draw(outcome)
        if image is None:
            return no_picture(Reason.NO_PICTURE)
        return Decision(Action.CONTINUE, outcome.reason, image=image)
