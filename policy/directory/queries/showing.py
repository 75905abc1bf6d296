"""What is known of one address, for whoever asks why somebody reaches it or not."""

from __future__ import annotations

from typing import Final

# $1 its id.
SHOW_ADDRESS: Final = """
SELECT
    now() AS at,
    concat_ws('@', address.local, address.domain) AS alias,
    address.kind,
    address.state,
    address.since,
    address.until,
    address.description,
    number_range.name AS range,
    address_use.last_used_at,
    coalesce(organisation.code, organisation.name) AS organisation,
    organisation.path,
    organisation.state AS organisation_state,
    room.service_name AS room,
    room.state AS room_state,
    room.service_type,
    template.name AS template,
    booking.short_id AS booking,
    booking_state(booking, now()) AS booking_state,
    booking.starts_at - make_interval(mins => booking.lead_minutes) AS opens_at,
    booking.starts_at,
    booking.ends_at,
    closes_at(booking) AS closes_at,
    booking.cancelled_at,
    booking.ended_at,
    booking.runs_seen_at,
    booking.sources,
    reservation.until AS reserved_until,
    device.id AS device,
    device.enabled,
    device.single_sign_on,
    device.without_proof,
    device.username IS NOT NULL AS has_password,
    device.registered_until,
    device.id IS NULL OR address.domain IS NULL
        OR domain_serves(address.domain, device.organisation_id) AS in_own_domain
FROM address
LEFT JOIN number_range ON number_range.id = address.range_id
LEFT JOIN address_use ON address_use.address_id = address.id
LEFT JOIN room ON room.id = address.room_id
LEFT JOIN template ON template.id = room.template_id
LEFT JOIN booking ON booking.room_id = room.id
LEFT JOIN reservation ON reservation.room_id = room.id
LEFT JOIN device ON device.id = address.device_id
LEFT JOIN organisation ON organisation.id = coalesce(
    room.organisation_id, device.organisation_id, address.organisation_id
)
WHERE address.id = $1
"""

# $1 local parts, $2 the id of the one that has been found, or null. Also what was somebody's.
SHOW_NEAR: Final = """
SELECT
    concat_ws('@', address.local, address.domain) AS alias,
    address.kind,
    address.state,
    address.since,
    address.until,
    coalesce(organisation.code, organisation.name) AS organisation
FROM (
    SELECT * FROM address WHERE local = ANY ($1::text[]) AND state <> 'free'
    UNION ALL
    SELECT * FROM address WHERE local = ANY ($1::text[]) AND state = 'free'
) AS address
LEFT JOIN room ON room.id = address.room_id
LEFT JOIN device ON device.id = address.device_id
LEFT JOIN organisation ON organisation.id = coalesce(
    room.organisation_id, device.organisation_id, address.organisation_id
)
WHERE address.id IS DISTINCT FROM $2::bigint
ORDER BY address.state = 'free', address.since DESC, address.id
LIMIT 20
"""
