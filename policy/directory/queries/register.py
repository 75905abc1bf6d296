"""The register: who gets which address, until when, and number ranges."""

from __future__ import annotations

from typing import Final

# $1 range, $2 kind, $3 room, $4 state, $5 until when it is held.
DRAW: Final = "SELECT id, local, domain, state, until FROM register_number($1, $2, $3, $4, $5)"

IS_EMERGENCY_NUMBER: Final = "SELECT EXISTS (SELECT FROM emergency_number WHERE number = $1)"

DOMAIN_SERVES: Final = "SELECT domain_serves($1, $2)"

FREE_IF_ENDED: Final = "SELECT free_addresses_that_ended(nullif($2, ''), ARRAY[$1], NULL, NULL)"

# What the room or device had itself and gave away, and what is held for its organisation.
# $1 local part, $2 domain, $3 kind, $4 room, $5 device, $6 organisation, $7 description.
TAKE_BACK: Final = """
UPDATE address SET
    state = 'active', kind = $3, room_id = $4, device_id = $5, organisation_id = NULL,
    since = now(), until = NULL, description = coalesce($7, description)
WHERE local = $1 AND domain IS NOT DISTINCT FROM nullif($2, '') AND (
    state = 'quarantined' AND (room_id = $4 OR device_id = $5)
    OR state = 'held' AND organisation_id = $6
)
RETURNING id, local, domain, state, until
"""

TAKE: Final = """
INSERT INTO address (local, domain, kind, room_id, device_id, description)
VALUES ($1, nullif($2, ''), $3, $4, $5, $6)
ON CONFLICT (local, domain) WHERE state <> 'free' DO NOTHING
RETURNING id, local, domain, state, until
"""

# $3 organisation, $4 days or null.
HOLD: Final = """
INSERT INTO address (local, domain, kind, state, organisation_id, until, description)
VALUES ($1, nullif($2, ''), 'reserved', 'held', $3, now() + make_interval(days => $4), $5)
ON CONFLICT (local, domain) WHERE state <> 'free' DO NOTHING
RETURNING id, local, domain, state, until
"""

FIND_ADDRESS: Final = """
SELECT id, local, domain, kind, state, until, room_id, device_id, organisation_id, description
FROM address
WHERE local = $1 AND domain IS NOT DISTINCT FROM nullif($2, '') AND state <> 'free'
FOR UPDATE
"""

# $1 ids, $2 for how many days. What is without a day goes free at once.
QUARANTINE: Final = """
UPDATE address SET state = 'quarantined', since = now(), until = now() + make_interval(days => $2)
WHERE id = ANY ($1::bigint[]) AND state = 'active'
RETURNING id, local, domain, state, until
"""

# What was held without a room or device leaves no row behind.
FREE: Final = """
WITH gone AS (
    DELETE FROM address
    WHERE id = $1 AND state IN ('held', 'quarantined') AND num_nonnulls(room_id, device_id) = 0
    RETURNING id, local, domain
), freed AS (
    UPDATE address SET state = 'free', since = now(), until = NULL
    WHERE id = $1 AND state IN ('held', 'quarantined') AND num_nonnulls(room_id, device_id) = 1
    RETURNING id, local, domain
)
SELECT id, local, domain, 'free' AS state, NULL::timestamptz AS until
FROM (TABLE gone UNION ALL TABLE freed) AS done
"""

DESCRIBE: Final = "UPDATE address SET description = $2 WHERE id = $1"

# An address of a device that goes: it is kept for the organisation while nobody may have it.
LEAVE_DEVICE: Final = """
UPDATE address SET
    state = 'quarantined', device_id = NULL, organisation_id = $2, since = now(),
    until = now() + make_interval(days => $3)
WHERE device_id = $1 AND state = 'active'
RETURNING id, local, domain, state, until
"""

MOVE_TO_ROOM: Final = """
UPDATE address SET room_id = $2, since = now() WHERE id = $1 AND state = 'active'
RETURNING id, local, domain, state, until
"""

ADDRESSES_OF: Final = """
SELECT id, local, domain, state, until, description FROM address
WHERE (room_id = $1 OR device_id = $2) AND state <> 'free'
ORDER BY domain IS NULL, id
"""

# $1 local parts, $2 domains ('' for none), pairwise; $3 when, or null for now. Of those who can be
# meant the first wins: a meeting that is not over, a permanent room, a device, whoever has the
# domain, whoever has the nearest domain above it.
OWNERS_OF: Final = """
SELECT asked.local, asked.domain, owner.source,
    coalesce(organisation.code, organisation.name) AS organisation
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (local, domain, position)
LEFT JOIN LATERAL (
    SELECT 1 + array_position(ARRAY['booking', 'permanent', 'device'], address.kind) AS rank,
        address.domain IS NULL AS is_bare, address.kind AS source,
        coalesce(room.organisation_id, device.organisation_id) AS organisation_id
    FROM address
    LEFT JOIN room ON room.id = address.room_id
    LEFT JOIN device ON device.id = address.device_id
    LEFT JOIN booking ON booking.room_id = address.room_id
    WHERE address.local = asked.local AND address.state = 'active' AND (
        address.domain = asked.domain
        OR address.domain IS NULL
        AND (
            asked.domain = ''
            OR EXISTS (SELECT FROM domain WHERE domain = asked.domain AND NOT history_only)
        )
    ) AND (
        address.kind IN ('permanent', 'device')
        OR booking_state(booking, coalesce($3, now())) IN ('planned', 'open')
    )
    UNION ALL
    SELECT 5, false, 'domain', domain.organisation_id FROM domain
    WHERE domain.domain = asked.domain
    UNION ALL
    SELECT 1000 - length(domain.domain), false, 'parent-domain', domain.organisation_id FROM domain
    WHERE right(asked.domain, length(domain.domain) + 1) = '.' || domain.domain
    ORDER BY rank, is_bare
    LIMIT 1
) AS owner ON true
LEFT JOIN organisation ON organisation.id = owner.organisation_id
ORDER BY asked.position
"""

# $1 organisation or null for the platform's, then the columns.
ADD_RANGE: Final = """
INSERT INTO number_range (organisation_id, name, domain, prefix, low, high, expected)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id, (count_numbers(number_range)).size
"""

# $1 organisation and all below it; null for all. With the platform's. Of an organisation above a
# tenant no more is told than that.
LIST_RANGES: Final = """
WITH RECURSIVE below (id) AS (
    SELECT $1::uuid
    UNION ALL
    SELECT organisation.id FROM organisation JOIN below ON organisation.parent_id = below.id
)
SELECT number_range.id, number_range.name,
    coalesce(
        organisation.code, organisation.name,
        CASE WHEN number_range.organisation_id IS NOT NULL THEN 'above' END
    ) AS organisation,
    number_range.domain, number_range.prefix, number_range.low, number_range.high,
    number_range.expected, numbers.size, numbers.taken
FROM number_range
LEFT JOIN organisation ON organisation.id = number_range.organisation_id
CROSS JOIN LATERAL count_numbers(number_range) AS numbers
WHERE $1::uuid IS NULL OR number_range.organisation_id IS NULL
    OR number_range.organisation_id IN (SELECT id FROM below)
ORDER BY number_range.organisation_id IS NOT NULL, organisation.code NULLS FIRST, number_range.name
"""

FIND_OWN_RANGE: Final = """
SELECT id FROM number_range WHERE organisation_id IS NOT DISTINCT FROM $1 AND name = $2 FOR UPDATE
"""

COUNT_USES_OF_RANGE: Final = """
SELECT
    (SELECT count(*) FROM address WHERE range_id = $1 AND state <> 'free') AS addresses,
    (SELECT count(*) FROM template WHERE range_id = $1) AS templates
"""

FORGET_RANGE: Final = "UPDATE address SET range_id = NULL WHERE range_id = $1"

REMOVE_RANGE: Final = "DELETE FROM number_range WHERE id = $1"
