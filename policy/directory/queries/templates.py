"""What writes templates, and what says which of them a meeting inherits from."""

from __future__ import annotations

from typing import Final

# Values of a template that have a column; all others stand in `service`.
TEMPLATE_COLUMNS: Final = (
    "host_pin_required",
    "guest_pin_required",
    "host_pin_low",
    "host_pin_high",
    "guest_pin_low",
    "guest_pin_high",
    "lead_minutes",
    "end_meeting_on_end_time",
    "custom_portal_guest",
    "custom_portal_host",
    "return_url",
    "call_type",
)
_ALL: Final = ", ".join(f"template.{name}" for name in TEMPLATE_COLUMNS)
_NAMED: Final = ", ".join(TEMPLATE_COLUMNS)
_PLACES: Final = ", ".join(f"${number}" for number in range(7, 7 + len(TEMPLATE_COLUMNS)))

# $1 the organisation, null for the platform, $2 the name.
FIND_TEMPLATE: Final = """
SELECT id FROM template WHERE organisation_id IS NOT DISTINCT FROM $1 AND name = $2
"""

TEMPLATE_NAMES: Final = """
SELECT name FROM template WHERE organisation_id IS NOT DISTINCT FROM $1 ORDER BY name
"""

# $1 the organisation, null for the platform, $2 a named template or null. The nearest first.
CHAIN: Final = f"""
SELECT
    chain.step,
    template.name,
    coalesce(
        organisation.code, organisation.name,
        CASE WHEN template.organisation_id IS NOT NULL THEN 'one above' END
    ) AS organisation,
    template.service_type,
    template.service,
    template.range_id,
    number_range.name AS range_name,
    number_range.domain,
    {_ALL}
FROM template_chain($1, $2) AS chain
JOIN template ON template.id = chain.template_id
LEFT JOIN organisation ON organisation.id = template.organisation_id
LEFT JOIN number_range ON number_range.id = template.range_id
ORDER BY chain.step
"""  # noqa: S608  column names are constants of this module

# $1 the organisation, null for the platform, $2 the name. Its own, else that of the nearest above,
# else the platform's.
FIND_RANGE: Final = "SELECT id, name, domain FROM range_of($1, $2)"

# $1 the organisation, null for the platform, $2 name, $3 service type, $4 service, $5 range, $6
# whether the pool is made of it, then the columns.
ADD_TEMPLATE_OF: Final = f"""
INSERT INTO template (
    organisation_id, name, service_type, service, range_id, is_pool, {_NAMED}
)
VALUES ($1, $2, $3, $4, $5, $6, {_PLACES})
RETURNING id
"""  # noqa: S608  as above

# $1 the template, $2 its name, then as above.
CHANGE_TEMPLATE: Final = f"""
UPDATE template SET (name, service_type, service, range_id, is_pool, {_NAMED})
    = ($2, $3, $4, $5, $6, {_PLACES})
WHERE id = $1
"""  # noqa: S608  as above

LOCK_TEMPLATE: Final = f"""
SELECT
    template.id,
    template.name,
    template.is_default,
    template.is_pool,
    NULL AS organisation,
    template.service_type,
    template.service,
    template.range_id,
    number_range.name AS range_name,
    number_range.domain,
    (SELECT count(*) FROM room WHERE room.template_id = template.id) AS rooms,
    {_ALL}
FROM template LEFT JOIN number_range ON number_range.id = template.range_id
WHERE template.id = $1
FOR UPDATE OF template
"""  # noqa: S608  as above

DEFAULT_NAME: Final = """
SELECT name FROM template WHERE organisation_id IS NOT DISTINCT FROM $1 AND is_default
"""

# The old default first: there is never more than one.
UNSET_DEFAULT: Final = """
UPDATE template SET is_default = false
WHERE organisation_id IS NOT DISTINCT FROM $1 AND is_default AND id <> $2
"""

SET_DEFAULT: Final = "UPDATE template SET is_default = true WHERE id = $1"

DELETE_TEMPLATE: Final = "DELETE FROM template WHERE id = $1"

# $1 an organisation, and then those above it too, or null: all that may be seen. Of an organisation
# above a tenant no more is told than that.
LIST_TEMPLATES: Final = """
WITH RECURSIVE above (id, parent_id) AS (
    SELECT id, parent_id FROM organisation WHERE id = $1
    UNION ALL
    SELECT parent.id, parent.parent_id
    FROM organisation AS parent JOIN above ON above.parent_id = parent.id
)
SELECT
    coalesce(
        organisation.code, organisation.name,
        CASE WHEN template.organisation_id IS NOT NULL THEN 'above' END
    ) AS organisation,
    template.name,
    template.service_type AS type,
    template.is_default AS "default",
    template.is_pool AS pool,
    number_range.name AS range,
    (SELECT count(*) FROM room WHERE room.template_id = template.id) AS rooms
FROM template
LEFT JOIN organisation ON organisation.id = template.organisation_id
LEFT JOIN number_range ON number_range.id = template.range_id
WHERE $1::uuid IS NULL OR template.organisation_id IN (SELECT id FROM above)
    OR organisation.id IS NULL
ORDER BY template.organisation_id IS NOT NULL, organisation.code NULLS FIRST, template.name
"""
