"""What books meetings, changes them, and tells of them."""

from __future__ import annotations

from typing import Final

from policy.directory.records import ROOM_FIELDS

_VALUES: Final = tuple(name for name in ROOM_FIELDS if name not in {"pin", "guest_pin"})

# $1 id, $2 organisation, $3 PIN, $4 guest PIN, $5 further fields, then the values. A room that was
# reserved keeps its PINs.
PUT_ROOM: Final = f"""
INSERT INTO room (id, organisation_id, kind, pin, guest_pin, service, {", ".join(_VALUES)})
VALUES (
    $1, $2, 'booking', $3, $4, $5,
    {", ".join(f"${number}" for number in range(6, 6 + len(_VALUES)))}
)
ON CONFLICT (id) DO UPDATE SET
    updated_at = now(), service = excluded.service,
    {", ".join(f"{name} = excluded.{name}" for name in _VALUES)}
"""  # noqa: S608  column names are constants of this package
ROOM_VALUES: Final = _VALUES

MAY_CHOOSE_ADDRESSES: Final = "SELECT allow_own_address FROM organisation WHERE id = $1"

# Times that are over may be written when rows are brought back, and only then.
IS_OVER: Final = "SELECT $1::timestamptz <= now() AND NOT is_restoring()"

FIND_USER: Final = """
SELECT id FROM user_account WHERE organisation_id = $1 AND lower(email) = lower($2)
"""

BOOKING_COLUMNS: Final = (
    "id",
    "room_id",
    "organisation_id",
    "starts_at",
    "ends_at",
    "lead_minutes",
    "end_meeting_on_end_time",
    "long_permitted",
    "sealed_details",
    "organised_by",
    "project_code",
    "external_id",
    "guest_microphone",
    "guest_pin_required",
    "custom_portal_guest",
    "custom_portal_host",
    "return_url",
    "call_type",
    "sources",
)
ADD_MEETING: Final = f"""
INSERT INTO booking ({", ".join(BOOKING_COLUMNS)})
VALUES ({", ".join(f"${number}" for number in range(1, 1 + len(BOOKING_COLUMNS)))})
RETURNING short_id
"""  # noqa: S608  as above

# $1 an id or null, $2 what may be a short id, $3 local parts, $4 domains ('' for none), pairwise.
FIND_MEETING: Final = """
SELECT
    booking.id,
    booking.room_id,
    booking.organisation_id,
    coalesce(organisation.code, organisation.name) AS organisation,
    booking.short_id,
    booking.starts_at,
    booking.ends_at,
    booking.lead_minutes,
    booking.starts_at - make_interval(mins => booking.lead_minutes) AS opens_at,
    closes_at(booking) AS closes_at,
    booking_state(booking, now()) AS state,
    booking.cancelled_at,
    booking.ended_at,
    booking.runs_seen_at,
    booking.end_meeting_on_end_time,
    booking.long_permitted,
    booking.sealed_details,
    organiser.email AS organiser,
    booking.project_code,
    booking.external_id,
    booking.guest_microphone,
    booking.guest_pin_required,
    booking.custom_portal_guest,
    booking.custom_portal_host,
    booking.return_url,
    booking.call_type,
    booking.sources,
    booking.created_at,
    booking.updated_at,
    room.service_name
FROM booking
JOIN room ON room.id = booking.room_id
JOIN organisation ON organisation.id = booking.organisation_id
LEFT JOIN user_account AS organiser ON organiser.id = booking.organised_by
WHERE booking.id = $1 OR booking.short_id = lower($2) OR booking.room_id = (
    SELECT address.room_id
    FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS asked (local, domain, position)
    JOIN address ON address.local = asked.local
        AND address.domain IS NOT DISTINCT FROM nullif(asked.domain, '')
    WHERE address.state <> 'free' AND address.kind = 'booking'
    ORDER BY asked.position
    LIMIT 1
)
ORDER BY booking.id = $1 DESC NULLS LAST, booking.short_id = lower($2) DESC
LIMIT 1
"""

# Through the organisations, as the index begins with them. Two are enough to know of more than one.
FIND_BY_EXTERNAL_ID: Final = """
SELECT booking.id
FROM organisation
JOIN booking ON booking.organisation_id = organisation.id AND booking.external_id = $1
LIMIT 2
"""

LOCK_MEETING: Final = """
SELECT booking_state(booking, now()) AS state FROM booking WHERE id = $1 FOR UPDATE
"""

ROOM_OF_MEETING: Final = f"""
SELECT
    id, service_name, service, {", ".join(ROOM_FIELDS)},
    (
        SELECT number_range.name FROM address JOIN number_range ON number_range.id = range_id
        WHERE address.room_id = room.id LIMIT 1
    ) AS range
FROM room WHERE id = $1
"""  # noqa: S608  as above

ADDRESSES_OF_ROOM: Final = """
SELECT local, domain, state FROM address WHERE room_id = $1 AND state <> 'free'
ORDER BY domain NULLS LAST, local
"""

# $2 holds what changes, as JSON; what it does not name stays.
CHANGE_MEETING: Final = """
UPDATE booking SET (
    starts_at, ends_at, lead_minutes, end_meeting_on_end_time, long_permitted, sealed_details,
    project_code, external_id, guest_microphone, guest_pin_required, custom_portal_guest,
    custom_portal_host, return_url, call_type, sources, updated_at
) = (
    SELECT said.starts_at, said.ends_at, said.lead_minutes, said.end_meeting_on_end_time,
        said.long_permitted, said.sealed_details, said.project_code, said.external_id,
        said.guest_microphone, said.guest_pin_required, said.custom_portal_guest,
        said.custom_portal_host, said.return_url, said.call_type, said.sources, now()
    FROM jsonb_populate_record(booking, $2::jsonb) AS said
)
WHERE id = $1
"""

# The same for its room.
CHANGE_ROOM_OF_MEETING: Final = f"""
UPDATE room SET ({", ".join(ROOM_FIELDS)}, service, updated_at) = (
    SELECT {", ".join(f"said.{name}" for name in ROOM_FIELDS)}, said.service, now()
    FROM jsonb_populate_record(room, $2::jsonb) AS said
)
WHERE id = $1
"""  # noqa: S608  as above

# Its addresses stay as they are: they are quarantined when the meeting was to end.
CANCEL_MEETING: Final = """
UPDATE booking SET cancelled_at = now(), updated_at = now() WHERE id = $1
"""

END_MEETING: Final = "UPDATE booking SET ended_at = now(), updated_at = now() WHERE id = $1"

# $1 names of rooms whose conferences run. Only near its end does it matter to a meeting that it
# runs, and who is told every few minutes need not be written down each time.
NOTE_RUNNING: Final = """
UPDATE booking SET runs_seen_at = now()
FROM room
WHERE room.id = booking.room_id AND room.service_name = ANY ($1::text[])
    AND booking_state(booking, now()) = 'open' AND NOT booking.end_meeting_on_end_time
    AND booking.ends_at < now() + interval '10 minutes'
    AND (booking.runs_seen_at IS NULL OR booking.runs_seen_at < now() - interval '1 minute')
RETURNING booking.id
"""

# $1 organisation and all below it, $2 from, $3 to, $4 a state, each of them or null; $5 how many at
# most.
LIST_MEETINGS: Final = """
WITH RECURSIVE below (id) AS (
    SELECT $1::uuid
    UNION ALL
    SELECT organisation.id FROM organisation JOIN below ON organisation.parent_id = below.id
)
SELECT
    booking.id,
    booking.short_id,
    coalesce(organisation.code, organisation.name) AS organisation,
    booking_state(booking, now()) AS state,
    booking.starts_at,
    booking.ends_at,
    array(
        SELECT concat_ws('@', address.local, address.domain) FROM address
        WHERE address.room_id = booking.room_id AND address.state <> 'free'
        ORDER BY address.domain NULLS LAST, address.local
    ) AS addresses,
    booking.external_id
FROM booking JOIN organisation ON organisation.id = booking.organisation_id
WHERE ($1::uuid IS NULL OR booking.organisation_id IN (SELECT id FROM below))
    AND ($2::timestamptz IS NULL OR booking.ends_at > $2)
    AND ($3::timestamptz IS NULL OR booking.starts_at < $3)
    AND ($4::text IS NULL OR booking_state(booking, now()) = $4)
ORDER BY booking.starts_at, booking.id
LIMIT $5
"""

# $1 organisation, $2 room, $3 how many hours it is kept.
ADD_RESERVATION: Final = """
INSERT INTO reservation (organisation_id, room_id, until)
VALUES ($1, $2, now() + make_interval(hours => $3))
RETURNING id, until
"""

TAKE_RESERVATION: Final = """
DELETE FROM reservation WHERE id = $1 AND organisation_id = $2 AND until > now() RETURNING room_id
"""

# Whoever draws a number frees holds that are over: then none is left here.
KEEP_HELD_ADDRESSES: Final = """
UPDATE address SET state = 'active', until = NULL, since = now()
WHERE room_id = $1 AND state = 'held'
RETURNING local, domain
"""
