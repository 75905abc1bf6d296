"""Which picture is shown for an alias: the directory's, else initials, else none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policy.decide.addresses import find_owned, keys_of, refusal_of
from policy.decide.decision import Decision, Needs, Reason
from policy.directory.records import Booking, Device, PermanentRoom
from policy.pictures.initials import Initials, initials_of
from policy.wire.alias import AliasKind
from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from policy.decide.decision import Dialling, Moment
    from policy.directory.records import AddressKey, Found
    from policy.wire.alias import Alias
    from policy.wire.requests import AvatarRequest

    Known = Mapping[AddressKey, Found]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to draw, how large, and why: deciding is done, the bytes are somebody else's."""

    of: UUID | Initials = field(repr=False)
    width: int
    height: int
    reason: Reason


def decide_avatar(
    request: AvatarRequest, known: Known, moment: Moment, dialling: Dialling, *, initials: bool
) -> Decision | Drawing | Needs:
    """Show the picture of whoever may be called there, else the initials of a name if wanted."""
    if request.alias is None:
        return no_picture(Reason.BAD_ALIAS)
    if request.size is None:
        return no_picture(Reason.BAD_SIZE)
    keys = _keys(request.alias, dialling.domain_for(request.location))
    shown = _by_directory(keys, request.size, known, moment)
    if isinstance(shown, Decision) and initials:
        drawn = initials_of(request.remote_display_name)
        return shown if drawn is None else Drawing(drawn, *request.size, Reason.INITIALS)
    return shown


def no_picture(reason: Reason) -> Decision:
    """Let the app show its placeholder."""
    return Decision(Action.NOT_FOUND, reason)


def _keys(alias: Alias, default_domain: str) -> tuple[AddressKey, ...]:
    # A node's own address and a Microsoft meeting are nobody's.
    return keys_of(alias, default_domain) if alias.kind is AliasKind.ADDRESS else ()


def _by_directory(
    keys: tuple[AddressKey, ...], size: tuple[int, int], known: Known, moment: Moment
) -> Decision | Drawing | Needs:
    if not keys:
        return no_picture(Reason.NO_PICTURE)
    found = find_owned(keys, known)
    if isinstance(found, Needs):
        return found
    target = found.entry.target
    if target is None:
        own = found.entry.own_domain
        return no_picture(Reason.UNKNOWN_ALIAS if own else Reason.FOREIGN_DOMAIN)
    refusal = refusal_of(target, moment.now)
    if refusal is not None:
        return no_picture(refusal.reason)
    if isinstance(target, PermanentRoom | Booking | Device) and target.picture_id is not None:
        reason = Reason.OK_DEGRADED if found.is_stale else Reason.OK
        return Drawing(target.picture_id, *size, reason)
    return no_picture(Reason.NO_PICTURE)
