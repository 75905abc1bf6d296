"""Users of organisations, and what they may do."""

from __future__ import annotations

from typing import Final

ADD_USER: Final = """
INSERT INTO user_account (organisation_id, email, roles) VALUES ($1, $2, $3) RETURNING id
"""

# What is null stays as it is.
CHANGE_USER: Final = """
UPDATE user_account SET email = coalesce($3, email), roles = coalesce($4, roles)
WHERE organisation_id = $1 AND lower(email) = lower($2)
"""

REMOVE_USER: Final = """
DELETE FROM user_account WHERE organisation_id = $1 AND lower(email) = lower($2)
"""

LIST_USERS: Final = """
SELECT organisation.code AS organisation, user_account.email, user_account.roles
FROM user_account JOIN organisation ON organisation.id = user_account.organisation_id
WHERE ($1::uuid IS NULL OR organisation.id = $1)
    AND ($2::text IS NULL OR $2 = ANY (user_account.roles))
ORDER BY organisation.code, lower(user_account.email)
"""

HAS_ADMINISTRATOR: Final = """
SELECT EXISTS (
    SELECT FROM user_account WHERE organisation_id = $1 AND 'meeting-admin' = ANY (roles)
)
"""

# The address may be known already, with other roles.
MAKE_ADMINISTRATOR: Final = """
INSERT INTO user_account AS known (organisation_id, email, roles)
VALUES ($1, $2, ARRAY['meeting-admin'])
ON CONFLICT (organisation_id, lower(email)) DO UPDATE
SET roles = ARRAY(SELECT DISTINCT unnest(known.roles || ARRAY['meeting-admin']) ORDER BY 1)
"""
