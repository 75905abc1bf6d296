"""Says in a sentence why the database refused a change, without repeating the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Mapping

# By the name of the rule. What our own functions refuse they say themselves.
SENTENCES: Final[Mapping[str, str]] = {
    # The register.
    "address_has_one_owner": "address: somebody has it already",
    "address_local_check": "address: 1 to 100 letters, digits, '.', '-' or '_' before '@'",
    "address_description_check": "address: its description has at most 250 characters",
    "a_whole_alias_has_at_most_250_characters": "address: has at most 250 characters",
    "an_address_of_a_meeting_is_short": (
        "address: that of a meeting has at most 100 characters, none of them æ, ø or å"
    ),
    "emergency_number_number_check": "emergency number: 2 to 10 digits",
    "emergency_number_pkey": "emergency number: is known already",
    # Number ranges.
    "number_range_name": "number range: there is one of this name already",
    "number_range_name_check": "number range: its name has 1 to 100 characters",
    "number_range_prefix_check": "number range: a prefix has at most 50 of a-z, 0-9, '.', '-', '_'",
    "number_range_low_check": "number range: its lowest number is 1 or more",
    "number_range_high_check": "number range: its numbers have at most 18 digits",
    "a_prefix_is_a_number_or_has_a_letter": (
        "number range: a prefix is digits only, or has a letter: nobody reaches any other"
    ),
    "no_number_begins_with_0": "number range: no number begins with 0, its prefix does not either",
    "a_range_goes_upwards": "number range: its lowest number is above its highest",
    "a_range_holds_ten_times_what_is_expected": (
        "number range: needs ten times as many numbers as addresses are expected"
    ),
    # Organisations.
    "organisation_code_key": "organisation: there is one of this code already",
    "organisation_code_check": "organisation: a code has 1 to 250 characters",
    "organisation_name_check": "organisation: a name has 1 to 250 characters",
    "organisation_legacy_group_id_key": "organisation: another one has this group id of VDX",
    "organisation_history_api_key_sha256_key": "organisation: another one has this history key",
    "organisation_quota_permanent_rooms_check": "organisation: a quota is 0 or more",
    "organisation_pool_size_check": "organisation: a pool size is 0 or more",
    "organisation_sms_sender_name_check": (
        "organisation: a sender of text messages is 1 to 11 of A-Z, a-z, 0-9 and space"
    ),
    "organisation_sms_callback_url_check": (
        "organisation: the callback for text messages is an http address of at most 100 characters"
    ),
    "organisation_device_webhook_endpoint_check": (
        "organisation: the webhook for devices is an http address of at most 100 characters"
    ),
    "organisation_purposes_check": "organisation: there is no such purpose",
    "no_organisation_is_its_own_parent": "organisation: cannot stand above itself",
    "only_organisations_have_a_code": "organisation: needs a code, and a group has none",
    "a_group_has_none_of_this": (
        "group: has no agreements, quota, pool, own addresses, text messages, keys or webhook"
    ),
    "what_is_merged_is_closed": "organisation: was merged into another one and stays closed",
    "agreement_organisation_id_kind_version_key": "agreement: this version is there already",
    "agreement_version_check": "agreement: a version has 1 to 100 characters",
    "agreement_sub_processor_list_version_check": (
        "agreement: the version of a list of sub-processors has 1 to 100 characters"
    ),
    "agreement_instruction_check": "agreement: an instruction is a mapping",
    "an_agreement_ends_after_its_start": "agreement: ends before it begins",
    "only_a_dpa_instructs": "agreement: only a dpa has an instruction and a list of sub-processors",
    "user_account_email": "user: the organisation has one of this e-mail already",
    "user_account_email_check": "user: an e-mail has 1 to 100 characters",
    "user_account_roles_check": "user: there is no such role",
    "domain_pkey": "domain: somebody has it already",
    "domain_domain_check": "domain: is no domain name in lower case",
    "phonebook_grant_pkey": "phone book: this is granted already",
    "an_organisation_sees_itself_anyway": "phone book: an organisation sees itself anyway",
    # Rooms.
    "room_service_name_key": "room: another one has this service_name",
    "room_service_name_check": "room: service_name has 1 to 250 characters",
    "room_service_tag_check": "room: service_tag has at most 250 characters",
    "room_service_type_check": "room: service_type is not one of Pexip's",
    "room_description_check": "room: a description has at most 250 characters",
    "room_participant_limit_check": "room: participant_limit is from 0 to 1000000",
    "room_view_check": "room: view is no layout that Pexip knows",
    "room_host_view_check": "room: host_view is no layout for lectures that Pexip knows",
    "room_guest_view_check": "room: guest_view is no layout for lectures that Pexip knows",
    "room_max_pixels_per_second_check": "room: max_pixels_per_second is sd, hd or fullhd",
    "room_ivr_theme_name_check": "room: ivr_theme_name has 1 to 250 characters",
    "room_enable_chat_check": "room: enable_chat is default, yes or no",
    "room_crypto_mode_check": "room: crypto_mode is besteffort, on or off",
    "room_direct_media_check": "room: direct_media is never, best_effort or always",
    "room_service_check": "room: service is a mapping of fields",
    "a_pin_is_sealed": "room: a PIN is sealed by the program before it is stored",
    "both_pins_are_sealed_with_one_key": "room: both PINs must be sealed with one key: seal both",
    "guest_pin_needs_pin_and_allow_guests": "room: guest_pin needs a pin and allow_guests: true",
    "guests_of_a_plain_room_need_a_pin": (
        "room: allow_guests needs a pin or a host_identity_provider_group"
    ),
    "pins_differ": "room: pin and guest_pin must differ",
    "pins_have_4_to_20_characters": "room: a PIN is 4 to 20 digits, of which the last may be '#'",
    "pins_have_the_same_length_or_both_end_with_hash": (
        "room: pin and guest_pin must have the same length, or both end with '#'"
    ),
    "a_booking_is_never_listed": "room: that of a meeting is in no phone book",
    "a_booking_is_a_conference_or_a_lecture": "room: a meeting is a conference or a lecture",
    "view_is_for_conferences_and_gateways": "room: view is for conferences and gateways",
    "host_and_guest_view_are_for_lectures": (
        "room: host_view, guest_view and force_presenter_into_main are for lectures"
    ),
    "teams_views_are_for_gateways": "room: view teams and teams_focus are for calls into Teams",
    "what_has_a_column_stands_there": "room: a field that has a column does not stand in service",
    "a_room_has_at_most_50_tags": "room: has at most 50 tags",
    "a_tag_has_1_to_100_characters": "tags: each has 1 to 100 characters, no control characters",
    "a_room_shows_a_picture_of_its_organisation": (
        "room: its picture belongs to the organisation it had: remove the picture first"
    ),
    "a_template_is_for_its_service_type": (
        "template: rooms that have it are of its service type: change both, or neither"
    ),
    # Templates.
    "template_organisation_id_name_key": "template: there is one of this name already",
    "template_of_the_platform": "template: the platform has one of this name already",
    "template_default": "template: another one is the default already",
    "template_pool": "template: another one is the pool template already",
    "template_legacy_id_key": "template: another one has this id of VDX",
    "template_name_check": "template: a name has 1 to 250 characters",
    "template_service_type_check": "template: is for conferences or for lectures",
    "template_service_check": "template: service is a mapping of fields",
    "template_lead_minutes_check": "template: lead_minutes is from 0 to 525600, a year",
    "template_call_type_check": "template: call_type has 1 to 64 characters",
    "template_custom_portal_guest_check": "template: custom_portal_guest has 1 to 200 characters",
    "template_custom_portal_host_check": "template: custom_portal_host has 1 to 200 characters",
    "template_return_url_check": "template: return_url has 1 to 200 characters",
    "a_template_leaves_some_fields_to_its_rooms": (
        "template: name, tag, type, PINs and allow_guests are for each room to say"
    ),
    "guests_have_pins_only_where_hosts_do": "template: guests have PINs only where hosts do",
    "pin_ranges_are_whole": (
        "template: a range of PINs has both ends, and guests have one only if hosts do"
    ),
    "pin_ranges_go_upwards": "template: the lowest PIN of a range is not below its highest",
    "pin_ranges_give_pairs": "template: a range of PINs has at least 100 of them",
    "pins_of_a_template_have_4_to_9_digits_and_the_same_number": (
        "template: all PINs of its ranges have the same number of digits, 4 to 9"
    ),
    "message_template_organisation_id_name_key": "message template: there is one of this name",
    "message_template_name_check": "message template: a name has 1 to 250 characters",
    "message_template_body_check": "message template: a text has 1 to 10000 characters",
    "theme_organisation_id_name_key": "theme: there is one of this name already",
    "theme_name_check": "theme: a name has 1 to 250 characters",
    "theme_pexip_name_check": "theme: its name on the platform has 1 to 250 characters",
    "theme_legacy_key_check": "theme: its key of VDX has 1 to 100 characters",
    "theme_archive_check": "theme: an archive has at most 20 MB",
    # Meetings.
    "booking_pkey": "booking: there is one of this id already",
    "an_external_id_is_used_once": (
        "booking: the organisation has another meeting of this external id"
    ),
    "booking_external_id_check": "booking: an external id has 1 to 200 characters",
    "booking_project_code_check": "booking: a project code has 1 to 100 characters",
    "booking_lead_minutes_check": "booking: lead_minutes is from 0 to 525600, a year",
    "booking_overrun_minutes_check": "booking: overrun_minutes is from 0 to 1440, a day",
    "booking_starts_at_check": "booking: has a start",
    "booking_ends_at_check": "booking: has an end",
    "booking_guest_microphone_check": "booking: guest_microphone is on, off or muted",
    "booking_custom_portal_guest_check": "booking: custom_portal_guest has 1 to 200 characters",
    "booking_custom_portal_host_check": "booking: custom_portal_host has 1 to 200 characters",
    "booking_return_url_check": "booking: return_url has 1 to 200 characters",
    "booking_call_type_check": "booking: call_type has 1 to 64 characters",
    "booking_short_id_key": "booking: another one has this short id",
    "booking_short_id_check": "booking: a short id is 12 characters of 0-9 and a-f",
    "a_meeting_ends_after_its_start": "booking: ends before it begins",
    "a_meeting_lasts_a_day_at_most": "booking: is longer than 24 hours, which must be permitted",
    "a_meeting_is_in_years_of_four_digits": "booking: is from the year 1971 to 9998",
    "a_meeting_ends_in_one_way": "booking: is either cancelled or ended",
    "a_meeting_ends_at_a_time": "booking: it is cancelled or ended at a time, not at infinity",
    # Devices and pictures.
    "device_description_check": "device: a description has at most 250 characters",
    "device_owner_email_check": "device: the e-mail of its owner has at most 200 characters",
    "device_username_check": "device: a user name has 1 to 200 characters",
    "device_sealed_password_check": "device: its password is too long",
    "username_and_password_come_together": "device: username and password come together",
    "a_password_is_proof": "device: without_proof is for a device that has no password",
    "a_device_has_at_most_50_tags": "device: has at most 50 tags",
    "a_device_shows_a_picture_of_its_organisation": (
        "device: its picture belongs to the organisation it had: remove the picture first"
    ),
    "an_image_is_a_jpeg": "picture: is kept as JPEG",
    "an_image_has_at_most_2_mb": "picture: has more than 2 MB once it is a JPEG",
    "picture_width_check": "picture: is 16 to 1024 pixels wide",
    "picture_height_check": "picture: is 16 to 1024 pixels high",
}
_CALLED: Final[Mapping[str, str]] = {
    "user_account": "user",
    "number_range": "number range",
    "message_template": "message template",
    "phonebook_grant": "phone book grant",
    "phonebook_entry": "phone book entry",
}


def said_by(exc: asyncpg.PostgresError) -> str:
    """Give the sentence for a refusal; PostgreSQL's own detail would repeat PINs and names."""
    if isinstance(exc, asyncpg.ForeignKeyViolationError):
        return _reference(exc)
    if isinstance(exc, asyncpg.NotNullViolationError):
        return f"{_called(exc.table_name)}: {exc.column_name} is missing"
    if exc.table_name is None:  # our own functions name the rule, and no table
        return str(exc).partition("\n")[0]
    name = exc.constraint_name or type(exc).__name__
    return SENTENCES.get(name, f"{_called(exc.table_name)}: is refused by the rule {name}")


def _reference(exc: asyncpg.PostgresError) -> str:
    """Say what is missing, or who still needs what was to go."""
    whose = _called(exc.table_name)
    if str(exc).startswith("update or delete"):
        gone = str(exc).split('"')[1]
        return f"{_called(gone)}: a {whose} still needs it"
    name = exc.constraint_name or ""
    if name in SENTENCES:
        return SENTENCES[name]
    what = name.removeprefix(f"{exc.table_name}_").removesuffix("_fkey")
    return f"{whose}: there is no such {what.removesuffix('_id').replace('_', ' ')}"


def _called(table: str | None) -> str:
    return _CALLED.get(table or "", table or "directory")
