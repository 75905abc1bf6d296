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
    organisation.path,
    organisation.state AS organisation_state,
    room.state AS room_state,
    {", ".join(f"room.{name}" for name in ROOM_FIELDS)},
    room.service_name,
    room.service_tag,
    room.service,
    template.service AS template,
    booking.starts_at - make_interval(mins => booking.lead_minutes) AS opens_at,
    booking.ends_at,
    booking.cancelled_at IS NOT NULL AS cancelled,
    device.enabled,
    device.single_sign_on,
    device.without_proof,
    device.username,
    device.sealed_password,
    CASE
        WHEN device.id IS NULL OR address.domain IS NULL THEN true
        ELSE domain_serves(address.domain, device.organisation_id)
    END AS in_own_domain,
    coalesce(room.picture_id, device.picture_id) AS picture_id,
    coalesce(room.tags, device.tags) AS tags
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
LEFT JOIN template ON template.id = room.template_id
LEFT JOIN booking ON booking.room_id = room.id
LEFT JOIN device ON device.id = address.device_id
LEFT JOIN organisation
    ON organisation.id = coalesce(room.organisation_id, device.organisation_id)
"""  # noqa: S608  column names are constants of this package

# $1, $2 the asker's address as in FIND_ADDRESSES, $3 what was typed, $4 how many. Who is seen is
# settled here, not above: the asker's organisation, those below it, and those granted to it.
# A word of the search is looked for in one spelling, since an entry holds its words in both.
# The rarest word goes through the index; `nearly <<%` is a likeness of half the trigrams. A number
# that is nearly right is another room's.
SEARCH_PHONEBOOK: Final = """
WITH RECURSIVE asker AS (
    SELECT device.id, device.organisation_id
    FROM address
    JOIN device ON device.id = address.device_id AND device.enabled
    JOIN organisation
        ON organisation.id = device.organisation_id AND organisation.state IN ('active', 'leaving')
    LEFT JOIN domain AS own ON own.domain = $2 AND NOT own.history_only
    WHERE address.local = $1 AND address.state = 'active'
        AND (address.domain = own.domain OR address.domain IS NULL)
        AND ($2 = '' OR own.domain IS NOT NULL)
    ORDER BY address.domain NULLS LAST
    LIMIT 1
), below (id) AS (
    SELECT organisation_id FROM asker
    UNION
    SELECT organisation.id FROM organisation JOIN below ON below.id = organisation.parent_id
), granted (id) AS (
    SELECT phonebook_grant.organisation_id
    FROM phonebook_grant JOIN asker ON asker.organisation_id = phonebook_grant.seen_by_id
), seen AS (
    SELECT id FROM organisation
    WHERE state IN ('active', 'leaving')
        AND (id IN (SELECT id FROM below) OR id IN (SELECT id FROM granted))
), word AS (
    SELECT
        word,
        '% ' || word || '%' AS at_start,
        CASE WHEN length(word) > 1 THEN '%' || word || '%' END AS inside,
        CASE WHEN word ~ '^[^0-9]{4,}$' THEN word END AS nearly
    FROM unnest(string_to_array(phonebook_short(phonebook_long($3)), ' ')) AS word
    WHERE word <> ''
), rarest AS (
    SELECT * FROM word ORDER BY length(word) DESC LIMIT 1
)
SELECT hit.alias, hit.description
FROM rarest
JOIN phonebook_entry AS hit
    ON hit.words LIKE coalesce(rarest.inside, rarest.at_start) OR rarest.nearly <<% hit.words
JOIN seen ON seen.id = hit.organisation_id
CROSS JOIN LATERAL (
    SELECT max(
        CASE
            WHEN hit.words LIKE word.at_start THEN 1
            WHEN hit.words LIKE word.inside THEN 2
            WHEN word.nearly <<% hit.words THEN 3
            ELSE 4
        END
    ) AS worst
    FROM word
) AS quality
WHERE quality.worst < 4 AND hit.device_id IS DISTINCT FROM (SELECT id FROM asker)
ORDER BY quality.worst, hit.sort_key, hit.description COLLATE "C", hit.alias COLLATE "C"
LIMIT $4
"""

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
    "listed",
    "template_id",
    "service",
    "tags",
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

FORGET_PLATFORM_NAMES: Final = "DELETE FROM platform_names"
KEEP_PLATFORM_NAMES: Final = "INSERT INTO platform_names (kind, names) VALUES ($1, $2)"
FIND_UNKNOWN_NAMES: Final = """
SELECT room.service_name, name_fault(room_document(room)) AS fault
FROM room
WHERE name_fault(room_document(room)) IS NOT NULL
ORDER BY room.service_name
"""

ADD_TEMPLATE: Final = """
INSERT INTO template (organisation_id, name, service_type, service) VALUES ($1, $2, $3, $4)
RETURNING id
"""

ADD_BOOKING: Final = """
INSERT INTO booking (
    room_id, starts_at, ends_at, lead_minutes, end_meeting_on_end_time, cancelled_at
)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN now() END)
"""

ADD_DEVICE: Final = """
INSERT INTO device (
    organisation_id, description, username, sealed_password, single_sign_on, without_proof, enabled,
    listed, tags
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING id
"""

ADD_ADDRESS: Final = """
INSERT INTO address (local, domain, kind, state, room_id, device_id)
VALUES ($1, nullif($2, ''), $3, $4, $5, $6)
"""

FIND_PICTURE: Final = "SELECT image FROM picture WHERE id = $1"

# Whoever is called at an address, and their picture; the address stays theirs until the end of the
# transaction. As in FIND_ADDRESSES one with the asked domain wins over a bare one.
FIND_SHOWN: Final = """
SELECT
    address.room_id,
    address.device_id,
    coalesce(room.organisation_id, device.organisation_id) AS organisation_id,
    picture.id AS picture_id,
    picture.image,
    picture.width,
    picture.height,
    picture.added_at
FROM address
LEFT JOIN room ON room.id = address.room_id
LEFT JOIN device ON device.id = address.device_id
LEFT JOIN picture ON picture.id = coalesce(room.picture_id, device.picture_id)
WHERE address.local = $1 AND address.state = 'active'
    AND num_nonnulls(address.room_id, address.device_id) = 1
    AND (
        address.domain = $2
        OR address.domain IS NULL
        AND ($2 = '' OR EXISTS (SELECT FROM domain WHERE domain = $2 AND NOT history_only))
    )
ORDER BY address.domain NULLS LAST
LIMIT 1
FOR UPDATE OF address
"""

# A picture that the organisation has already is that one.
ADD_PICTURE: Final = """
INSERT INTO picture (organisation_id, image, width, height) VALUES ($1, $2, $3, $4)
ON CONFLICT (organisation_id, sha256) DO UPDATE SET added_at = picture.added_at
RETURNING id
"""
SHOW_IN_ROOM: Final = "UPDATE room SET picture_id = $2 WHERE id = $1"
SHOW_IN_DEVICE: Final = "UPDATE device SET picture_id = $2 WHERE id = $1"
REMOVE_UNSHOWN_PICTURE: Final = """
DELETE FROM picture
WHERE id = $1
    AND NOT EXISTS (SELECT FROM room WHERE picture_id = $1)
    AND NOT EXISTS (SELECT FROM device WHERE picture_id = $1)
"""

ADD_PHONEBOOK_GRANT: Final = """
INSERT INTO phonebook_grant (organisation_id, seen_by_id) VALUES ($1, $2)
"""
