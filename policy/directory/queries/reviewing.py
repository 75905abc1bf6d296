"""What is odd in a directory, though the database takes it. Each gives `what` and `text`.

$1 how many at most. Numbers of ten digits are not told: they may be somebody's CPR number.
"""

from __future__ import annotations

from typing import Final

# A number that two organisations answer: with its domain one, without it the other.
COLLISIONS: Final = """
WITH owned AS (
    SELECT address.local, address.domain,
        coalesce(room.organisation_id, device.organisation_id) AS organisation_id
    FROM address
    LEFT JOIN room ON room.id = address.room_id
    LEFT JOIN device ON device.id = address.device_id
    WHERE address.state = 'active'
)
SELECT 'address ' || named.local AS what, format(
    'is %s''s, and %s@%s is %s''s: callers who leave the domain out reach somebody else',
    coalesce(of_bare.code, of_bare.name), named.local, named.domain,
    coalesce(of_named.code, of_named.name)
) AS text
FROM owned AS bare
JOIN owned AS named ON named.local = bare.local AND named.domain IS NOT NULL
JOIN organisation AS of_bare ON of_bare.id = bare.organisation_id
JOIN organisation AS of_named ON of_named.id = named.organisation_id
WHERE bare.domain IS NULL AND bare.organisation_id <> named.organisation_id
ORDER BY named.local, named.domain
LIMIT $1
"""

# Who has something in a domain that is neither theirs nor inherited. Few pairs are asked about.
FOREIGN_DEVICES: Final = """
WITH pair AS MATERIALIZED (
    SELECT DISTINCT address.domain, device.organisation_id
    FROM address JOIN device ON device.id = address.device_id
    WHERE address.state = 'active' AND address.domain IS NOT NULL
)
SELECT format('device %s@%s', address.local, address.domain) AS what, format(
    'its domain is none of %s: it cannot register', coalesce(organisation.code, organisation.name)
) AS text
FROM pair
JOIN organisation ON organisation.id = pair.organisation_id
JOIN device ON device.organisation_id = pair.organisation_id
JOIN address ON address.device_id = device.id AND address.domain = pair.domain
    AND address.state = 'active'
WHERE NOT domain_serves(pair.domain, pair.organisation_id)
ORDER BY address.domain, address.local
LIMIT $1
"""

FOREIGN_ROOMS: Final = """
WITH pair AS MATERIALIZED (
    SELECT address.domain, room.organisation_id, count(*) AS count, min(address.local) AS local
    FROM address JOIN room ON room.id = address.room_id
    WHERE address.state = 'active' AND address.domain IS NOT NULL
    GROUP BY address.domain, room.organisation_id
)
SELECT 'organisation ' || coalesce(organisation.code, organisation.name) AS what, format(
    'addresses of its rooms in %s, which is none of its domains: %s, such as %s@%s',
    pair.domain, pair.count, pair.local, pair.domain
) AS text
FROM pair JOIN organisation ON organisation.id = pair.organisation_id
WHERE NOT domain_serves(pair.domain, pair.organisation_id)
ORDER BY what, pair.domain
LIMIT $1
"""

# A number that was drawn with a prefix is two addresses of one room.
LONELY_TWINS: Final = """
SELECT 'address ' || concat_ws('@', address.local, address.domain) AS what, format(
    'was drawn with the prefix %s, but its room has no %s', number_range.prefix, twin.alias
) AS text
FROM number_range
JOIN address ON address.range_id = number_range.id AND address.state = 'active'
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN address.domain IS NULL THEN number_range.prefix || address.local
            ELSE substr(address.local, length(number_range.prefix) + 1) END AS local,
        CASE WHEN address.domain IS NULL THEN number_range.domain END AS domain
) AS other
CROSS JOIN LATERAL (SELECT concat_ws('@', other.local, other.domain) AS alias) AS twin
WHERE number_range.prefix <> '' AND NOT EXISTS (
    SELECT FROM address AS second
    WHERE second.local = other.local AND second.domain IS NOT DISTINCT FROM other.domain
        AND second.state = 'active' AND second.room_id = address.room_id
)
ORDER BY what
LIMIT $1
"""

OPEN_TO_CITIZENS: Final = """
SELECT 'room ' || room.service_name AS what, format(
    '%s has meetings with citizens: it needs a pin or a host_identity_provider_group',
    coalesce(organisation.code, organisation.name)
) AS text
FROM organisation
JOIN room ON room.organisation_id = organisation.id
LEFT JOIN template ON template.id = room.template_id
WHERE 'citizen' = ANY (organisation.purposes) AND room.pin IS NULL AND room.state <> 'deleted'
    AND room.service_type IN ('conference', 'lecture')
    AND NOT room.service || coalesce(template.service, '{}') ? 'host_identity_provider_group'
ORDER BY room.service_name
LIMIT $1
"""

UNKNOWN_NAMES: Final = """
SELECT 'room ' || room.service_name AS what, name_fault(room_document(room)) AS text
FROM room
WHERE EXISTS (SELECT FROM platform_names) AND NOT is_plain(room) AND room.state <> 'deleted'
    AND name_fault(room_document(room)) IS NOT NULL
ORDER BY room.service_name
LIMIT $1
"""

# Which number it is would have to be said to whoever may see it, not here.
TEN_DIGITS: Final = """
SELECT
    coalesce(
        'room ' || room.service_name, 'device ' || device.id, 'address of id ' || address.id
    ) AS what,
    'has an address of ten digits, which looks like a CPR number' AS text
FROM address
LEFT JOIN room ON room.id = address.room_id
LEFT JOIN device ON device.id = address.device_id
WHERE address.state <> 'free' AND length(address.local) = 10 AND address.local ~ '^[0-9]+$'
ORDER BY what
LIMIT $1
"""

OF_CLOSED_ORGANISATIONS: Final = """
SELECT 'organisation ' || coalesce(organisation.code, organisation.name) AS what,
    format('is closed; addresses still in use: %s', owned.count) AS text
FROM organisation
CROSS JOIN LATERAL (
    SELECT
        (
            SELECT count(*) FROM room JOIN address ON address.room_id = room.id
            WHERE room.organisation_id = organisation.id AND address.state = 'active'
        ) + (
            SELECT count(*) FROM device JOIN address ON address.device_id = device.id
            WHERE device.organisation_id = organisation.id AND address.state = 'active'
        ) AS count
) AS owned
WHERE organisation.state = 'closed' AND owned.count > 0
ORDER BY what
LIMIT $1
"""

NOT_SWEPT: Final = """
SELECT 'sweep' AS what, format(
    'meetings that have been over for more than 15 minutes and are not swept: %s; '
    'does ''vdx-policy sweep'' run?', count(*)
) AS text
FROM booking
WHERE swept_at IS NULL AND ends_at < now() - interval '15 minutes'
    AND (cancelled_at IS NOT NULL OR closes_at(booking) < now() - interval '15 minutes')
HAVING count(*) > 0
LIMIT $1
"""

UNUSED_ROOMS: Final = """
SELECT 'room ' || room.service_name AS what, format(
    'of %s: nobody has called for a year, since %s', coalesce(organisation.code, organisation.name),
    to_char(coalesce(max(address_use.last_used_at), room.created_at), 'YYYY-MM-DD')
) AS text
FROM room
JOIN organisation ON organisation.id = room.organisation_id
LEFT JOIN address ON address.room_id = room.id
LEFT JOIN address_use ON address_use.address_id = address.id
WHERE room.state = 'unused-warned'
GROUP BY room.id, organisation.id
ORDER BY what
LIMIT $1
"""

WITHOUT_ADDRESS: Final = """
SELECT 'room ' || room.service_name AS what, format(
    'of %s: has no address in use, nobody can call it',
    coalesce(organisation.code, organisation.name)
) AS text
FROM room JOIN organisation ON organisation.id = room.organisation_id
WHERE room.kind = 'permanent' AND room.state IN ('active', 'unused-warned')
    AND NOT EXISTS (SELECT FROM address WHERE room_id = room.id AND state = 'active')
ORDER BY what
LIMIT $1
"""

PIN_RANGES: Final = """
SELECT
    template.name,
    coalesce(organisation.code, organisation.name, 'the platform') AS organisation,
    host_pin_low, host_pin_high, guest_pin_low, guest_pin_high
FROM template LEFT JOIN organisation ON organisation.id = template.organisation_id
WHERE host_pin_low IS NOT NULL
ORDER BY organisation, template.name
"""

COUNT_PINS: Final = "SELECT count(*) FROM room WHERE pin IS NOT NULL AND state <> 'deleted'"

# $1 the last room of those before, $2 how many.
PINS_OF_ROOMS: Final = """
SELECT id, service_name, pin, guest_pin FROM room
WHERE pin IS NOT NULL AND state <> 'deleted' AND id > $1
ORDER BY id
LIMIT $2
"""
