"""What a template or a booking may say of a meeting, as NAME and value. Pure.

Some names are ours: number range, PINs, lead time, links. All others are Pexip's, of a conference
or a lecture, and held against the same models as answers to nodes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from policy.directory.document import NAMED_BY_THE_ROOM, check_service
from policy.directory.pins import PinRange, draw_pair_from
from policy.documents import Document
from policy.errors import RefusedError
from policy.wire.fields import Flag, Text
from policy.wire.schema import SERVICES
from policy.wording import did_you_mean, worded

if TYPE_CHECKING:
    from collections.abc import Mapping

MeetingType = Literal["conference", "lecture"]
# What each room says for itself.
OF_ROOMS: Final = frozenset(
    {*NAMED_BY_THE_ROOM, "service_type", "pin", "guest_pin", "allow_guests"}
)
_LINK: Final = re.compile(r"https://[^\s\x00-\x1f]{1,192}")
_PIN_RANGE: Final = re.compile(r"([1-9][0-9]{3,8})-([1-9][0-9]{3,8})")


def _check_pin_range(text: str) -> str:
    if not _PIN_RANGE.fullmatch(text):
        raise ValueError("a range of PINs is LOW-HIGH, each of 4 to 9 digits, as in 10000-99999")
    return text


PinRangeText = Annotated[str, AfterValidator(_check_pin_range)]


def _check_link(text: str) -> str:
    if not _LINK.fullmatch(text):
        raise ValueError("a link begins with https:// and has at most 200 characters, no spaces")
    return text


Link = Annotated[str, AfterValidator(_check_link)]


class OurValues(Document):
    """What is not for a node; what is left out is inherited."""

    type: MeetingType = "conference"
    range: Text = ""
    host_pin_required: Flag = True
    guest_pin_required: Flag = False
    host_pins: PinRangeText = ""
    guest_pins: PinRangeText = ""
    lead_minutes: Annotated[int, Field(ge=0, le=525_600)] = 0
    end_meeting_on_end_time: Flag = False
    custom_portal_guest: Link = ""
    custom_portal_host: Link = ""
    return_url: Link = ""
    portal_call_type: Annotated[str, StringConstraints(min_length=1, max_length=64)] = ""

    @model_validator(mode="after")
    def _guests_have_pins_only_where_hosts_do(self) -> Self:
        said = self.model_fields_set
        if self.guest_pin_required and "host_pin_required" in said and not self.host_pin_required:
            raise ValueError("guest_pin_required: true needs host_pin_required: true")
        if "guest_pins" in said and "host_pins" not in said:
            raise ValueError("guest_pins: needs host_pins beside it, the two go together")
        return self


OUR_NAMES: Final = tuple(OurValues.model_fields)


@dataclass(frozen=True, slots=True)
class Values:
    """What was said and nothing else: `ours` by the names of OurValues, `service` in Pexip's."""

    ours: Mapping[str, object] = field(default_factory=dict)
    service: Mapping[str, object] = field(default_factory=dict)

    def flat(self) -> dict[str, object]:
        """Give both as one."""
        return {**self.ours, **self.service}


def values_of(said: Mapping[str, object], *, service_type: str = "conference") -> Values:
    """Hold what was said against the rules; raises RefusedError with the first that is broken.

    `service_type` counts where `type` is not said.
    """
    ours = {name: value for name, value in said.items() if name in OUR_NAMES}
    service = {name: value for name, value in said.items() if name not in OUR_NAMES}
    try:
        checked = OurValues.model_validate(ours)
    except ValidationError as exc:
        error = exc.errors(include_url=False)[0]
        raise RefusedError(worded(error, OurValues.model_json_schema()).text) from None
    service_type = str(ours.get("type", service_type))
    _check_names(service, service_type)
    _check_pin_ranges(checked)
    try:
        check_service(service_type, {"name": "r"} | service)
    except ValueError as exc:
        raise RefusedError(str(exc)) from None
    return Values(checked.model_dump(exclude_unset=True), service)


def names_of(service_type: str) -> tuple[str, ...]:
    """Give every name that may be said of a meeting of a type."""
    fields = SERVICES[service_type].model_fields
    return (*OUR_NAMES, *(name for name in fields if name not in OF_ROOMS))


def pin_range_of(text: object) -> PinRange:
    """Read `LOW-HIGH`, which has been checked."""
    low, _, high = str(text).partition("-")
    return PinRange(int(low), int(high))


def _check_names(service: Mapping[str, object], service_type: str) -> None:
    known = names_of(service_type)
    for name in service:
        if name in OF_ROOMS:
            raise RefusedError(f"{name}: is for each room to say")
        if name not in known:
            hint = did_you_mean(name, known)
            raise RefusedError(f"{name}: is no value of a {service_type}{hint}")


def _check_pin_ranges(checked: OurValues) -> None:
    """Draw once: a pair of ranges that can never give a pair is not kept."""
    if checked.host_pins:
        host = pin_range_of(checked.host_pins)
        draw_pair_from(host, pin_range_of(checked.guest_pins or checked.host_pins))
