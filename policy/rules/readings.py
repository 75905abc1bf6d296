"""How conditions that are more than one parameter read a request. Pure.

Functions of a module, with a name bound where one is needed, so that clauses can be pickled.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final, assert_never

from policy.directory.records import Booking, Device, PermanentRoom, Quarantined, Reserved
from policy.wire.devices import family_of
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policy.directory.records import Target
    from policy.networks import Address
    from policy.rules.question import Question
    from policy.wire.alias import Alias


def _alias(key: str, question: Question) -> Alias | None:
    return question.alias if key == "alias" else question.remote()


def alias_text(key: str, part: str, question: Question) -> str:
    """Read one part of the dialled or the remote alias, empty without one."""
    alias = _alias(key, question)
    return "" if alias is None else str(getattr(alias, part))


def alias_texts(key: str, part: str, question: Question) -> tuple[str, ...]:
    """Read one part of the dialled or the remote alias, none without one.

    Of a bare alias also what it is completed to.
    """
    alias = _alias(key, question)
    if alias is None:
        return ()
    also = completed(part, question) if key == "alias" else ""
    return (getattr(alias, part), also) if also else (getattr(alias, part),)


def completed(part: str, question: Question) -> str:
    """Read what a bare alias is completed to, or the domain of that; empty for any other."""
    whole = question.completed() if part in {"text", "host"} else ""
    return whole.rpartition("@")[2] if part == "host" else whole


# One reader for all rules that read the same: a partial for each would be a sixth of their memory.


@cache
def text_of_alias(key: str, part: str) -> partial[str]:
    """Read one part of an alias."""
    return partial(alias_text, key, part)


@cache
def texts_of_alias(key: str, part: str) -> partial[tuple[str, ...]]:
    """Read one part of an alias, and what it is completed to."""
    return partial(alias_texts, key, part)


@cache
def completion_of(part: str) -> partial[str]:
    """Read what a bare alias is completed to."""
    return partial(completed, part)


def caller_addresses(question: Question) -> tuple[Address, ...]:
    """Read what says where the caller is."""
    return question.addresses()


def _device(question: Question) -> str:
    return family_of(question.parameters.text("vendor"))


def _direction(question: Question) -> str:
    """Read the direction; a call of an unknown one counts as incoming."""
    return question.direction or question.parameters.text("call_direction").lower()


def _role(question: Question) -> str:
    key = "role" if question.request is RequestType.AVATAR else "preauthenticated_role"
    role = question.parameters.text(key).lower()
    return role if role in {"chair", "guest"} else "none"


def _room_kind(question: Question) -> str:
    target = question.dialled()
    match target:
        case None:
            return "nobody"
        case PermanentRoom():
            return "permanent"
        case Booking():
            return "booking"
        case Device():
            return "device"
        case Reserved():
            return "reserved"
        case Quarantined():
            return "quarantined"
        case _:
            assert_never(target)


def _room_state(question: Question) -> str:
    return question.room_state()


def _owner(question: Question) -> tuple[str, ...]:
    return _subtree_of(question.dialled())[:1]


def _subtree(question: Question) -> tuple[str, ...]:
    return _subtree_of(question.dialled())


def _tags(question: Question) -> tuple[str, ...]:
    return _tags_of(question.dialled())


def _device_owner(question: Question) -> tuple[str, ...]:
    return _subtree_of(_calling_device(question))[:1]


def _device_subtree(question: Question) -> tuple[str, ...]:
    return _subtree_of(_calling_device(question))


def _device_tags(question: Question) -> tuple[str, ...]:
    return _tags_of(_calling_device(question))


def _calling_device(question: Question) -> Target | None:
    target = question.caller()
    return target if isinstance(target, Device) and target.enabled else None


def _subtree_of(target: Target | None) -> tuple[str, ...]:
    """Give the codes of the owner and of whoever is above, the owner's first, in lower case."""
    if not isinstance(target, PermanentRoom | Booking | Device):
        return ()
    codes = target.subtree or ((target.owner,) if target.owner else ())
    return tuple(code.lower() for code in codes)


def _tags_of(target: Target | None) -> tuple[str, ...]:
    if not isinstance(target, PermanentRoom | Booking | Device):
        return ()
    return tuple(tag.lower() for tag in target.tags)


def idp_attribute(name: str, question: Question) -> tuple[str, ...]:
    """Read all values of an attribute of the identity provider."""
    return tuple(each.lower() for each in question.idp_attributes().get(name, ()))


def fact(name: str, question: Question) -> tuple[str, ...]:
    """Read what a rule in front has set."""
    text = question.facts.get(name)
    return () if text is None else (text.lower(),)


WORDS: Final[Mapping[str, Callable[[Question], str]]] = {
    "direction": _direction,
    "device": _device,
    "role": _role,
    "room_kind": _room_kind,
    "room_state": _room_state,
}
TEXTS: Final[Mapping[str, Callable[[Question], tuple[str, ...]]]] = {
    "organisation": _owner,
    "subtree": _subtree,
    "tag": _tags,
    "device_owner": _device_owner,
    "device_subtree": _device_subtree,
    "device_tag": _device_tags,
}
