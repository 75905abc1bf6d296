"""What brings rows in by the million: tables in which they wait, and statements that move them on.

A waiting table has the fields of the rows, with the types of the columns that they are for; what
names another row is text. `place` is the number of a file and of a line in it. All move statements
take the places from `$1` to `$2`, so that a row that the database refuses can be closed in on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Many small sorts would go to disk, and the waiting rows through a small window.
SETTINGS: Final = """
SET LOCAL work_mem = '128MB';
SET LOCAL timezone = 'UTC'
"""

# Set before the first temporary table of a connection.
TEMPORARY_BUFFERS: Final = "SET temp_buffers = '64MB'"

_ROOM: Final = (
    "state, service_name, service_tag, listed, service_type AS type, description, pin, guest_pin, "
    "allow_guests, participant_limit, view, host_view, guest_view, max_pixels_per_second, "
    "ivr_theme_name, enable_overlay_text, guests_can_present, enable_chat, "
    "force_presenter_into_main, mute_all_guests, crypto_mode, direct_media, service, tags, "
    "''::text AS organisation, ''::text AS template, ''::text AS template_organisation, "
    "''::text AS picture"
)
_SHAPES: Final[Mapping[str, str]] = {
    "organisations": """
        code, name, type, state, ''::text AS parent, legacy_group_id, purposes,
        quota_permanent_rooms, pool_size, allow_own_address, sms_sender_name, sms_callback_url,
        device_webhook_endpoint, sealed_device_webhook_key AS device_webhook_key,
        ''::text AS history_api_key_sha256, agreements_required, ''::text AS merged_into, deleted_at
        FROM organisation""",
    "agreements": """
        ''::text AS organisation, kind, version, signed_on, valid_from, valid_to,
        sub_processor_list_version, instruction
        FROM agreement""",
    "users": "''::text AS organisation, email, roles FROM user_account",
    "domains": "domain, ''::text AS organisation, inherit, history_only FROM domain",
    "ranges": """
        ''::text AS organisation, name, domain, prefix, low, high, expected FROM number_range""",
    "templates": """
        ''::text AS organisation, name, service_type AS type, service, is_default, is_pool,
        ''::text AS range, ''::text AS range_organisation, host_pin_required, guest_pin_required,
        host_pin_low, host_pin_high, guest_pin_low, guest_pin_high, lead_minutes,
        end_meeting_on_end_time, custom_portal_guest, custom_portal_host, return_url, call_type,
        legacy_id
        FROM template""",
    "themes": "''::text AS organisation, name, pexip_name, inherit, legacy_key FROM theme",
    "message_templates": "''::text AS organisation, name, body, inherit FROM message_template",
    "rooms": f"{_ROOM}, created_at FROM room",
    "bookings": f"""
        {_ROOM}, starts_at, ends_at, lead_minutes, end_meeting_on_end_time, cancelled_at, ended_at,
        overrun_minutes, long_permitted, sealed_details AS details, ''::text AS organised_by,
        ''::text AS created_by, ''::text AS updated_by, booking.created_at, project_code,
        external_id, guest_microphone, guest_pin_required, short_id, meeting_type,
        custom_portal_guest, custom_portal_host, return_url, call_type, sources,
        NULL::uuid AS room_id, false AS is_cancelled
        FROM booking, room""",
    "devices": """
        ''::text AS organisation, description, username, sealed_password AS password,
        single_sign_on, without_proof, enabled, listed, ''::text AS picture, tags, owner_email,
        created_at
        FROM device""",
    "addresses": """
        state, kind, ''::text AS room, NULL::uuid AS device, ''::text AS organisation, since, until,
        description, ''::text AS range, ''::text AS range_organisation,
        NULL::timestamptz AS last_used_at, local, domain
        FROM address""",
    "phonebook_grants": "''::text AS organisation, ''::text AS seen_by",
}

MAKE_WAITING: Final[Mapping[str, str]] = {
    kind: (
        f"CREATE TEMPORARY TABLE waiting_{kind} ON COMMIT DROP AS SELECT NULL::bigint AS place, "
        f"NULL::uuid AS id, true AS is_new, NULL::text[] AS said, {shape} LIMIT 0"
    )
    for kind, shape in _SHAPES.items()
}

MAKE_WAITING_ALIASES: Final = """
CREATE TEMPORARY TABLE waiting_aliases (
    place bigint, position integer, target uuid, kind text, local text, domain text
) ON COMMIT DROP
"""

# PINs of rooms that were there already, sealed for them.
MAKE_WAITING_PINS: Final = """
CREATE TEMPORARY TABLE waiting_pins (place bigint, pin text, guest_pin text) ON COMMIT DROP
"""

# Rows lie in the order of their places, so that this index is small and made in no time.
INDEX: Final = "CREATE INDEX ON waiting_{kind} USING brin (place)"
ANALYZE: Final = "ANALYZE waiting_{kind}"
COUNT: Final = """
SELECT count(*) FILTER (WHERE is_new) AS added, count(*) FILTER (WHERE NOT is_new) AS changed
FROM waiting_{kind}
"""

# A node of the tree is named by its code, a group by its id.
_OWNER: Final = (
    "JOIN organisation AS owner ON coalesce(owner.code, owner.id::text) = waiting.organisation"
)
_WITHIN: Final = "waiting.place BETWEEN $1 AND $2 AND waiting.is_new"
_NODES: Final = """(
    SELECT coalesce(code, id::text) AS name, id FROM organisation
    UNION ALL
    SELECT coalesce(code, id::text), id FROM waiting_organisations WHERE is_new
)"""
_RANGE: Final = """
LEFT JOIN organisation AS range_owner
    ON coalesce(range_owner.code, range_owner.id::text) = waiting.range_organisation
LEFT JOIN number_range ON number_range.name = waiting.range
    AND number_range.organisation_id IS NOT DISTINCT FROM range_owner.id
"""
_TEMPLATE: Final = """
LEFT JOIN organisation AS template_owner
    ON coalesce(template_owner.code, template_owner.id::text)
        = coalesce(waiting.template_organisation, waiting.organisation)
LEFT JOIN template ON template.name = waiting.template
    AND template.organisation_id = template_owner.id
"""

_ROOM_COLUMNS: Final = (
    "state service_tag listed description pin guest_pin allow_guests "
    "participant_limit view host_view guest_view max_pixels_per_second "
    "ivr_theme_name enable_overlay_text guests_can_present enable_chat "
    "force_presenter_into_main mute_all_guests crypto_mode direct_media service "
    "tags"
)


def _of_waiting(columns: list[str]) -> str:
    return ", ".join(f"waiting.{column}" for column in columns)


def _add_rooms(kind: str, table: str, room_id: str) -> str:
    return f"""
INSERT INTO room (
    id, organisation_id, kind, service_name, service_type, template_id, created_at,
    {", ".join(_ROOM_COLUMNS.split())}
)
SELECT
    waiting.{room_id}, owner.id, '{kind}',
    coalesce(waiting.service_name, 'r-' || waiting.{room_id}), waiting.type, template.id,
    coalesce(waiting.created_at, now()), {_of_waiting(_ROOM_COLUMNS.split())}
FROM {table} AS waiting {_OWNER} {_TEMPLATE}
WHERE {_WITHIN} ORDER BY waiting.place
"""  # noqa: S608  as above


_PLAIN: Final[Mapping[str, str]] = {
    "users": "user_account: email, roles",
    "agreements": (
        "agreement: kind, version, signed_on, valid_from, valid_to, sub_processor_list_version, "
        "instruction"
    ),
    "domains": "domain: domain, inherit, history_only",
    "themes": "theme: name, pexip_name, inherit, legacy_key",
    "message_templates": "message_template: name, body, inherit",
}


def _add_plain(kind: str) -> str:
    table, _, written = _PLAIN[kind].partition(": ")
    columns = written.split(", ")
    own_id = kind != "domains"
    return f"""
INSERT INTO {table} ({"id, " if own_id else ""}organisation_id, {written})
SELECT {"waiting.id, " if own_id else ""}owner.id, {_of_waiting(columns)}
FROM waiting_{kind} AS waiting {_OWNER}
WHERE {_WITHIN} ORDER BY waiting.place
"""  # noqa: S608  as above


# In this order; the first of each pair is the kind whose waiting rows it moves on.
ADD: Final[tuple[tuple[str, str], ...]] = (
    (
        "organisations",
        f"""
INSERT INTO organisation (
    id, parent_id, merged_into_id, code, name, type, state, legacy_group_id, purposes,
    quota_permanent_rooms, pool_size, allow_own_address, sms_sender_name, sms_callback_url,
    device_webhook_endpoint, sealed_device_webhook_key, history_api_key_sha256, agreements_required,
    deleted_at
)
SELECT
    waiting.id, parent.id, merged_into.id,
    code, waiting.name, type, state, legacy_group_id, purposes, quota_permanent_rooms, pool_size,
    allow_own_address, sms_sender_name, sms_callback_url, device_webhook_endpoint,
    device_webhook_key, decode(history_api_key_sha256, 'hex'), agreements_required, deleted_at
FROM waiting_organisations AS waiting
LEFT JOIN {_NODES} AS parent ON parent.name = waiting.parent
LEFT JOIN {_NODES} AS merged_into ON merged_into.name = waiting.merged_into
WHERE {_WITHIN} ORDER BY waiting.place
""",  # noqa: S608  as above
    ),
    *((kind, _add_plain(kind)) for kind in ("agreements", "users", "domains")),
    (
        "ranges",
        f"""
INSERT INTO number_range (id, organisation_id, name, domain, prefix, low, high, expected)
SELECT waiting.id, owner.id, waiting.name, waiting.domain, prefix, low, high, expected
FROM waiting_ranges AS waiting LEFT {_OWNER}
WHERE {_WITHIN} ORDER BY waiting.place
""",  # noqa: S608  as above
    ),
    (
        "templates",
        f"""
INSERT INTO template (
    id, organisation_id, range_id, name, service_type, service, is_default, is_pool,
    host_pin_required, guest_pin_required, host_pin_low, host_pin_high, guest_pin_low,
    guest_pin_high, lead_minutes, end_meeting_on_end_time, custom_portal_guest, custom_portal_host,
    return_url, call_type, legacy_id
)
SELECT
    waiting.id, owner.id, number_range.id, waiting.name, waiting.type, service, is_default, is_pool,
    host_pin_required, guest_pin_required, host_pin_low, host_pin_high, guest_pin_low,
    guest_pin_high, lead_minutes, end_meeting_on_end_time, custom_portal_guest, custom_portal_host,
    return_url, call_type, waiting.legacy_id
FROM waiting_templates AS waiting LEFT {_OWNER} {_RANGE}
WHERE {_WITHIN} ORDER BY waiting.place
""",  # noqa: S608  as above
    ),
    *((kind, _add_plain(kind)) for kind in ("themes", "message_templates")),
    ("rooms", _add_rooms("permanent", "waiting_rooms", "id")),
    ("bookings", _add_rooms("booking", "waiting_bookings", "room_id")),
    (
        "bookings",
        f"""
INSERT INTO booking (
    id, room_id, organisation_id, starts_at, ends_at, lead_minutes, end_meeting_on_end_time,
    cancelled_at, ended_at, overrun_minutes, long_permitted, sealed_details, organised_by,
    created_by, updated_by, created_at, project_code, external_id, guest_microphone,
    guest_pin_required, short_id, meeting_type, custom_portal_guest, custom_portal_host, return_url,
    call_type, sources
)
SELECT
    waiting.id, room_id, owner.id, starts_at, ends_at, lead_minutes, end_meeting_on_end_time,
    CASE WHEN is_cancelled THEN coalesce(cancelled_at, now()) ELSE cancelled_at END,
    ended_at, overrun_minutes, long_permitted, details, organiser.id, creator.id, updater.id,
    coalesce(waiting.created_at, now()), project_code, external_id, guest_microphone,
    guest_pin_required,
    coalesce(short_id, substr(replace(gen_random_uuid()::text, '-', ''), 1, 12)),
    meeting_type, custom_portal_guest, custom_portal_host, return_url, call_type, sources
FROM waiting_bookings AS waiting {_OWNER}
LEFT JOIN user_account AS organiser ON organiser.organisation_id = owner.id
    AND lower(organiser.email) = lower(waiting.organised_by)
LEFT JOIN user_account AS creator ON creator.organisation_id = owner.id
    AND lower(creator.email) = lower(waiting.created_by)
LEFT JOIN user_account AS updater ON updater.organisation_id = owner.id
    AND lower(updater.email) = lower(waiting.updated_by)
WHERE {_WITHIN} ORDER BY waiting.place
""",  # noqa: S608  as above
    ),
    (
        "devices",
        f"""
INSERT INTO device (
    id, organisation_id, description, username, sealed_password, single_sign_on, without_proof,
    enabled, listed, tags, owner_email, created_at
)
SELECT
    waiting.id, owner.id, description, username, password, single_sign_on, without_proof, enabled,
    listed, tags, owner_email, coalesce(waiting.created_at, now())
FROM waiting_devices AS waiting {_OWNER}
WHERE {_WITHIN} ORDER BY waiting.place
""",  # noqa: S608  as above
    ),
    (
        "aliases",
        f"""
INSERT INTO address (
    local, domain, kind, room_id, device_id, until, description, range_id
)
SELECT
    alias.local, alias.domain, alias.kind,
    CASE WHEN alias.kind <> 'device' THEN alias.target END,
    CASE WHEN alias.kind = 'device' THEN alias.target END,
    waiting.until, waiting.description, number_range.id
FROM waiting_aliases AS alias
LEFT JOIN waiting_addresses AS waiting ON waiting.local = alias.local
    AND waiting.domain IS NOT DISTINCT FROM alias.domain AND waiting.state = 'active'
{_RANGE}
WHERE alias.place BETWEEN $1 AND $2 AND alias.target IS NOT NULL
ORDER BY alias.place, alias.position
""",  # noqa: S608  as above
    ),
    (
        "addresses",
        f"""
INSERT INTO address (
    local, domain, kind, state, room_id, device_id, organisation_id, since, until, description,
    range_id
)
SELECT
    waiting.local, waiting.domain, waiting.kind, waiting.state, room.id, waiting.device, owner.id,
    coalesce(waiting.since, now()), waiting.until, waiting.description, number_range.id
FROM waiting_addresses AS waiting
LEFT {_OWNER}
LEFT JOIN room ON room.service_name = waiting.room
{_RANGE}
WHERE {_WITHIN} AND waiting.state <> 'active' ORDER BY waiting.place
""",  # noqa: S608  as above
    ),
    (
        "addresses",
        """
INSERT INTO address_use (address_id, last_used_at, calls)
SELECT address.id, waiting.last_used_at, 1
FROM waiting_addresses AS waiting
JOIN address ON address.local = waiting.local
    AND address.domain IS NOT DISTINCT FROM waiting.domain AND address.state <> 'free'
WHERE waiting.place BETWEEN $1 AND $2 AND waiting.last_used_at IS NOT NULL
ON CONFLICT (address_id) DO UPDATE
SET last_used_at = greatest(address_use.last_used_at, excluded.last_used_at)
""",
    ),
    (
        "phonebook_grants",
        f"""
INSERT INTO phonebook_grant (organisation_id, seen_by_id)
SELECT owner.id, seen_by.id
FROM waiting_phonebook_grants AS waiting {_OWNER}
JOIN organisation AS seen_by ON coalesce(seen_by.code, seen_by.id::text) = waiting.seen_by
WHERE {_WITHIN} ORDER BY waiting.place
""",  # noqa: S608  as above
    ),
)

# Where the rows of each file begin and end, and what lies in the middle of some of them.
PLACES: Final = """
SELECT min(place) AS first, max(place) AS last, count(*) AS count
FROM waiting_{kind} GROUP BY place >> 32 ORDER BY 1
"""
MIDDLE: Final = """
SELECT place FROM waiting_{kind} WHERE place BETWEEN $1 AND $2
ORDER BY place
OFFSET (SELECT (count(*) - 1) / 2 FROM waiting_{kind} WHERE place BETWEEN $1 AND $2)
LIMIT 1
"""

PICTURES_WANTED: Final = """
SELECT place, picture, target, organisation.id AS organisation_id, is_room
FROM (
    SELECT place, picture, id AS target, organisation, true AS is_room FROM waiting_rooms
    UNION ALL
    SELECT place, picture, room_id, organisation, true FROM waiting_bookings
    UNION ALL
    SELECT place, picture, id, organisation, false FROM waiting_devices
) AS waiting
JOIN organisation ON coalesce(organisation.code, organisation.id::text) = waiting.organisation
WHERE picture IS NOT NULL
ORDER BY place
"""
