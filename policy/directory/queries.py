"""SQL text, one named constant per query."""

from __future__ import annotations

from typing import Final

from policy.directory.records import ROOM_FIELDS

# $1 local parts, $2 domains ('' for a bare number or name), pairwise. One row per asked pair, in
# any order. An address with the asked domain wins over a bare one, which is valid in every own
# domain. `state <> 'free'` is what makes the unique index of addresses usable.
FIND_ADDRESSES: Final = f"""
SELECT
    asked.position,
    asked.domain = '' OR own.domain IS NOT NULL AS own_domain,
    address.kind,
    address.state AS address_state,
    organisation.code,
    organisation.state AS organisation_state,
    room.state AS room_state,
    {", ".join(f"room.{name}" for name in ROOM_FIELDS)},
    room.service_name,
    room.service_tag,
    booking.starts_at - make_interval(mins => booking.lead_minutes) AS opens_at,
    booking.ends_at,
    booking.cancelled_at IS NOT NULL AS cancelled,
    device.enabled,
    device.single_sign_on,
    device.without_proof,
    device.username,
    device.sealed_password
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (local, domain, position)
LEFT JOIN domain AS own ON own.domain = asked.domain AND NOT own.history_only
LEFT JOIN LATERAL (
    SELECT * FROM address
    WHERE address.local = asked.local AND address.state <> 'free'
        AND (address.domain = own.domain OR address.domain IS NULL)
        AND (asked.domain = '' OR own.domain IS NOT NULL)
    ORDER BY address.domain NULLS LAST
    LIMIT 1
) AS address ON true
LEFT JOIN room ON room.id = address.room_id
LEFT JOIN booking ON booking.room_id = room.id
LEFT JOIN device ON device.id = address.device_id
LEFT JOIN organisation
    ON organisation.id = coalesce(room.organisation_id, device.organisation_id)
"""  # noqa: S608  column names are constants of this package

PING: Final = "SELECT 1"

# An address that a newcomer can call: what the ready message shows.
FIND_EXAMPLE: Final = """
SELECT address.local || coalesce('@' || address.domain, '')
FROM address
JOIN room ON room.id = address.room_id
JOIN organisation ON organisation.id = room.organisation_id
WHERE address.state = 'active' AND address.kind = 'permanent'
    AND room.state IN ('active', 'unused-warned') AND organisation.state = 'active'
ORDER BY address.domain IS NULL, address.id
LIMIT 1
"""

COUNT_ADDRESSES: Final = "SELECT count(*) FROM address WHERE state <> 'free'"
IS_EMPTY: Final = "SELECT NOT EXISTS (SELECT FROM organisation)"
# Two servers that start at once must not both fill an empty directory.
LOCK_FOR_LOADING: Final = "LOCK TABLE organisation IN EXCLUSIVE MODE"

ADD_ORGANISATION: Final = """
INSERT INTO organisation (code, name, type, state, parent_id)
VALUES ($1, $2, $3, $4, (SELECT id FROM organisation WHERE code = $5))
RETURNING id
"""

ADD_DOMAIN: Final = """
INSERT INTO domain (domain, organisation_id, inherit, history_only) VALUES ($1, $2, $3, $4)
"""

_ROOM_COLUMNS: Final = (
    "organisation_id",
    "kind",
    "state",
    "service_name",
    "service_tag",
    *ROOM_FIELDS,
)

ADD_ROOM: Final = f"""
INSERT INTO room ({", ".join(_ROOM_COLUMNS)})
VALUES (
    $1, $2, $3, coalesce($4, 'r-' || gen_random_uuid()),
    {", ".join(f"${number}" for number in range(5, len(_ROOM_COLUMNS) + 1))}
)
RETURNING id
"""  # noqa: S608  as above

ADD_BOOKING: Final = """
INSERT INTO booking (
    room_id, starts_at, ends_at, lead_minutes, end_meeting_on_end_time, cancelled_at
)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN now() END)
"""

ADD_DEVICE: Final = """
INSERT INTO device (
    organisation_id, description, username, sealed_password, single_sign_on, without_proof, enabled
)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id
"""

ADD_ADDRESS: Final = """
INSERT INTO address (local, domain, kind, state, room_id, device_id)
VALUES ($1, nullif($2, ''), $3, $4, $5, $6)
"""
