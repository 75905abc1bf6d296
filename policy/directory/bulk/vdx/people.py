"""The tree, its domains and its users."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, get_args

from policy.directory.bulk.kinds import Role
from policy.directory.bulk.vdx.notes import What
from policy.directory.bulk.vdx.rows import group_uuid
from policy.directory.bulk.vdx.services import address_of
from policy.directory.document import key_of
from policy.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from policy.directory.bulk.vdx.notes import Origin
    from policy.directory.bulk.vdx.rows import Work
    from policy.directory.bulk.vdx.tables import Domain, Group, User

_SENDER: Final = re.compile("[A-Za-z0-9 ]{1,11}")
_ROLES: Final = frozenset(get_args(Role))


def convert_groups(work: Work, rows: Iterable[tuple[Group, Origin]]) -> None:
    """Make nodes of the tree; a group of VDX keeps its number as legacy_group_id."""
    groups = list(rows)
    for group, origin in groups:
        about = f"group {group.group_id}"
        if group.group_type in {None, "organisation", "praksis"} and group.organisation_id is None:
            work.notes.add(What.REPAIRED, origin, about, "has no code: is a group here")
        elif group.organisation_id in work.codes:
            text = f"code {group.organisation_id!r} is there already: is a group here"
            work.notes.add(What.REPAIRED, origin, about, text)
        elif group.group_type != "group":
            work.nodes[group.group_id] = str(group.organisation_id)
            work.codes.add(str(group.organisation_id))
        work.nodes.setdefault(group.group_id, group_uuid(group.group_id))
    parents = {group.group_id: group.parent_id for group, _ in groups}
    for group, origin in groups:
        work.made.add("organisations", _node(work, group, parents, origin), origin)


def _node(
    work: Work, group: Group, parents: Mapping[int, int | None], origin: Origin
) -> dict[str, object]:
    about = f"group {group.group_id}"
    name = work.nodes[group.group_id]
    is_group = name == group_uuid(group.group_id)
    row: dict[str, object] = {
        "code": None if is_group else name,
        "id": name if is_group else None,
        "name": work.shortened(group.group_name or name, 250, origin, about),
        "type": "group" if is_group else group.group_type or "organisation",
        "parent": _parent(work, group, parents, origin),
        "legacy_group_id": group.group_id,
        "deleted_at": group.deleted_time and group.deleted_time.isoformat(),
        "state": "closed" if group.deleted_time else None,
    }
    if is_group:
        return row
    sender = group.sms_sender_name
    if sender is not None and not _SENDER.fullmatch(sender):
        work.notes.add(What.DROPPED, origin, about, "its sender of text messages is no sender")
        sender = None
    return row | {
        "pool_size": group.pool_size if (group.pool_size or 0) >= 0 else None,
        "allow_own_address": group.allow_custom_uri_without_domain,
        "sms_sender_name": sender,
        "sms_callback_url": address_of(work, group.sms_callback_url, 100, origin, about),
        "device_webhook_endpoint": address_of(
            work, group.device_webhook_endpoint, 100, origin, about
        ),
    }


def _parent(
    work: Work, group: Group, parents: Mapping[int, int | None], origin: Origin
) -> str | None:
    parent = group.parent_id
    if parent is None or parent in {0, group.group_id}:
        return None
    if parent not in parents:
        text = f"its parent {parent} is in no table: stands at the top"
        work.notes.add(What.REPAIRED, origin, f"group {group.group_id}", text)
        return None
    if _is_above_itself(group.group_id, parents):
        text = "is above itself: stands at the top"
        work.notes.add(What.REPAIRED, origin, f"group {group.group_id}", text)
        return None
    return work.nodes[parent]


def _is_above_itself(group_id: int, parents: Mapping[int, int | None]) -> bool:
    above = parents.get(group_id)
    for _ in parents:
        if above is None or above == group_id:
            return above == group_id
        following = parents.get(above)
        above = None if following == above else following
    return False


def convert_domains(work: Work, rows: Iterable[tuple[Domain, Origin]]) -> None:
    """Make domains; one that several have is the first one's."""
    for domain, origin in rows:
        try:
            spelled = key_of(f"x@{domain.domain}").domain
        except RequestError:
            spelled = ""
        owner = work.node(domain.group_id, origin, f"domain {domain.domain}")
        if not spelled:
            work.notes.add(What.LEFT_OUT, origin, f"domain {domain.domain}", "is no domain name")
        elif spelled in work.claims.domains:
            work.notes.add(What.COLLISION, origin, f"domain {spelled}", "is somebody's already")
        elif owner is not None:
            work.claims.domains.add(spelled)
            row = {
                "domain": spelled,
                "organisation": owner,
                "inherit": domain.inherit,
                "history_only": domain.history_only,
            }
            work.made.add("domains", row, origin)


def convert_users(work: Work, rows: Iterable[tuple[User, Origin]]) -> None:
    """Make users; what stands in place of an e-mail is kept, whatever it is."""
    for user, origin in rows:
        owner = work.organisation(user.organisation_id, origin, "user")
        if owner is None:
            continue
        written = re.findall(r"[\w-]+", (user.roles or "").lower().replace("_", "-"))
        roles = [role for role in written if role in _ROLES]
        if len(roles) < len(written):
            work.notes.add(What.DROPPED, origin, "user", "a role that is not known here")
        add_user(work, owner, user.email, roles, origin)


def add_user(work: Work, owner: str, email: str, roles: list[str], origin: Origin) -> None:
    """Add a user of an organisation, once."""
    if (owner, email.lower()) in work.users:
        return
    work.users.add((owner, email.lower()))
    if "@" not in email:
        work.notes.add(What.KEPT, origin, "user", "an e-mail address that is none")
    row = {"organisation": owner, "email": email[:100], "roles": roles}
    work.made.add("users", row, origin)
