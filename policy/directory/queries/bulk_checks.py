"""What is wrong with waiting rows and can be said of all of them at once.

Every check gives the place of a row, what it says there (`value`), and in `other` what it collides
with: the place of another row as text, or whose the thing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Check:
    """A statement that gives rows that are wrong; `said` holds `{value}` and perhaps `{other}`."""

    kind: str
    field: str
    said: str
    sql: str
    other_is_place: bool = False


# What may stand once: of all rows or of those of an organisation, and its expression over a row.
_ONCE: Final = (
    ("organisations", "code", "organisation", False, "{row}.code"),
    ("organisations", "id", "organisation", False, "{row}.id::text"),
    ("organisations", "legacy_group_id", "organisation", False, "{row}.legacy_group_id::text"),
    ("domains", "domain", "domain", False, "{row}.domain"),
    ("rooms", "service_name", "room", False, "{row}.service_name"),
    ("bookings", "service_name", "room", False, "{row}.service_name"),
    ("bookings", "id", "booking", False, "{row}.id::text"),
    ("bookings", "short_id", "booking", False, "{row}.short_id"),
    ("bookings", "external_id", "booking", True, "{row}.external_id"),
    ("devices", "id", "device", False, "{row}.id::text"),
    ("agreements", "version", "agreement", True, "{row}.kind || ' ' || {row}.version"),
    ("users", "email", "user_account", True, "lower({row}.email)"),
    ("ranges", "name", "number_range", True, "{row}.name"),
    ("templates", "name", "template", True, "{row}.name"),
    ("templates", "legacy_id", "template", False, "{row}.legacy_id::text"),
    ("themes", "name", "theme", True, "{row}.name"),
    ("message_templates", "name", "message_template", True, "{row}.name"),
)
_NODES: Final = """(
    SELECT coalesce(code, id::text) AS name FROM organisation
    UNION SELECT coalesce(code, id::text) FROM waiting_organisations
)"""
# Fields that name a node of the tree.
_OF_NODES: Final = (
    ("organisations", "parent"),
    ("organisations", "merged_into"),
    *(
        (kind, "organisation")
        for kind in (
            "agreements",
            "users",
            "domains",
            "ranges",
            "templates",
            "themes",
            "message_templates",
            "rooms",
            "bookings",
            "devices",
            "addresses",
            "phonebook_grants",
        )
    ),
    ("phonebook_grants", "seen_by"),
)
_OF_DOMAINS: Final = ("ranges", "aliases", "addresses")
_USERS: Final = ("organised_by", "created_by", "updated_by")
_UNKNOWN: Final = "is neither in the directory nor in these files"


def _once() -> Iterator[Check]:
    for kind, field, table, in_organisation, expression in _ONCE:
        here, there = expression.format(row="waiting"), expression.format(row="other")
        scope = "coalesce(waiting.organisation, '')" if in_organisation else "''"
        of_owner = "other" if table == "organisation" else "owner"
        owner = (
            ""
            if table == "organisation"
            else ("LEFT JOIN organisation AS owner ON owner.id = other.organisation_id")
        )
        same_owner = (
            "AND coalesce(owner.code, owner.id::text, '') = coalesce(waiting.organisation, '')"
            if in_organisation
            else ""
        )
        yield Check(
            kind,
            field,
            f"{field} {{value!r}} stands twice, first in {{other}}",
            f"""
WITH doubled AS (
    SELECT {here} AS value, {scope} AS scope, min(place) AS first FROM waiting_{kind} AS waiting
    WHERE {here} IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1
)
SELECT waiting.place, doubled.value, doubled.first::text AS other
FROM waiting_{kind} AS waiting JOIN doubled ON doubled.value = {here} AND doubled.scope = {scope}
WHERE waiting.place <> doubled.first
""",  # noqa: S608  names are constants of this package
            other_is_place=True,
        )
        yield Check(
            kind,
            field,
            f"{field} {{value!r}} is there already, of {{other}}",
            f"""
SELECT waiting.place, {here} AS value,
    coalesce({of_owner}.code, {of_owner}.name, 'the platform') AS other
FROM waiting_{kind} AS waiting JOIN {table} AS other ON {there} = {here} {owner}
WHERE waiting.is_new {same_owner}
""",  # noqa: S608  as above
        )


def _unknown() -> Iterator[Check]:
    for kind, field in _OF_NODES:
        yield Check(
            kind,
            field,
            f"{field} {{value!r}} {_UNKNOWN}",
            f"""
SELECT place, waiting.{field} AS value, '' AS other
FROM waiting_{kind} AS waiting LEFT JOIN {_NODES} AS node ON node.name = waiting.{field}
WHERE waiting.{field} IS NOT NULL AND node.name IS NULL
""",  # noqa: S608  as above
        )
    for kind in _OF_DOMAINS:
        yield Check(
            kind,
            "domain" if kind == "ranges" else "alias",
            f"domain {{value!r}} {_UNKNOWN}",
            f"""
SELECT place, waiting.domain AS value, '' AS other FROM waiting_{kind} AS waiting
LEFT JOIN (
    SELECT domain FROM domain UNION SELECT domain FROM waiting_domains
) AS known ON known.domain = waiting.domain
WHERE waiting.domain IS NOT NULL AND known.domain IS NULL
""",  # noqa: S608  as above
        )
    for kind in ("rooms", "bookings"):
        yield from _unknown_template(kind)
    for kind in ("templates", "addresses"):
        yield Check(
            kind,
            "range",
            f"range {{value!r}} {_UNKNOWN}, of range_organisation",
            f"""
SELECT place, waiting.range AS value, '' AS other FROM waiting_{kind} AS waiting
LEFT JOIN (
    SELECT coalesce(owner.code, owner.id::text, '') AS owner, number_range.name
    FROM number_range LEFT JOIN organisation AS owner ON owner.id = number_range.organisation_id
    UNION SELECT coalesce(organisation, ''), name FROM waiting_ranges
) AS known ON known.name = waiting.range AND known.owner = coalesce(range_organisation, '')
WHERE waiting.range IS NOT NULL AND known.name IS NULL
""",  # noqa: S608  as above
        )
    for field in _USERS:
        yield Check(
            "bookings",
            field,
            f"{field} is no user of this organisation",
            f"""
SELECT place, '' AS value, '' AS other FROM waiting_bookings AS waiting
LEFT JOIN (
    SELECT coalesce(owner.code, owner.id::text) AS owner, lower(email) AS email
    FROM user_account JOIN organisation AS owner ON owner.id = user_account.organisation_id
    UNION SELECT organisation, lower(email) FROM waiting_users
) AS known ON known.owner = waiting.organisation AND known.email = lower(waiting.{field})
WHERE waiting.{field} IS NOT NULL AND known.email IS NULL
""",  # noqa: S608  as above
        )


def _unknown_template(kind: str) -> Iterator[Check]:
    known = """
LEFT JOIN (
    SELECT coalesce(owner.code, owner.id::text) AS owner, template.name, service_type AS type
    FROM template JOIN organisation AS owner ON owner.id = template.organisation_id
    UNION SELECT organisation, name, type FROM waiting_templates
) AS known ON known.name = waiting.template
    AND known.owner = coalesce(waiting.template_organisation, waiting.organisation)
"""
    yield Check(
        kind,
        "template",
        f"template {{value!r}} {_UNKNOWN}",
        f"""
SELECT place, waiting.template AS value, '' AS other FROM waiting_{kind} AS waiting {known}
WHERE waiting.template IS NOT NULL AND known.name IS NULL
""",  # noqa: S608  as above
    )
    yield Check(
        kind,
        "template",
        "template {value!r} is for a {other}, this room is not",
        f"""
SELECT place, waiting.template AS value, known.type AS other
FROM waiting_{kind} AS waiting {known}
WHERE known.type <> waiting.type
""",  # noqa: S608  as above
    )


_ALL_ADDRESSES: Final = """(
    SELECT place, position, local, domain, target FROM waiting_aliases
    UNION ALL
    SELECT place, 0, local, domain, NULL FROM waiting_addresses WHERE state <> 'active' AND is_new
)"""
_WRITTEN: Final = "waiting.local || coalesce('@' || waiting.domain, '')"

_ADDRESSES: Final = (
    Check(
        "aliases",
        "alias",
        "alias {value!r} stands twice, first in {other}",
        f"""
WITH doubled AS (
    SELECT local, coalesce(domain, '') AS domain, min(place) AS first
    FROM {_ALL_ADDRESSES} AS waiting GROUP BY 1, 2 HAVING count(*) > 1
), numbered AS (
    SELECT waiting.*, doubled.first, row_number() OVER (
        PARTITION BY waiting.local, waiting.domain ORDER BY place, position
    ) AS number
    FROM {_ALL_ADDRESSES} AS waiting
    JOIN doubled ON doubled.local = waiting.local
        AND doubled.domain = coalesce(waiting.domain, '')
)
SELECT place, {_WRITTEN} AS value, first::text AS other FROM numbered AS waiting WHERE number > 1
""",  # noqa: S608  as above
        other_is_place=True,
    ),
    Check(
        "aliases",
        "alias",
        "alias {value!r} is taken, by {other}",
        f"""
SELECT place, {_WRITTEN} AS value, CASE
    WHEN owner.id IS NOT NULL THEN 'organisation ' || coalesce(owner.code, owner.name)
    ELSE 'an address that is ' || address.state
END AS other
FROM {_ALL_ADDRESSES} AS waiting
JOIN address ON address.local = waiting.local
    AND coalesce(address.domain, '') = coalesce(waiting.domain, '') AND address.state <> 'free'
LEFT JOIN room ON room.id = address.room_id
LEFT JOIN device ON device.id = address.device_id
LEFT JOIN organisation AS owner
    ON owner.id = coalesce(room.organisation_id, device.organisation_id, address.organisation_id)
""",  # noqa: S608  as above
    ),
    Check(
        "addresses",
        "alias",
        "alias {value!r} is nobody's: an active address is one of a room, a booking or a device",
        f"""
SELECT waiting.place, {_WRITTEN} AS value, '' AS other FROM waiting_addresses AS waiting
LEFT JOIN waiting_aliases AS alias
    ON alias.local = waiting.local AND alias.domain IS NOT DISTINCT FROM waiting.domain
LEFT JOIN address ON address.local = waiting.local
    AND address.domain IS NOT DISTINCT FROM waiting.domain AND address.state = 'active'
WHERE waiting.state = 'active' AND alias.place IS NULL AND address.id IS NULL
""",  # noqa: S608  as above
    ),
    Check(
        "addresses",
        "room",
        f"room {{value!r}} {_UNKNOWN}",
        """
SELECT waiting.place, waiting.room AS value, '' AS other FROM waiting_addresses AS waiting
LEFT JOIN (
    SELECT service_name FROM room
    UNION ALL SELECT service_name FROM waiting_rooms
    UNION ALL SELECT service_name FROM waiting_bookings
) AS known ON known.service_name = waiting.room
WHERE waiting.room IS NOT NULL AND known.service_name IS NULL
""",
    ),
    Check(
        "addresses",
        "device",
        f"device {{value!r}} {_UNKNOWN}",
        """
SELECT waiting.place, waiting.device::text AS value, '' AS other FROM waiting_addresses AS waiting
LEFT JOIN (
    SELECT id FROM device UNION SELECT id FROM waiting_devices
) AS known ON known.id = waiting.device
WHERE waiting.device IS NOT NULL AND known.id IS NULL
""",
    ),
)

CHECKS: Final[tuple[Check, ...]] = (*_once(), *_unknown(), *_ADDRESSES)
