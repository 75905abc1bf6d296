"""What answers a call, a search or a picture request needs."""

from __future__ import annotations

from typing import Final

from policy.directory.records import ROOM_FIELDS

# What hardly two rooms have in common, and what many share: the columns of a room that go onto the
# wire. The latter are read together with what the template and the room say besides.
OWN_FIELDS: Final = ("description", "pin", "guest_pin")
SHARED_FIELDS: Final = tuple(name for name in ROOM_FIELDS if name not in OWN_FIELDS)

# $1 local parts, $2 domains ('' for a bare number or name), pairwise. One row per asked pair, in
# any order. An address with the asked domain wins over a bare one, which is valid in every own
# domain. `state <> 'free'` is what makes the unique index of addresses usable. What has run out is
# not there, whether or not somebody has swept it away. The first columns are read by their places.
PART_COLUMNS: Final = slice(0, 4)
SHARED_COLUMNS: Final = slice(4, 4 + len(SHARED_FIELDS) + 2)
FIND_ADDRESSES: Final = f"""
SELECT
    room.id AS room_id,
    device.id AS device_id,
    template.id AS template_id,
    organisation.id AS organisation_id,
    {", ".join(f"room.{name}" for name in SHARED_FIELDS)},
    template.service AS template,
    room.service,
    {", ".join(f"room.{name}" for name in OWN_FIELDS)},
    room.service_name,
    room.service_tag,
    asked.position,
    asked.domain = '' OR own.domain IS NOT NULL AS own_domain,
    address.id AS address_id,
    address.kind,
    address.state AS address_state,
    address.until,
    organisation.code,
    organisation.path,
    organisation.state AS organisation_state,
    room.state AS room_state,
    now() AS asked_at,
    booking.starts_at - make_interval(mins => booking.lead_minutes) AS opens_at,
    booking.ends_at,
    closes_at(booking) AS closes_at,
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
        AND (address.until IS NULL OR address.until > now())
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

# What a connection is told that asks FIND_ADDRESSES and nothing else. A few keys are always found
# fastest by index, while a planner that sees a small table joins all of it to every key: this is a
# third of the database's time for a key.
FIND_BY_INDEX: Final = """
SELECT set_config('plan_cache_mode', 'force_generic_plan', false)
UNION ALL
SELECT set_config(name, 'off', false)
FROM unnest(ARRAY[
    'jit', 'enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin',
    'enable_material', 'enable_memoize'
]) AS name
"""

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

FIND_PICTURE: Final = "SELECT image FROM picture WHERE id = $1"
