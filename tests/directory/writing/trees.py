"""Organisations that have some of everything, for tests of moves and merges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from policy.directory.connection import Connection

# Everything that an organisation can have, of its own; $1 its code, $2 words in which two differ.
_EVERYTHING: Final = """
WITH own AS (SELECT id FROM organisation WHERE code = $1),
domains AS (
    INSERT INTO domain (domain, organisation_id) SELECT $2 || '.example.org', id FROM own
    RETURNING domain
),
ranges AS (
    INSERT INTO number_range (organisation_id, name, domain, low, high)
    SELECT own.id, 'meetings', domain, 1000, 9999 FROM own, domains
),
templates AS (
    INSERT INTO template (organisation_id, name, is_default) SELECT id, 'usual', true FROM own
    RETURNING id
),
pictures AS (
    INSERT INTO picture (organisation_id, image, width, height)
    SELECT own.id, '\\xffd8ff'::bytea || image, 80, 60
    FROM own, (VALUES ('\\x0000'::bytea), (convert_to($2, 'UTF8'))) AS drawn (image)
    RETURNING id, image
),
users AS (
    INSERT INTO user_account (organisation_id, email, roles)
    SELECT own.id, email, roles::text[]
    FROM own, (VALUES ('kim@example.org', ARRAY[$3]), ($2 || '@example.org', '{}'))
        AS written (email, roles)
    RETURNING id, email
),
contacts AS (INSERT INTO contact (user_account_id, sealed_details) SELECT id, 'sealed' FROM users),
rooms AS (
    INSERT INTO room (organisation_id, kind, service_name, listed, picture_id, template_id)
    SELECT own.id, kind, $2 || '-' || name, kind = 'permanent', pictures.id, templates.id
    FROM own, templates,
        (VALUES ('permanent', 'ward'), ('booking', 'meeting'), ('booking', 'held'))
            AS written (kind, name)
    JOIN pictures ON (written.kind = 'permanent') = (octet_length(pictures.image) = 5)
    RETURNING id, kind, service_name
),
devices AS (
    INSERT INTO device (organisation_id, without_proof, listed, picture_id)
    SELECT own.id, true, true, pictures.id FROM own, pictures
    WHERE octet_length(pictures.image) = 5
    RETURNING id
),
bookings AS (
    INSERT INTO booking (
        room_id, organisation_id, starts_at, ends_at, external_id, organised_by, created_by
    )
    SELECT rooms.id, own.id, now(), now() + interval '1 hour', $2, users.id, users.id
    FROM own, rooms, users
    WHERE rooms.service_name LIKE '%-meeting' AND users.email = 'kim@example.org'
),
reservations AS (
    INSERT INTO reservation (organisation_id, room_id, until, created_by)
    SELECT own.id, rooms.id, now() + interval '1 day', users.id FROM own, rooms, users
    WHERE rooms.service_name LIKE '%-held' AND users.email = 'kim@example.org'
),
messages AS (
    INSERT INTO message_template (organisation_id, name, body) SELECT id, 'invitation', '-' FROM own
),
themes AS (
    INSERT INTO theme (organisation_id, name, pexip_name) SELECT id, 'plain', 'Plain' FROM own
),
agreements AS (
    INSERT INTO agreement (organisation_id, kind, version, signed_on, valid_from)
    SELECT id, 'dpa', '1', '2026-01-01', '2026-01-01' FROM own
),
held AS (
    INSERT INTO address (local, domain, kind, state, organisation_id)
    SELECT 'held', domain, 'reserved', 'held', own.id FROM own, domains
)
INSERT INTO address (local, domain, kind, room_id, device_id)
SELECT kind || row_number() OVER (PARTITION BY kind), domain, kind, room_id, device_id
FROM domains, (
    SELECT kind, id AS room_id, NULL::uuid AS device_id FROM rooms
    UNION ALL
    SELECT 'device', NULL, id FROM devices
) AS target
"""


async def fill(connection: Connection, code: str, words: str, role: str) -> None:
    """Give an organisation some of everything; one user, kim, has this role."""
    await connection.execute(_EVERYTHING, code, words, role)


async def add(connection: Connection, code: str, parent: str | None = None) -> None:
    """Add an active organisation that needs no agreements."""
    await connection.execute(
        """
        INSERT INTO organisation (code, name, parent_id)
        VALUES ($1, initcap($1), (SELECT id FROM organisation WHERE code = $2))
        """,
        code,
        parent,
    )


async def called(connection: Connection) -> dict[str, str]:
    """Give for each address what is called there."""
    rows = await connection.fetch(
        """
        SELECT concat_ws('@', address.local, address.domain) AS alias,
            coalesce(room.service_name, address.device_id::text, address.state) AS target
        FROM address LEFT JOIN room ON room.id = address.room_id
        """
    )
    return {row["alias"]: row["target"] for row in rows}
