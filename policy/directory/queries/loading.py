"""What writes a directory file into an empty database."""

from __future__ import annotations

from typing import Final

from policy.directory.records import ROOM_FIELDS

IS_EMPTY: Final = "SELECT NOT EXISTS (SELECT FROM organisation)"

# Two servers that start at once must not both fill an empty directory.
LOCK_FOR_LOADING: Final = "LOCK TABLE organisation IN EXCLUSIVE MODE"

# Rows of a file have a life behind them: they may begin in any state.
RESTORING: Final = "SET LOCAL vdx_policy.restoring = 'on'"

ADD_ORGANISATION: Final = """
INSERT INTO organisation (code, name, type, state, parent_id)
VALUES ($1, $2, $3, $4, (SELECT id FROM organisation WHERE code = $5))
RETURNING id
"""

ADD_DOMAIN: Final = """
INSERT INTO domain (domain, organisation_id, inherit, history_only) VALUES ($1, $2, $3, $4)
"""

_ROOM_COLUMNS: Final = (
    "id",
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
    $1, $2, $3, $4, coalesce($5, 'r-' || gen_random_uuid()),
    {", ".join(f"${number}" for number in range(6, len(_ROOM_COLUMNS) + 1))}
)
"""  # noqa: S608  as above

ADD_TEMPLATE: Final = """
INSERT INTO template (organisation_id, name, service_type, service) VALUES ($1, $2, $3, $4)
RETURNING id
"""

ADD_BOOKING: Final = """
INSERT INTO booking (
    room_id, starts_at, ends_at, lead_minutes, end_meeting_on_end_time, cancelled_at, long_permitted
)
VALUES (
    $1, $2, $3, $4, $5, CASE WHEN $6 THEN now() END,
    $3::timestamptz - $2::timestamptz > interval '24 hours'
)
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

ADD_PHONEBOOK_GRANT: Final = """
INSERT INTO phonebook_grant (organisation_id, seen_by_id) VALUES ($1, $2)
"""
