"""The tables of VDX as their owners export them: columns in snake case, enumerations in any form.

What is empty is none, the zero date is none, and columns that are not known are passed over.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

_NONE: Final = ("", "NULL", "null", "\\N")
_FLAGS: Final = {
    "0": False,
    "1": True,
    "false": False,
    "true": True,
    "no": False,
    "yes": True,
    "\0": False,
    "\1": True,
}
# Before this VDX was not there: what is older stands for "never".
_FIRST_YEAR: Final = 1971
VIEWS: Final = (
    "one_main_zero_pips",
    "one_main_seven_pips",
    "one_main_twentyone_pips",
    "two_mains_twentyone_pips",
    "four_mains_zero_pips",
    "five_mains_seven_pips",
    "one_main_thirtythree_pips",
    "nine_mains_zero_pips",
    "sixteen_mains_zero_pips",
    "twentyfive_mains_zero_pips",
)
ENDED: Final = ("starting_to_deprovision", "deprovision_problems", "deprovision_ok")


def _blank(value: object) -> object:
    if isinstance(value, str):
        value = value.strip()
        return None if value in _NONE else value
    return value


def _flag(value: object) -> object:
    value = _blank(value)
    return _FLAGS.get(str(value).lower(), value) if value is not None else None


def _text(value: object) -> object:
    value = _blank(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else value


def _moment(value: object, info: ValidationInfo) -> object:
    value = _blank(value)
    if value is None or isinstance(value, datetime):
        return value
    written = str(value)
    if written.startswith(("0000", "0001")):
        return None
    try:
        moment = datetime.fromisoformat(written.replace(" +", "+"))
    except ValueError as exc:
        raise ValueError(f"{written!r} is no time") from exc
    if moment.tzinfo is None:
        zone = (info.context or {}).get("zone", UTC)
        assert isinstance(zone, tzinfo)  # noqa: S101  the converter's own
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC) if moment.year >= _FIRST_YEAR else None


def _numbered(*names: str, first: int = 0) -> BeforeValidator:
    """Read a name of an enumeration, or its number."""
    by_number = {str(number): name for number, name in enumerate(names, first)}

    def read(value: object) -> object:
        value = _blank(value)
        if value is None:
            return None
        name = by_number.get(str(value), str(value).lower())
        if name not in names:
            raise ValueError(f"{name!r} is none of {', '.join(names)}")
        return name

    return BeforeValidator(read)


Text = Annotated[str | None, BeforeValidator(_text)]
Number = Annotated[int | None, BeforeValidator(_blank)]
Flag = Annotated[bool | None, BeforeValidator(_flag)]
Moment = Annotated[datetime | None, BeforeValidator(_moment)]
MustText = Annotated[str, BeforeValidator(_text)]
MustNumber = Annotated[int, BeforeValidator(_blank)]
View = Annotated[str | None, _numbered(*VIEWS)]
Quality = Annotated[str | None, _numbered("sd", "hd", "fullhd")]
RoomType = Annotated[str | None, _numbered("conference", "lecture")]
DirectMedia = Annotated[str | None, _numbered("never", "best_effort")]


class Table(BaseModel):
    """A row of a table of VDX."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Group(Table):
    """A node of the tree."""

    group_id: MustNumber
    parent_id: Number = None
    group_type: Annotated[str | None, _numbered("group", "organisation", "praksis", first=1)] = None
    group_name: Text = None
    organisation_id: Text = None
    pool_size: Number = None
    allow_custom_uri_without_domain: Flag = None
    sms_sender_name: Text = None
    sms_callback_url: Text = None
    device_webhook_endpoint: Text = None
    deleted_time: Moment = None


class Domain(Table):
    """A domain of a node."""

    domain: MustText
    group_id: MustNumber
    inherit: Flag = None
    history_only: Flag = None


class User(Table):
    """A person."""

    email: MustText
    organisation_id: MustText
    roles: Text = None


class Settings(Table):
    """What templates and technical rooms say alike."""

    max_participants: Number = None
    end_meeting_on_end_time: Flag = None
    ivr_theme: Text = None
    custom_portal_guest: Text = None
    custom_portal_host: Text = None
    return_url: Text = None
    vmr_available_before: Number = None
    vmr_type: RoomType = None
    host_view: View = None
    guest_view: View = None
    vmr_quality: Quality = None
    enable_overlay_text: Flag = None
    guests_can_present: Flag = None
    enable_chat: Flag = None
    force_presenter_into_main: Flag = None
    force_encryption: Flag = None
    mute_all_guests: Flag = None
    direct_media: DirectMedia = None
    call_type: Text = None


class SchedulingTemplate(Settings):
    """A booking template."""

    id: MustNumber
    organisation_id: MustText
    name: Text = None
    uri_prefix: Text = None
    uri_domain: Text = None
    uri_number_range_low: Number = None
    uri_number_range_high: Number = None
    host_pin_required: Flag = None
    guest_pin_required: Flag = None
    host_pin_range_low: Number = None
    host_pin_range_high: Number = None
    guest_pin_range_low: Number = None
    guest_pin_range_high: Number = None
    is_default_template: Flag = None
    is_pool_template: Flag = None


class Meeting(Table):
    """A booking."""

    uuid: MustText
    organisation_id: MustText
    subject: Annotated[Text, Field(repr=False)] = None
    description: Annotated[Text, Field(repr=False)] = None
    start_time: Moment = None
    end_time: Moment = None
    organized_by: Text = None
    created_by: Text = None
    updated_by: Text = None
    created_time: Moment = None
    project_code: Text = None
    external_id: Text = None
    labels: Annotated[list[str] | Text, Field(repr=False)] = None
    additional_information: Annotated[dict[str, str] | Text, Field(repr=False)] = None
    guest_microphone: Annotated[str | None, _numbered("off", "on", "muted")] = None
    guest_pin_required: Flag = None
    short_id: Text = None
    meeting_type: Annotated[str | None, _numbered("normal", "pool")] = None


class SchedulingInfo(Settings):
    """The technical room of a booking, or of a pool."""

    uuid: Text = None
    meeting_uuid: Text = None
    host_pin: Annotated[Text, Field(repr=False)] = None
    guest_pin: Annotated[Text, Field(repr=False)] = None
    uri_with_domain: Text = None
    uri_without_domain: Text = None
    portal_link: Annotated[Text, Field(repr=False)] = None
    provision_status: Annotated[
        str | None,
        _numbered(
            "awaits_provision",
            "starting_to_provision",
            "provision_problems",
            "provisioned_ok",
            *ENDED,
        ),
    ] = None
    provision_timestamp: Moment = None


class PermanentRoom(Table):
    """A room without an end."""

    id: MustText
    group_id: MustNumber
    name: Text = None
    description: Text = None
    pin: Annotated[Text, Field(repr=False)] = None
    guest_pin: Annotated[Text, Field(repr=False)] = None
    allow_guests: Flag = None
    participant_limit: Number = None
    enable_overlay_text: Flag = None
    guests_can_present: Flag = None
    enable_chat: Flag = None
    force_presenter_into_main: Flag = None
    mute_all_guests: Flag = None
    force_encryption: Flag = None
    type: RoomType = None
    host_layout: View = None
    guest_layout: View = None
    quality: Quality = None
    theme: Text = None


class PermanentAlias(Table):
    """An address of a permanent room."""

    room_id: MustText
    alias: MustText
    description: Text = None
    last_use: Moment = None


class RegisteredClient(Table):
    """A device or soft client."""

    alias: MustText
    group_id: MustNumber
    description: Text = None
    owner_email: Text = None
    username: Text = None
    credential: Annotated[Text, Field(repr=False)] = None
    single_sign_on: Flag = None
    last_use: Moment = None
    enabled: Flag = None


# By the name of the file.
TABLES: Final[Mapping[str, type[Table]]] = {
    "groups": Group,
    "domains": Domain,
    "users": User,
    "scheduling_templates": SchedulingTemplate,
    "meetings": Meeting,
    "scheduling_info": SchedulingInfo,
    "permanent_rooms": PermanentRoom,
    "permanent_aliases": PermanentAlias,
    "registered_clients": RegisteredClient,
}
