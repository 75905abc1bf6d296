"""What the user of a registered app finds: who asks, and how hits are shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from policy.decide.addresses import refusal_of
from policy.decide.decision import Decision, Reason
from policy.decide.rules import common, noted, said_by_rules
from policy.directory.records import Device, PhonebookSearch
from policy.wire.alias import AliasKind
from policy.wire.fields import MAX_TEXT
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from policy.decide.grounds import Grounds
    from policy.directory.records import PhonebookEntry
    from policy.rules.model import Rule
    from policy.rules.walk import Walk
    from policy.wire.requests import PhonebookRequest


def decide_search(request: PhonebookRequest, grounds: Grounds) -> Decision | PhonebookSearch:
    """Only a device of ours may look around, and only while it may be called itself.

    Everybody else, and whoever has typed nothing, finds nothing. Rules speak first; they can say
    that there is nothing to be found, or ask another policy server. Raises Needs.
    """
    alias = request.asker
    if alias is None:
        return decide_phonebook((), Reason.BAD_ALIAS)
    walk = grounds.walk(RequestType.PHONEBOOK, alias, request.parameters)
    decision = said_by_rules(walk, partial(_carry_out, walk, grounds))
    if decision is not None:
        return noted(decision, walk)
    # Behind the `@` nearly all are alike: it tells nobody apart.
    typed = request.typed.partition("@")[0].strip()
    if not typed or not request.limit:
        return decide_phonebook((), Reason.OK)
    if alias.kind is not AliasKind.ADDRESS:
        return decide_phonebook((), Reason.BAD_ALIAS)
    return _by_directory(typed, walk, grounds, request.limit)


def _carry_out(walk: Walk, grounds: Grounds, rule: Rule) -> Decision | None:
    return common(rule, walk, grounds.known, None)


def _by_directory(
    typed: str, walk: Walk, grounds: Grounds, limit: int
) -> Decision | PhonebookSearch:
    keys = walk.question.keys()
    found = grounds.known.owned(keys)
    target = found.entry.target
    if not isinstance(target, Device):
        return decide_phonebook((), Reason.UNKNOWN_ALIAS)
    refusal = refusal_of(target, grounds.moment.now)
    if refusal is not None:
        return decide_phonebook((), refusal.reason)
    asker = next(key for key in keys if grounds.known.entries.get(key) is found)
    return PhonebookSearch(asker, typed, limit)


def decide_phonebook(entries: Sequence[PhonebookEntry], reason: Reason = Reason.OK) -> Decision:
    """Show the hits as they come."""
    return Decision(Action.CONTINUE, reason, [_shown(entry) for entry in entries])


def _shown(entry: PhonebookEntry) -> Mapping[str, object]:
    description = entry.description or entry.alias
    # Nodes want a user name and show it to nobody, so there is no need to tell one.
    return {"alias": entry.alias, "description": description[:MAX_TEXT], "username": ""}
