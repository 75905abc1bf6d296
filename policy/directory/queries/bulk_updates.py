"""What changes rows that are there already to what files say: only the fields that they say.

`FIND` marks waiting rows that are there, by their natural keys, with the ids of these; `CHANGE`
writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OWNED: Final = """
UPDATE waiting_{kind} AS waiting SET id = there.id, is_new = false
FROM {table} AS there LEFT JOIN organisation AS owner ON owner.id = there.organisation_id
WHERE coalesce(owner.code, owner.id::text, '') = coalesce(waiting.organisation, '') AND {same}
"""
# Of a room: by its service_name, else by the first of its aliases that is somebody's already.
_ROOM_OF: Final = """
    SELECT DISTINCT ON (waiting.place) waiting.place, room.id
    FROM waiting_{kind} AS waiting
    LEFT JOIN waiting_aliases AS alias ON alias.place = waiting.place
    LEFT JOIN address ON address.local = alias.local
        AND address.domain IS NOT DISTINCT FROM alias.domain AND address.state <> 'free'
    JOIN room ON room.kind = '{of}' AND (
        room.service_name = waiting.service_name
        OR waiting.service_name IS NULL AND room.id = address.room_id
    )
    ORDER BY waiting.place, alias.position
"""

FIND: Final[tuple[str, ...]] = (
    """
UPDATE waiting_organisations AS waiting SET id = there.id, is_new = false FROM organisation AS there
WHERE there.code = waiting.code OR waiting.code IS NULL AND there.id = waiting.id
""",
    """
UPDATE waiting_domains AS waiting SET is_new = false FROM domain
WHERE domain.domain = waiting.domain
""",
    *(
        _OWNED.format(kind=kind, table=table, same=same)
        for kind, table, same in (
            (
                "agreements",
                "agreement",
                "there.kind = waiting.kind AND there.version = waiting.version",
            ),
            ("users", "user_account", "lower(there.email) = lower(waiting.email)"),
            ("ranges", "number_range", "there.name = waiting.name"),
            ("templates", "template", "there.name = waiting.name"),
            ("themes", "theme", "there.name = waiting.name"),
            ("message_templates", "message_template", "there.name = waiting.name"),
        )
    ),
    f"""
UPDATE waiting_rooms AS waiting SET id = there.id, is_new = false
FROM ({_ROOM_OF.format(kind="rooms", of="permanent")}) AS there
WHERE there.place = waiting.place
""",  # noqa: S608  names are constants of this package
    f"""
UPDATE waiting_bookings AS waiting SET id = there.id, room_id = there.room_id, is_new = false
FROM (
    SELECT DISTINCT ON (waiting.place) waiting.place, booking.id, booking.room_id
    FROM waiting_bookings AS waiting
    LEFT JOIN ({_ROOM_OF.format(kind="bookings", of="booking")}) AS called
        ON called.place = waiting.place
    JOIN organisation AS owner ON coalesce(owner.code, owner.id::text) = waiting.organisation
    JOIN booking ON booking.id = waiting.id
        OR booking.organisation_id = owner.id AND booking.external_id = waiting.external_id
        OR booking.room_id = called.id
    ORDER BY waiting.place, booking.id <> waiting.id,
        booking.external_id IS DISTINCT FROM waiting.external_id
) AS there
WHERE there.place = waiting.place
""",  # noqa: S608  as above
    """
UPDATE waiting_devices AS waiting SET id = there.id, is_new = false
FROM (
    SELECT DISTINCT ON (waiting.place) waiting.place, device.id
    FROM waiting_devices AS waiting
    LEFT JOIN waiting_aliases AS alias ON alias.place = waiting.place
    LEFT JOIN address ON address.local = alias.local
        AND address.domain IS NOT DISTINCT FROM alias.domain AND address.state <> 'free'
    JOIN device ON device.id = waiting.id OR device.id = address.device_id
    ORDER BY waiting.place, device.id <> waiting.id
) AS there
WHERE there.place = waiting.place
""",
    # An alias that its room, meeting or device has already is no news.
    """
UPDATE waiting_aliases AS alias SET target = coalesce(rooms.id, bookings.room_id, devices.id)
FROM waiting_aliases AS same
LEFT JOIN waiting_rooms AS rooms ON rooms.place = same.place AND NOT rooms.is_new
LEFT JOIN waiting_bookings AS bookings ON bookings.place = same.place AND NOT bookings.is_new
LEFT JOIN waiting_devices AS devices ON devices.place = same.place AND NOT devices.is_new
WHERE same.place = alias.place AND same.position = alias.position
    AND num_nonnulls(rooms.id, bookings.room_id, devices.id) > 0
""",
    """
DELETE FROM waiting_aliases AS alias USING address
WHERE address.local = alias.local AND address.domain IS NOT DISTINCT FROM alias.domain
    AND address.state <> 'free' AND alias.target IN (address.room_id, address.device_id)
""",
    """
UPDATE waiting_addresses AS waiting SET is_new = false FROM address
WHERE address.local = waiting.local AND address.domain IS NOT DISTINCT FROM waiting.domain
    AND address.state <> 'free'
""",
    """
UPDATE waiting_phonebook_grants AS waiting SET is_new = false
FROM phonebook_grant AS there
JOIN organisation AS owner ON owner.id = there.organisation_id
JOIN organisation AS seen_by ON seen_by.id = there.seen_by_id
WHERE coalesce(owner.code, owner.id::text) = waiting.organisation
    AND coalesce(seen_by.code, seen_by.id::text) = waiting.seen_by
""",
)

# Rooms whose PINs have been given back to be sealed, now that it is known which they are.
SEALED_FOR: Final = """
SELECT place, id AS room_id FROM waiting_rooms WHERE place = ANY ($1)
UNION ALL
SELECT place, room_id FROM waiting_bookings WHERE place = ANY ($1)
"""
PUT_PINS: Final = """
UPDATE waiting_{kind} AS waiting SET pin = sealed.pin, guest_pin = sealed.guest_pin
FROM waiting_pins AS sealed WHERE sealed.place = waiting.place
"""

_OWNER: Final = (
    "JOIN organisation AS owner ON coalesce(owner.code, owner.id::text) = waiting.organisation"
)
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
_PINS: Final = ("pin", "guest_pin")
_ROOM: Final = (
    "state service_tag listed description participant_limit view host_view "
    "guest_view max_pixels_per_second ivr_theme_name enable_overlay_text "
    "guests_can_present enable_chat force_presenter_into_main mute_all_guests "
    "crypto_mode direct_media service tags"
)


def _set(column: str, fields: Sequence[str], expression: str) -> tuple[str, str]:
    said = ", ".join(f"'{field}'" for field in fields)
    return column, (
        f"CASE WHEN waiting.said && ARRAY[{said}] THEN {expression} ELSE there.{column} END"
    )


def _same(columns: str) -> list[tuple[str, str]]:
    return [_set(column, (column,), f"waiting.{column}") for column in columns.split()]


def _change(
    table: str,
    kind: str,
    sets: Sequence[tuple[str, str]],
    joins: str = "",
    match: str = "there.id = waiting.id",
) -> str:
    """Write the update; a row that says nothing new is not touched."""
    following = ",\n    "
    return f"""
UPDATE {table} AS there SET
    {following.join(f"{column} = {value}" for column, value in sets)}
FROM waiting_{kind} AS waiting {joins}
WHERE {match} AND NOT waiting.is_new AND waiting.place BETWEEN $1 AND $2
AND ROW(
    {following.join(value for _, value in sets)}
) IS DISTINCT FROM ROW(
    {following.join(f"there.{column}" for column, _ in sets)}
)
"""  # noqa: S608  as above


def _change_rooms(kind: str, room_id: str) -> str:
    sets = [
        *_same(_ROOM),
        _set("organisation_id", ("organisation",), "owner.id"),
        _set(
            "service_name", ("service_name",), "coalesce(waiting.service_name, there.service_name)"
        ),
        _set("service_type", ("type",), "waiting.type"),
        _set("template_id", ("template", "template_organisation"), "template.id"),
        _set("pin", _PINS, "waiting.pin"),
        _set("guest_pin", _PINS, "waiting.guest_pin"),
        _set("allow_guests", ("allow_guests", "guest_pin"), "waiting.allow_guests"),
    ]
    joins = f"{_OWNER} {_TEMPLATE}"
    return _change("room", kind, sets, joins, f"there.id = waiting.{room_id}")


_NODES: Final = "organisation AS {name} ON coalesce({name}.code, {name}.id::text) = waiting.{name}"

CHANGE: Final[Mapping[str, tuple[str, ...]]] = {
    "organisations": (
        _change(
            "organisation",
            "organisations",
            [
                *_same(
                    "name type state legacy_group_id purposes quota_permanent_rooms pool_size "
                    "allow_own_address sms_sender_name sms_callback_url device_webhook_endpoint "
                    "agreements_required deleted_at"
                ),
                _set("parent_id", ("parent",), "parent.id"),
                _set("merged_into_id", ("merged_into",), "merged_into.id"),
                _set(
                    "sealed_device_webhook_key",
                    ("device_webhook_key",),
                    "waiting.device_webhook_key",
                ),
                _set(
                    "history_api_key_sha256",
                    ("history_api_key_sha256",),
                    "decode(waiting.history_api_key_sha256, 'hex')",
                ),
            ],
            f"LEFT JOIN {_NODES.format(name='parent')} "
            f"LEFT JOIN {_NODES.format(name='merged_into')}",
        ),
    ),
    "agreements": (
        _change(
            "agreement",
            "agreements",
            _same("signed_on valid_from valid_to sub_processor_list_version instruction"),
        ),
    ),
    "users": (_change("user_account", "users", _same("roles")),),
    "domains": (
        _change(
            "domain",
            "domains",
            [
                *_same("inherit history_only"),
                _set("organisation_id", ("organisation",), "owner.id"),
            ],
            _OWNER,
            "there.domain = waiting.domain",
        ),
    ),
    "ranges": (_change("number_range", "ranges", _same("domain prefix low high expected")),),
    "templates": (
        _change(
            "template",
            "templates",
            [
                *_same(
                    "service is_default is_pool host_pin_required guest_pin_required host_pin_low "
                    "host_pin_high guest_pin_low guest_pin_high lead_minutes "
                    "end_meeting_on_end_time custom_portal_guest custom_portal_host return_url "
                    "call_type legacy_id"
                ),
                _set("service_type", ("type",), "waiting.type"),
                _set("range_id", ("range", "range_organisation"), "number_range.id"),
            ],
            _RANGE,
        ),
    ),
    "themes": (_change("theme", "themes", _same("pexip_name inherit legacy_key")),),
    "message_templates": (_change("message_template", "message_templates", _same("body inherit")),),
    "rooms": (_change_rooms("rooms", "id"),),
    "bookings": (
        _change_rooms("bookings", "room_id"),
        _change(
            "booking",
            "bookings",
            [
                *_same(
                    "starts_at ends_at lead_minutes end_meeting_on_end_time ended_at "
                    "overrun_minutes long_permitted project_code external_id guest_microphone "
                    "guest_pin_required meeting_type custom_portal_guest custom_portal_host "
                    "return_url call_type sources"
                ),
                _set(
                    "cancelled_at",
                    ("cancelled", "cancelled_at"),
                    "CASE WHEN waiting.is_cancelled "
                    "THEN coalesce(waiting.cancelled_at, there.cancelled_at, now()) "
                    "ELSE waiting.cancelled_at END",
                ),
                _set("sealed_details", ("details",), "waiting.details"),
                *(
                    _set(
                        field,
                        (field,),
                        "(SELECT user_account.id FROM user_account "  # noqa: S608  as above
                        "WHERE user_account.organisation_id = owner.id "
                        f"AND lower(user_account.email) = lower(waiting.{field}))",
                    )
                    for field in ("organised_by", "created_by", "updated_by")
                ),
            ],
            _OWNER,
        ),
    ),
    "devices": (
        _change(
            "device",
            "devices",
            [
                *_same(
                    "description username single_sign_on without_proof enabled listed tags "
                    "owner_email"
                ),
                _set("organisation_id", ("organisation",), "owner.id"),
                _set("sealed_password", ("password",), "waiting.password"),
            ],
            _OWNER,
        ),
    ),
    "addresses": (
        _change(
            "address",
            "addresses",
            [
                *_same("until description"),
                _set("state", ("state",), "waiting.state"),
                _set("range_id", ("range", "range_organisation"), "number_range.id"),
            ],
            _RANGE,
            "there.local = waiting.local AND there.domain IS NOT DISTINCT FROM waiting.domain "
            "AND there.state <> 'free'",
        ),
    ),
}
