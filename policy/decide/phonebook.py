"""What the user of a registered app finds: who asks, and how hits are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy.decide.addresses import find_owned, keys_of, refusal_of
from policy.decide.decision import Decision, Needs, Reason
from policy.directory.records import Device, PhonebookSearch
from policy.wire.alias import AliasKind
from policy.wire.fields import MAX_TEXT
from policy.wire.vocabulary import Action

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from policy.decide.decision import Dialling
    from policy.directory.records import AddressKey, Found, PhonebookEntry
    from policy.wire.requests import PhonebookRequest

    Known = Mapping[AddressKey, Found]


def decide_search(
    request: PhonebookRequest, known: Known, now: datetime, dialling: Dialling
) -> Decision | Needs | PhonebookSearch:
    """Only a device of ours may look around, and only while it may be called itself.

    Everybody else, and whoever has typed nothing, finds nothing.
    """
    # Behind the `@` nearly all are alike: it tells nobody apart.
    typed = request.typed.partition("@")[0].strip()
    if not typed or not request.limit:
        return decide_phonebook((), Reason.OK)
    alias = request.asker
    if alias is None or alias.kind is not AliasKind.ADDRESS:
        return decide_phonebook((), Reason.BAD_ALIAS)
    keys = keys_of(alias, dialling.domain_for(request.location))
    found = find_owned(keys, known)
    if isinstance(found, Needs):
        return found
    target = found.entry.target
    if not isinstance(target, Device):
        return decide_phonebook((), Reason.UNKNOWN_ALIAS)
    refusal = refusal_of(target, now)
    if refusal is not None:
        return decide_phonebook((), refusal.reason)
    asker = next(key for key in keys if known.get(key) is found)
    return PhonebookSearch(asker, typed, request.limit)


def decide_phonebook(entries: Sequence[PhonebookEntry], reason: Reason = Reason.OK) -> Decision:
    """Show the hits as they come."""
    return Decision(Action.CONTINUE, reason, [_shown(entry) for entry in entries])


def _shown(entry: PhonebookEntry) -> Mapping[str, object]:
    description = entry.description or entry.alias
    # Nodes want a user name and show it to nobody, so there is no need to tell one.
    return {"alias": entry.alias, "description": description[:MAX_TEXT], "username": ""}
