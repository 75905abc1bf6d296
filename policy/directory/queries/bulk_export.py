"""What gives the whole directory, kind by kind, under the names and in the order of bulk files.

`$1` is the code of an organisation, for it and all below, or null for everybody. Columns that begin
with an underscore are not written: the program needs them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policy.directory.records import ROOM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

_MINE: Final = "($1::text IS NULL OR $1 = ANY (owner.path))"
# A tenant writes neither what it inherits nor what is the platform's.
_MINE_OR_PLATFORM: Final = f"{_MINE} AND (scope_root() IS NULL OR owner.id = ANY (scope()))"
_OWNER: Final = "coalesce(owner.code, owner.id::text)"
_JOIN_OWNER: Final = "JOIN organisation AS owner ON owner.id = {table}.organisation_id"
_ROOM: Final = ", ".join(
    f"room.{field}" for field in ROOM_FIELDS if field not in {"service_type", "pin", "guest_pin"}
)
_ROOM_COLUMNS: Final = f"""
    {_OWNER} AS organisation,
    (
        SELECT array_agg(concat_ws('@', local, domain) ORDER BY address.id) FROM address
        WHERE address.room_id = room.id AND address.state = 'active'
    ) AS aliases,
    room.state, room.service_name, room.service_tag, room.listed, room.service_type AS type,
    {_ROOM}, room.service,
    template.name AS template,
    CASE WHEN template.organisation_id <> room.organisation_id
        THEN coalesce(template_owner.code, template.organisation_id::text) END
        AS template_organisation,
    room.tags, room.created_at, encode(picture.sha256, 'hex') AS _picture,
    room.id AS _room_id, room.pin, room.guest_pin
"""  # noqa: S608  names are constants of this package
_ROOM_JOINS: Final = """
LEFT JOIN template ON template.id = room.template_id
LEFT JOIN organisation AS template_owner ON template_owner.id = template.organisation_id
LEFT JOIN picture ON picture.id = room.picture_id
"""
_RANGE: Final = """
LEFT JOIN number_range ON number_range.id = {table}.range_id
LEFT JOIN organisation AS range_owner ON range_owner.id = number_range.organisation_id
"""
_RANGE_COLUMNS: Final = """
    number_range.name AS range,
    coalesce(range_owner.code, number_range.organisation_id::text) AS range_organisation
"""


def _simple(table: str, columns: str, order: str) -> str:
    return f"""
SELECT {_OWNER} AS organisation, {columns} FROM {table} {_JOIN_OWNER.format(table=table)}
WHERE {_MINE} ORDER BY {_OWNER} COLLATE "C", {order} COLLATE "C"
"""  # noqa: S608  names are constants of this package


EXPORT: Final[Mapping[str, str]] = {
    "organisations": f"""
SELECT
    owner.code, CASE WHEN owner.code IS NULL THEN owner.id END AS id, owner.name, owner.type,
    owner.state,
    CASE WHEN owner.code IS DISTINCT FROM $1 THEN coalesce(parent.code, parent.id::text) END
        AS parent,
    owner.legacy_group_id, owner.purposes, owner.quota_permanent_rooms, owner.pool_size,
    owner.allow_own_address, owner.sms_sender_name, owner.sms_callback_url,
    owner.device_webhook_endpoint, owner.agreements_required,
    coalesce(merged_into.code, merged_into.id::text) AS merged_into, owner.deleted_at,
    owner.sealed_device_webhook_key AS device_webhook_key,
    encode(owner.history_api_key_sha256, 'hex') AS history_api_key_sha256
FROM organisation AS owner
LEFT JOIN organisation AS parent ON parent.id = owner.parent_id
LEFT JOIN organisation AS merged_into ON merged_into.id = owner.merged_into_id
WHERE {_MINE} ORDER BY {_OWNER} COLLATE "C"
""",  # noqa: S608  as above
    "agreements": _simple(
        "agreement",
        "kind, version, signed_on, valid_from, valid_to, sub_processor_list_version, instruction",
        'kind COLLATE "C", version',
    ),
    "users": _simple("user_account", "email, roles", "lower(email)"),
    "domains": _simple("domain", "domain, inherit, history_only", "domain"),
    "ranges": f"""
SELECT {_OWNER} AS organisation, number_range.name, domain, prefix, low, high, expected
FROM number_range LEFT {_JOIN_OWNER.format(table="number_range")}
WHERE {_MINE_OR_PLATFORM} ORDER BY {_OWNER} COLLATE "C", number_range.name COLLATE "C"
""",  # noqa: S608  as above
    "templates": f"""
SELECT
    {_OWNER} AS organisation, template.name, service_type AS type, service, is_default, is_pool,
    {_RANGE_COLUMNS}, host_pin_required, guest_pin_required, host_pin_low, host_pin_high,
    guest_pin_low, guest_pin_high, lead_minutes, end_meeting_on_end_time, custom_portal_guest,
    custom_portal_host, return_url, call_type, legacy_id
FROM template LEFT {_JOIN_OWNER.format(table="template")} {_RANGE.format(table="template")}
WHERE {_MINE_OR_PLATFORM} ORDER BY {_OWNER} COLLATE "C", template.name COLLATE "C"
""",  # noqa: S608  as above
    "themes": _simple("theme", "theme.name, pexip_name, inherit, legacy_key", "theme.name"),
    "message_templates": _simple(
        "message_template", "message_template.name, body, inherit", "message_template.name"
    ),
    "rooms": f"""
SELECT {_ROOM_COLUMNS}
FROM room {_JOIN_OWNER.format(table="room")} {_ROOM_JOINS}
WHERE room.kind = 'permanent' AND {_MINE} ORDER BY room.service_name COLLATE "C"
""",  # noqa: S608  as above
    "bookings": f"""
SELECT {_ROOM_COLUMNS.replace("room.created_at,", "")},
    booking.id, starts_at, ends_at, booking.lead_minutes, booking.end_meeting_on_end_time,
    cancelled_at, ended_at, overrun_minutes, long_permitted, organiser.email AS organised_by,
    creator.email AS created_by, updater.email AS updated_by, booking.created_at, project_code,
    external_id, guest_microphone, booking.guest_pin_required, short_id, meeting_type,
    booking.custom_portal_guest, booking.custom_portal_host, booking.return_url, booking.call_type,
    sources, sealed_details AS details
FROM booking JOIN room ON room.id = booking.room_id
{_JOIN_OWNER.format(table="booking")} {_ROOM_JOINS}
LEFT JOIN user_account AS organiser
    ON organiser.id = booking.organised_by AND organiser.organisation_id = owner.id
LEFT JOIN user_account AS creator
    ON creator.id = booking.created_by AND creator.organisation_id = owner.id
LEFT JOIN user_account AS updater
    ON updater.id = booking.updated_by AND updater.organisation_id = owner.id
WHERE {_MINE} ORDER BY booking.id
""",  # noqa: S608  as above
    "devices": f"""
SELECT
    {_OWNER} AS organisation, called.aliases[1] AS alias, called.aliases[2:] AS more_aliases,
    device.id, description, username, single_sign_on, without_proof, enabled, listed, tags,
    owner_email, created_at, encode(picture.sha256, 'hex') AS _picture, sealed_password AS password
FROM device {_JOIN_OWNER.format(table="device")}
LEFT JOIN picture ON picture.id = device.picture_id
CROSS JOIN LATERAL (
    SELECT array_agg(concat_ws('@', local, domain) ORDER BY address.id) AS aliases FROM address
    WHERE address.device_id = device.id AND address.state = 'active'
) AS called
WHERE {_MINE} ORDER BY device.id
""",  # noqa: S608  as above
    "addresses": f"""
SELECT
    concat_ws('@', address.local, address.domain) AS alias, address.state, address.kind,
    CASE WHEN address.state <> 'active' THEN room.service_name END AS room,
    CASE WHEN address.state <> 'active' THEN address.device_id END AS device,
    coalesce(held_for.code, held_for.id::text) AS organisation,
    CASE WHEN address.state <> 'active' THEN address.since END AS since, address.until,
    address.description, {_RANGE_COLUMNS}, last_used_at
FROM address
LEFT JOIN room ON room.id = address.room_id
LEFT JOIN booking ON booking.room_id = room.id
LEFT JOIN device ON device.id = address.device_id
LEFT JOIN organisation AS held_for ON held_for.id = address.organisation_id
LEFT JOIN organisation AS owner
    ON owner.id = coalesce(room.organisation_id, device.organisation_id, address.organisation_id)
LEFT JOIN address_use ON address_use.address_id = address.id
{_RANGE.format(table="address")}
WHERE {_MINE} AND address.state <> 'free'
    AND (room.id IS NULL OR room.kind = 'permanent' OR booking.id IS NOT NULL)
    AND (address.state <> 'active'
        OR num_nonnulls(address.until, address.description, address.range_id, last_used_at) > 0)
ORDER BY address.local COLLATE "C", address.domain COLLATE "C"
""",  # noqa: S608  as above
    "phonebook_grants": f"""
SELECT {_OWNER} AS organisation, coalesce(seen_by.code, seen_by.id::text) AS seen_by
FROM phonebook_grant {_JOIN_OWNER.format(table="phonebook_grant")}
JOIN organisation AS seen_by ON seen_by.id = phonebook_grant.seen_by_id
WHERE {_MINE} AND ($1::text IS NULL OR $1 = ANY (seen_by.path))
ORDER BY {_OWNER} COLLATE "C", coalesce(seen_by.code, seen_by.id::text) COLLATE "C"
""",  # noqa: S608  as above
}

# About how many rows there are, to know how far one is.
ESTIMATE: Final = """
SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class
WHERE oid = ANY (ARRAY[to_regclass('room'), to_regclass('booking'), to_regclass('device')])
"""

IS_KNOWN: Final = "SELECT EXISTS (SELECT FROM organisation WHERE code = $1)"

PICTURES: Final = f"""
SELECT DISTINCT encode(sha256, 'hex') AS name, image
FROM picture {_JOIN_OWNER.format(table="picture")}
WHERE {_MINE} AND (
    EXISTS (SELECT FROM room WHERE room.picture_id = picture.id)
    OR EXISTS (SELECT FROM device WHERE device.picture_id = picture.id)
)
"""  # noqa: S608  as above
