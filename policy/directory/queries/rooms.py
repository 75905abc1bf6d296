"""Permanent rooms."""

from __future__ import annotations

from typing import Final

from policy.directory.records import ROOM_FIELDS

_COLUMNS: Final = (
    "service_name",
    "service_tag",
    "listed",
    "template_id",
    "service",
    "tags",
    *ROOM_FIELDS,
)
_SAID: Final = ", ".join(f"said.{name}" for name in _COLUMNS)

# $1 id, $2 organisation, $3 state, $4 what is said of the room, as JSON.
ADD_ROOM: Final = f"""
INSERT INTO room (id, organisation_id, kind, state, {", ".join(_COLUMNS)})
SELECT $1, $2, 'permanent', $3, {_SAID} FROM jsonb_populate_record(NULL::room, $4::jsonb) AS said
"""  # noqa: S608  column names are constants of this package

# $3 is all that is said of the room, as JSON.
CHANGE_ROOM: Final = f"""
UPDATE room SET (organisation_id, updated_at, {", ".join(_COLUMNS)}) = (
    SELECT $2::uuid, now(), {_SAID} FROM jsonb_populate_record(room, $3::jsonb) AS said
)
WHERE id = $1
"""  # noqa: S608  as above

# By its id, its name on the platform, or one of its addresses; one with a domain wins over a bare
# one. $1 what was written, $2 local part, $3 domain.
FIND_ROOM: Final = f"""
SELECT room.id, room.organisation_id, room.state, room.kind, room.created_at, room.updated_at,
    coalesce(organisation.code, organisation.name) AS organisation,
    template.name AS template, template.service AS template_service,
    {", ".join(f"room.{name}" for name in _COLUMNS)}
FROM room
JOIN organisation ON organisation.id = room.organisation_id
LEFT JOIN template ON template.id = room.template_id
WHERE room.kind = 'permanent' AND (
    room.id::text = lower($1) OR room.service_name = $1 OR room.id = (
        SELECT room_id FROM address
        WHERE local = $2 AND state <> 'free' AND kind = 'permanent'
            AND domain IS NOT DISTINCT FROM nullif($3, '')
    )
)
ORDER BY room.id::text = lower($1) DESC, room.service_name = $1 DESC
LIMIT 1
FOR UPDATE OF room
"""  # noqa: S608  as above

FIND_TEMPLATE: Final = """
SELECT id FROM template WHERE organisation_id = $1 AND name = $2
"""

SET_STATE: Final = "UPDATE room SET state = $2, updated_at = now() WHERE id = $1"

# $1 organisation and all below it, or null; $2 a state or null; $3 how many at most.
LIST_ROOMS: Final = """
WITH RECURSIVE below (id) AS (
    SELECT $1::uuid
    UNION ALL
    SELECT organisation.id FROM organisation JOIN below ON organisation.parent_id = below.id
)
SELECT
    room.service_name AS room,
    coalesce(organisation.code, organisation.name) AS organisation,
    room.state,
    array(
        SELECT concat_ws('@', address.local, address.domain) FROM address
        WHERE address.room_id = room.id AND address.state = 'active'
        ORDER BY address.domain IS NULL, address.id
    ) AS addresses,
    room.service_type AS type,
    room.pin IS NOT NULL AS pin,
    room.guest_pin IS NOT NULL AS guest_pin,
    room.description
FROM room JOIN organisation ON organisation.id = room.organisation_id
WHERE room.kind = 'permanent'
    AND ($1::uuid IS NULL OR room.organisation_id IN (SELECT id FROM below))
    AND CASE WHEN $2::text IS NULL THEN room.state <> 'deleted' ELSE room.state = $2 END
ORDER BY organisation.code, room.created_at, room.id
LIMIT $3
"""
