"""Agreements between an organisation and the platform."""

from __future__ import annotations

from typing import Final

ADD_AGREEMENT: Final = """
INSERT INTO agreement (
    organisation_id, kind, version, signed_on, valid_from, valid_to, sub_processor_list_version,
    instruction
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

END_AGREEMENT: Final = """
UPDATE agreement SET valid_to = $4 WHERE organisation_id = $1 AND kind = $2 AND version = $3
"""

AGREEMENTS_HOLD: Final = "SELECT agreements_hold($1, now())"

# Without an organisation those of all.
LIST_AGREEMENTS: Final = """
SELECT organisation.code AS organisation, agreement.kind, agreement.version, agreement.signed_on,
    agreement.valid_from, agreement.valid_to,
    day_of(now()) BETWEEN agreement.valid_from AND coalesce(agreement.valid_to, 'infinity')
        AS is_valid,
    agreement.sub_processor_list_version, agreement.instruction
FROM agreement JOIN organisation ON organisation.id = agreement.organisation_id
WHERE $1::uuid IS NULL OR organisation.id = $1
ORDER BY organisation.code, agreement.kind, agreement.valid_from, agreement.version
"""

# Versions that follow each other without a gap count as one time. `lasts_to` is null where there
# never was one, and lies behind us where it has lapsed.
FIND_EXPIRING: Final = """
SELECT organisation.code AS organisation, wanted.kind, covered.lasts_to,
    covered.lasts_to - day_of(now()) AS days_left
FROM organisation
CROSS JOIN (VALUES ('connection'), ('dpa')) AS wanted (kind)
LEFT JOIN LATERAL (
    SELECT upper(span) - 1 AS lasts_to, upper_inf(span) AS is_open
    FROM (
        SELECT unnest(range_agg(daterange(valid_from, valid_to, '[]'))) AS span
        FROM agreement
        WHERE organisation_id = organisation.id AND kind = wanted.kind
    ) AS spans
    WHERE lower(span) <= day_of(now())
    ORDER BY lower(span) DESC
    LIMIT 1
) AS covered ON true
WHERE organisation.agreements_required AND organisation.state IN ('active', 'suspended', 'leaving')
    AND covered.is_open IS NOT true
    AND coalesce(covered.lasts_to - day_of(now()), -1) <= $1
ORDER BY days_left NULLS FIRST, organisation.code, wanted.kind
"""
