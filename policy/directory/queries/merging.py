"""What makes everything of one organisation ($1) another one's ($2)."""

from __future__ import annotations

from typing import Final

# Whoever brings something to one of them waits from here on.
LOCK_BOTH: Final = """
SELECT id, state FROM organisation WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE
"""

IS_BELOW: Final = """
WITH RECURSIVE above (id) AS (
    SELECT parent_id FROM organisation WHERE id = $2
    UNION
    SELECT organisation.parent_id FROM organisation JOIN above USING (id)
)
SELECT EXISTS (SELECT FROM above WHERE id = $1)
"""

FIND_CLASHING_EXTERNAL_IDS: Final = """
SELECT own.external_id FROM booking AS own
JOIN booking AS other ON other.external_id = own.external_id AND other.organisation_id = $2
WHERE own.organisation_id = $1
ORDER BY own.external_id
"""

SUFFIX_EXTERNAL_IDS: Final = """
UPDATE booking SET external_id = booking.external_id || $3
FROM booking AS other
WHERE booking.organisation_id = $1
    AND other.organisation_id = $2 AND other.external_id = booking.external_id
"""

# Of two things of one name the one that comes says whose it was.
SUFFIX_TEMPLATE_NAMES: Final = """
UPDATE template AS own SET name = own.name || $3 FROM template AS other
WHERE own.organisation_id = $1 AND other.organisation_id = $2 AND other.name = own.name
RETURNING own.name
"""

SUFFIX_RANGE_NAMES: Final = """
UPDATE number_range AS own SET name = own.name || $3 FROM number_range AS other
WHERE own.organisation_id = $1 AND other.organisation_id = $2 AND other.name = own.name
RETURNING own.name
"""

SUFFIX_MESSAGE_TEMPLATE_NAMES: Final = """
UPDATE message_template AS own SET name = own.name || $3 FROM message_template AS other
WHERE own.organisation_id = $1 AND other.organisation_id = $2 AND other.name = own.name
RETURNING own.name
"""

SUFFIX_THEME_NAMES: Final = """
UPDATE theme AS own SET name = own.name || $3 FROM theme AS other
WHERE own.organisation_id = $1 AND other.organisation_id = $2 AND other.name = own.name
RETURNING own.name
"""

# A merge changes nothing for those who are already there: what they inherit stays as it was.
UNSET_DEFAULT: Final = """
UPDATE template SET is_default = false WHERE organisation_id = $1 AND is_default RETURNING name
"""

# Pictures and what shows them go in one statement, as their foreign keys want; so do bookings,
# which would else follow their rooms one by one. A picture that both have is kept once.
MERGE_ROOMS: Final = """
WITH doubled AS (
    SELECT own.id, kept.id AS kept_id
    FROM picture AS own
    JOIN picture AS kept ON kept.sha256 = own.sha256 AND kept.organisation_id = $2
    WHERE own.organisation_id = $1
), pictures AS (
    UPDATE picture SET organisation_id = $2
    WHERE organisation_id = $1 AND id NOT IN (SELECT id FROM doubled) RETURNING id
), rooms AS (
    UPDATE room SET organisation_id = $2, picture_id = coalesce(
        (SELECT kept_id FROM doubled WHERE doubled.id = picture_id), picture_id
    )
    WHERE organisation_id = $1 RETURNING kind
), bookings AS (
    UPDATE booking SET organisation_id = $2 WHERE organisation_id = $1 RETURNING id
), reservations AS (
    UPDATE reservation SET organisation_id = $2 WHERE organisation_id = $1 RETURNING id
), devices AS (
    UPDATE device SET organisation_id = $2, picture_id = coalesce(
        (SELECT kept_id FROM doubled WHERE doubled.id = picture_id), picture_id
    )
    WHERE organisation_id = $1 RETURNING id
)
SELECT
    (SELECT count(*) FROM rooms WHERE kind = 'permanent') AS permanent_rooms,
    (SELECT count(*) FROM bookings) AS bookings,
    (SELECT count(*) FROM reservations) AS reservations,
    (SELECT count(*) FROM devices) AS devices,
    (SELECT count(*) FROM pictures) AS pictures,
    (SELECT count(*) FROM doubled) AS pictures_of_both
"""

REMOVE_DOUBLED_PICTURES: Final = "DELETE FROM picture WHERE organisation_id = $1"

# Users of one e-mail address become one, with the roles of both.
UNITE_ROLES: Final = """
UPDATE user_account AS kept
SET roles = ARRAY(SELECT DISTINCT unnest(kept.roles || own.roles) ORDER BY 1)
FROM user_account AS own
WHERE own.organisation_id = $1 AND kept.organisation_id = $2
    AND lower(own.email) = lower(kept.email)
RETURNING own.id, kept.id AS kept_id
"""

# From here on $1 holds users that go, and $2 for each the one that is kept.
UNITE_CONTACTS: Final = """
UPDATE contact SET user_account_id = ($2::uuid[])[array_position($1::uuid[], user_account_id)]
WHERE user_account_id = ANY ($1::uuid[])
"""

UNITE_RESERVATIONS: Final = """
UPDATE reservation SET created_by = ($2::uuid[])[array_position($1::uuid[], created_by)]
WHERE created_by = ANY ($1::uuid[])
"""

UNITE_BOOKINGS: Final = """
UPDATE booking SET
    organised_by = coalesce(
        ($2::uuid[])[array_position($1::uuid[], organised_by)], organised_by
    ),
    created_by = coalesce(($2::uuid[])[array_position($1::uuid[], created_by)], created_by),
    updated_by = coalesce(($2::uuid[])[array_position($1::uuid[], updated_by)], updated_by)
WHERE organised_by = ANY ($1::uuid[]) OR created_by = ANY ($1::uuid[])
    OR updated_by = ANY ($1::uuid[])
"""

REMOVE_USERS_THAT_GO: Final = "DELETE FROM user_account WHERE id = ANY ($1::uuid[])"

# An organisation sees itself anyway.
COPY_GRANTS: Final = """
INSERT INTO phonebook_grant (organisation_id, seen_by_id)
SELECT organisation_id, seen_by_id FROM (
    SELECT
        CASE WHEN organisation_id = $1 THEN $2 ELSE organisation_id END AS organisation_id,
        CASE WHEN seen_by_id = $1 THEN $2 ELSE seen_by_id END AS seen_by_id
    FROM phonebook_grant WHERE $1 IN (organisation_id, seen_by_id)
) AS said
WHERE organisation_id <> seen_by_id
ON CONFLICT DO NOTHING
RETURNING organisation_id = $2 AS is_of_others
"""

REMOVE_GRANTS: Final = "DELETE FROM phonebook_grant WHERE $1 IN (organisation_id, seen_by_id)"

MERGE_DOMAINS: Final = "UPDATE domain SET organisation_id = $2 WHERE organisation_id = $1"
MERGE_HELD_ADDRESSES: Final = "UPDATE address SET organisation_id = $2 WHERE organisation_id = $1"
MERGE_RANGES: Final = "UPDATE number_range SET organisation_id = $2 WHERE organisation_id = $1"
MERGE_TEMPLATES: Final = "UPDATE template SET organisation_id = $2 WHERE organisation_id = $1"
MERGE_MESSAGE_TEMPLATES: Final = (
    "UPDATE message_template SET organisation_id = $2 WHERE organisation_id = $1"
)
MERGE_THEMES: Final = "UPDATE theme SET organisation_id = $2 WHERE organisation_id = $1"
MERGE_USERS: Final = "UPDATE user_account SET organisation_id = $2 WHERE organisation_id = $1"

# All below the one that goes hang on the other one, and so does it itself: who may read the history
# of the other one may read its own. If the other one was below it ($3), it takes its place.
MERGE_TREE: Final = """
UPDATE organisation SET parent_id = CASE
    WHEN id = $2 THEN (SELECT parent_id FROM organisation WHERE id = $1)
    ELSE $2
END
WHERE id = $1 OR parent_id = $1 OR (id = $2 AND $3)
"""

# In two steps, as the life cycle has them; one that never began has but the second.
LEAVE: Final = """
UPDATE organisation SET state = 'leaving' WHERE id = $1 AND state IN ('active', 'suspended')
"""

CLOSE_AS_MERGED: Final = """
UPDATE organisation SET state = 'closed', merged_into_id = $2 WHERE id = $1
"""

# What is there stays; there is just nothing new until it fits.
COUNT_BEYOND_QUOTA: Final = """
SELECT coalesce(greatest(0, (
    SELECT count(*) FROM room
    WHERE organisation_id = $1 AND kind = 'permanent' AND state IN ('active', 'unused-warned')
) - quota_permanent_rooms), 0)
FROM organisation WHERE id = $1
"""
