"""Which picture is shown for an alias: the directory's, else initials, else none."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from policy.decide.addresses import refusal_of
from policy.decide.decision import Decision, Reason
from policy.decide.rules import common, noted, said_by_rules
from policy.directory.records import Booking, Device, PermanentRoom
from policy.pictures.initials import Initials, initials_of
from policy.wire.alias import AliasKind
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from uuid import UUID

    from policy.decide.grounds import Grounds
    from policy.rules.model import Rule
    from policy.rules.walk import Walk
    from policy.wire.requests import AvatarRequest


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to draw, how large, and why: deciding is done, the bytes are somebody else's."""

    of: UUID | Initials = field(repr=False)
    width: int
    height: int
    reason: Reason


def decide_avatar(request: AvatarRequest, grounds: Grounds) -> Decision | Drawing:
    """Show the picture of whoever may be called there, else the initials of a name if wanted.

    Rules speak first; they can say that there is none, or ask another policy server. Raises Needs.
    """
    if request.alias is None:
        return no_picture(Reason.BAD_ALIAS)
    if request.size is None:
        return no_picture(Reason.BAD_SIZE)
    walk = grounds.walk(RequestType.AVATAR, request.alias, request.parameters)
    decision = said_by_rules(walk, partial(_carry_out, walk, grounds))
    if decision is not None:
        return noted(decision, walk)
    shown = _by_directory(request.size, walk, grounds)
    if isinstance(shown, Decision) and grounds.plan.initials:
        drawn = initials_of(request.remote_display_name)
        shown = shown if drawn is None else Drawing(drawn, *request.size, Reason.INITIALS)
    return noted(shown, walk) if isinstance(shown, Decision) else shown


def no_picture(reason: Reason) -> Decision:
    """Let the app show its placeholder."""
    return Decision(Action.NOT_FOUND, reason)


def _carry_out(walk: Walk, grounds: Grounds, rule: Rule) -> Decision | None:
    decision = common(rule, walk, grounds.known, None)
    if decision is None or decision.image:
        return decision
    return no_picture(decision.reason)


def _by_directory(size: tuple[int, int], walk: Walk, grounds: Grounds) -> Decision | Drawing:
    if walk.question.alias.kind is not AliasKind.ADDRESS:
        return no_picture(Reason.NO_PICTURE)  # a node's own address, a Microsoft meeting
    found = grounds.known.owned(walk.question.keys())
    target = found.entry.target
    if target is None:
        own = found.entry.own_domain
        return no_picture(Reason.UNKNOWN_ALIAS if own else Reason.FOREIGN_DOMAIN)
    refusal = refusal_of(target, grounds.moment.now)
    if refusal is not None:
        return no_picture(refusal.reason)
    if isinstance(target, PermanentRoom | Booking | Device) and target.picture_id is not None:
        reason = Reason.OK_DEGRADED if found.is_stale else Reason.OK
        return Drawing(target.picture_id, *size, reason)
    return no_picture(Reason.NO_PICTURE)
