"""The audit: what is read of it, and what is removed."""

from __future__ import annotations

from typing import Final

# Whatever is null is not asked for. Newest first.
LIST_AUDIT: Final = """
SELECT audit.chain_no, audit.at, audit.actor, audit.operation, audit.entity, audit.entity_id,
    organisation.code AS organisation, audit.changed
FROM audit LEFT JOIN organisation ON organisation.id = audit.organisation_id
WHERE ($1::text IS NULL OR audit.entity = $1)
    AND ($2::text IS NULL OR audit.entity_id = $2)
    AND ($3::text IS NULL OR audit.actor = $3)
    AND ($4::timestamptz IS NULL OR audit.at >= $4)
    AND ($5::timestamptz IS NULL OR audit.at < $5)
ORDER BY audit.chain_no DESC NULLS FIRST
LIMIT $6
"""

# The whole chain and both its ends as they are at one moment, whoever is writing or pruning. The
# time is written as in audit_text().
READ_CHAIN: Final = """
SELECT head.chain_no AS head_no, head.hash AS head_hash, head.anchor_no, head.anchor_hash,
    audit.chain_no, audit.id,
    to_char(audit.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
    audit.actor, audit.operation, audit.entity, audit.entity_id,
    audit.organisation_id::text AS organisation_id, audit.changed, audit.previous, audit.hash
FROM audit_head AS head LEFT JOIN audit ON true
ORDER BY audit.chain_no
"""

PRUNE_AUDIT: Final = "SELECT prune_audit(coalesce($1, now() - interval '13 months'))"
