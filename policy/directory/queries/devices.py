"""Devices and soft clients."""

from __future__ import annotations

from typing import Final

_COLUMNS: Final = (
    "description",
    "owner_email",
    "username",
    "sealed_password",
    "single_sign_on",
    "without_proof",
    "enabled",
    "listed",
    "tags",
)
_SAID: Final = ", ".join(f"said.{name}" for name in _COLUMNS)

# $1 organisation, $2 what is said of the device, as JSON.
ADD_DEVICE: Final = f"""
INSERT INTO device (organisation_id, {", ".join(_COLUMNS)})
SELECT $1, {_SAID} FROM jsonb_populate_record(NULL::device, $2::jsonb) AS said
RETURNING id
"""  # noqa: S608  column names are constants of this package

CHANGE_DEVICE: Final = f"""
UPDATE device SET (organisation_id, {", ".join(_COLUMNS)}) = (
    SELECT $2::uuid, {_SAID} FROM jsonb_populate_record(device, $3::jsonb) AS said
)
WHERE id = $1
"""  # noqa: S608  as above

# By its id or its address. $1 what was written, $2 local part, $3 domain.
FIND_DEVICE: Final = f"""
SELECT device.id, device.organisation_id, device.created_at, device.registered_until,
    coalesce(organisation.code, organisation.name) AS organisation,
    {", ".join(f"device.{name}" for name in _COLUMNS)}
FROM device JOIN organisation ON organisation.id = device.organisation_id
WHERE device.id::text = lower($1) OR device.id = (
    SELECT device_id FROM address
    WHERE local = $2 AND state <> 'free' AND kind = 'device'
        AND domain IS NOT DISTINCT FROM nullif($3, '')
)
ORDER BY device.id::text = lower($1) DESC
LIMIT 1
FOR UPDATE OF device
"""  # noqa: S608  as above

SET_ENABLED: Final = "UPDATE device SET enabled = $2 WHERE id = $1"

REMOVE_DEVICE: Final = "DELETE FROM device WHERE id = $1"

# $1 organisation and all below it, or null; $2 whether enabled, or null; $3 how many at most.
LIST_DEVICES: Final = """
WITH RECURSIVE below (id) AS (
    SELECT $1::uuid
    UNION ALL
    SELECT organisation.id FROM organisation JOIN below ON organisation.parent_id = below.id
)
SELECT
    array(
        SELECT concat_ws('@', address.local, address.domain) FROM address
        WHERE address.device_id = device.id AND address.state = 'active'
        ORDER BY address.domain IS NULL, address.id
    ) AS addresses,
    coalesce(organisation.code, organisation.name) AS organisation,
    device.enabled,
    CASE
        WHEN device.username IS NOT NULL THEN 'password'
        WHEN device.single_sign_on THEN 'single sign-on'
        WHEN device.without_proof THEN 'none needed'
        ELSE 'none'
    END AS proof,
    device.registered_until > now() AS registered,
    device.listed,
    device.description
FROM device JOIN organisation ON organisation.id = device.organisation_id
WHERE ($1::uuid IS NULL OR device.organisation_id IN (SELECT id FROM below))
    AND ($2::boolean IS NULL OR device.enabled = $2)
ORDER BY organisation.code, device.created_at, device.id
LIMIT $3
"""
