"""Organisations, their states, and the tree that they form."""

from __future__ import annotations

from typing import Final

# Who has the code comes first; a group has none and goes by its id or its name.
FIND_ORGANISATIONS: Final = """
SELECT found.id, found.code, found.name, found.type, found.state, found.parent_id,
    found.agreements_required, found.deleted_at IS NOT NULL AS is_deleted,
    coalesce(heir.code, heir.name) AS merged_into
FROM organisation AS found LEFT JOIN organisation AS heir ON heir.id = found.merged_into_id
WHERE found.code = $1 OR found.type = 'group' AND (found.id::text = lower($1) OR found.name = $1)
ORDER BY found.code IS NULL, found.id
"""

ADD_ORGANISATION: Final = """
INSERT INTO organisation (
    code, name, type, state, parent_id, purposes, quota_permanent_rooms, pool_size,
    allow_own_address, sms_sender_name, sms_callback_url, agreements_required
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
RETURNING id
"""

# $2 holds what changes, as JSON; what it does not name stays. Whether agreements are required is
# asked again at each word about it, so that is for a statement of its own.
CHANGE_ORGANISATION: Final = """
UPDATE organisation SET (
    code, name, type, purposes, quota_permanent_rooms, pool_size, allow_own_address,
    sms_sender_name, sms_callback_url
) = (
    SELECT said.code, said.name, said.type, said.purposes, said.quota_permanent_rooms,
        said.pool_size, said.allow_own_address, said.sms_sender_name, said.sms_callback_url
    FROM jsonb_populate_record(organisation, $2::jsonb) AS said
)
WHERE id = $1
"""

REQUIRE_AGREEMENTS: Final = "UPDATE organisation SET agreements_required = $2 WHERE id = $1"

SET_HISTORY_KEY: Final = """
UPDATE organisation SET history_api_key_sha256 = sha256($2::bytea) WHERE id = $1
"""

SET_STATE: Final = "UPDATE organisation SET state = $2 WHERE id = $1"

# What stands in the way of a deletion, and what a merge would bring.
COUNT_HOLDINGS: Final = """
SELECT
    (SELECT count(*) FROM organisation WHERE parent_id = $1 AND deleted_at IS NULL)
        AS organisations,
    (SELECT count(*) FROM domain WHERE organisation_id = $1) AS domains,
    (SELECT count(*) FROM room WHERE organisation_id = $1 AND kind = 'permanent')
        AS permanent_rooms,
    (SELECT count(*) FROM booking WHERE organisation_id = $1) AS bookings,
    (SELECT count(*) FROM device WHERE organisation_id = $1) AS devices,
    (SELECT count(*) FROM picture WHERE organisation_id = $1) AS pictures,
    (SELECT count(*) FROM template WHERE organisation_id = $1) AS templates,
    (SELECT count(*) FROM number_range WHERE organisation_id = $1) AS number_ranges,
    (SELECT count(*) FROM address WHERE organisation_id = $1) AS held_addresses,
    (SELECT count(*) FROM reservation WHERE organisation_id = $1) AS reservations,
    (SELECT count(*) FROM message_template WHERE organisation_id = $1) AS message_templates,
    (SELECT count(*) FROM theme WHERE organisation_id = $1) AS themes
"""

REMOVE_USERS: Final = "DELETE FROM user_account WHERE organisation_id = $1"

# Its code stays taken: rules name codes, and would take a newcomer for the old one.
MARK_AS_DELETED: Final = """
UPDATE organisation SET deleted_at = now(), history_api_key_sha256 = NULL WHERE id = $1
"""

REMOVE_ORGANISATION: Final = "DELETE FROM organisation WHERE id = $1"

# $1 where the tree begins, null: with all that have nobody above them, or nobody who can be seen.
# $2 a state, null for any; $3 whether those that were deleted are shown too.
LIST_ORGANISATIONS: Final = """
WITH RECURSIVE tree (id, depth, place) AS (
    SELECT id, 0, ARRAY[lower(name), id::text] FROM organisation
    WHERE CASE
        WHEN $1::uuid IS NOT NULL THEN id = $1
        ELSE NOT EXISTS (
            SELECT FROM organisation AS above WHERE above.id = organisation.parent_id
        )
    END
    UNION ALL
    SELECT below.id, tree.depth + 1, tree.place || ARRAY[lower(below.name), below.id::text]
    FROM organisation AS below JOIN tree ON tree.id = below.parent_id
)
SELECT organisation.code, organisation.name, organisation.type, organisation.state,
    coalesce(parent.code, parent.name) AS parent, organisation.id, tree.depth
FROM tree
JOIN organisation USING (id)
LEFT JOIN organisation AS parent ON parent.id = organisation.parent_id
WHERE ($2::text IS NULL OR organisation.state = $2)
    AND ($3 OR organisation.deleted_at IS NULL)
ORDER BY tree.place
"""

SHOW_ORGANISATION: Final = """
SELECT shown.code, shown.name, shown.type, shown.state, shown.id, shown.path,
    coalesce(parent.code, parent.name) AS parent, shown.purposes, shown.quota_permanent_rooms,
    shown.pool_size, shown.allow_own_address, shown.sms_sender_name, shown.sms_callback_url,
    shown.history_api_key_sha256 IS NOT NULL AS has_history_api_key,
    shown.device_webhook_endpoint, shown.agreements_required,
    agreements_hold(shown.id, now()) AS agreements_hold, shown.legacy_group_id,
    coalesce(heir.code, heir.name) AS merged_into, shown.deleted_at,
    (SELECT count(*) FROM user_account WHERE organisation_id = shown.id) AS users
FROM organisation AS shown
LEFT JOIN organisation AS parent ON parent.id = shown.parent_id
LEFT JOIN organisation AS heir ON heir.id = shown.merged_into_id
WHERE shown.id = $1
"""

# Takes the lock that every change of the tree takes, before any row is locked: the other way round
# two changes would wait for each other.
LOCK_TREE: Final = "UPDATE organisation SET parent_id = parent_id WHERE false"

MOVE_ORGANISATION: Final = "UPDATE organisation SET parent_id = $2 WHERE id = $1"

# Devices that are called in a domain which is not for them, of these organisations and those below,
# or in the domain $2: they may not register.
FIND_STRANGERS: Final = """
WITH RECURSIVE below (id) AS (
    SELECT unnest($1::uuid[])
    UNION
    SELECT organisation.id FROM organisation JOIN below ON below.id = organisation.parent_id
)
SELECT device.id, address.domain
FROM address JOIN device ON device.id = address.device_id
WHERE address.state = 'active'
    AND (address.domain = $2 OR device.organisation_id IN (SELECT id FROM below))
    AND NOT domain_serves(address.domain, device.organisation_id)
"""
