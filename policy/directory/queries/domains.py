"""Domains in which addresses are ours."""

from __future__ import annotations

from typing import Final

ADD_DOMAIN: Final = """
INSERT INTO domain (domain, organisation_id, inherit, history_only) VALUES ($1, $2, $3, $4)
"""

GET_DOMAIN: Final = """
SELECT domain.organisation_id, domain.inherit, domain.history_only,
    coalesce(organisation.code, organisation.name) AS organisation
FROM domain JOIN organisation ON organisation.id = domain.organisation_id
WHERE domain.domain = $1
FOR UPDATE OF domain
"""

# What is null stays as it is.
CHANGE_DOMAIN: Final = """
UPDATE domain SET
    organisation_id = coalesce($2, organisation_id),
    inherit = coalesce($3, inherit),
    history_only = coalesce($4, history_only)
WHERE domain = $1
"""

COUNT_IN_DOMAIN: Final = """
SELECT
    (SELECT count(*) FROM address WHERE domain = $1 AND state <> 'free') AS addresses,
    (SELECT count(*) FROM number_range WHERE domain = $1) AS ranges
"""

REMOVE_FREE_ADDRESSES: Final = "DELETE FROM address WHERE domain = $1 AND state = 'free'"

REMOVE_DOMAIN: Final = "DELETE FROM domain WHERE domain = $1"

LIST_DOMAINS: Final = """
SELECT domain.domain, coalesce(organisation.code, organisation.name) AS organisation,
    domain.inherit, domain.history_only
FROM domain JOIN organisation ON organisation.id = domain.organisation_id
WHERE $1::uuid IS NULL OR organisation.id = $1
ORDER BY domain.domain
"""
