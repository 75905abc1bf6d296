"""Booking templates: their numbers become ranges of their own, with limits that are included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policy.directory.bulk.vdx.notes import What
from policy.directory.bulk.vdx.services import Spoken, address_of, service_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policy.directory.bulk.vdx.notes import Origin
    from policy.directory.bulk.vdx.rows import Work
    from policy.directory.bulk.vdx.tables import SchedulingTemplate, Settings

_LOWEST_PIN: Final = 1000
_HIGHEST_PIN: Final = 999_999_999
# A pair must always be able to differ, and not to be guessed.
_FEWEST_PINS: Final = 100


def convert_templates(work: Work, rows: Iterable[tuple[SchedulingTemplate, Origin]]) -> None:
    """Make templates and ranges of numbers."""
    singles: set[tuple[str, str]] = set()
    names: set[tuple[str, str]] = set()
    for template, origin in rows:
        about = f"template {template.id}"
        owner = work.organisation(template.organisation_id, origin, about)
        if owner is None:
            continue
        name = template.name or about
        if (owner, name) in names:
            name = f"{name} ({template.id})"
        names.add((owner, name))
        row: dict[str, object] = {
            "organisation": owner,
            "name": work.shortened(name, 250, origin, about),
            "legacy_id": template.id,
            **_range(work, template, owner, origin),
            **_pins(work, template, origin),
            **_rest(work, template, origin),
        }
        for field, is_one in (
            ("is_default", template.is_default_template),
            ("is_pool", template.is_pool_template),
        ):
            if is_one and (owner, field) in singles:
                text = f"a second one with {field}: the first stays it"
                work.notes.add(What.REPAIRED, origin, about, text)
            elif is_one:
                singles.add((owner, field))
                row[field] = True
        work.made.add("templates", row, origin)


def _range(
    work: Work, template: SchedulingTemplate, owner: str, origin: Origin
) -> dict[str, object]:
    about = f"template {template.id}"
    low, high = template.uri_number_range_low, template.uri_number_range_high
    domain = (template.uri_domain or "").lower()
    if low is None or high is None or low < 1 or high <= low:
        work.notes.add(What.DROPPED, origin, about, "has no range of numbers")
        return {}
    if domain not in work.claims.domains:
        work.notes.add(What.DROPPED, origin, about, f"domain {domain} is nobody's: has no range")
        return {}
    work.notes.add(
        What.REPAIRED, origin, about, "the end of its range was excluded: is one lower, included"
    )
    row = {
        "organisation": owner,
        "name": f"VDX {about}",
        "domain": domain,
        "prefix": (template.uri_prefix or "").lower(),
        "low": low,
        "high": high - 1,
    }
    work.made.add("ranges", row, origin)
    return {"range": row["name"], "range_organisation": owner}


def _pins(work: Work, template: SchedulingTemplate, origin: Origin) -> dict[str, object]:
    about = f"template {template.id}"
    host, guest = template.host_pin_required, template.guest_pin_required
    if guest and not host:
        text = "asked for a PIN of guests only: asks for one of hosts too"
        work.notes.add(What.REPAIRED, origin, about, text)
        host = True
    row: dict[str, object] = {"host_pin_required": host, "guest_pin_required": guest}
    limits = _limits(template.host_pin_range_low, template.host_pin_range_high)
    guests = _limits(template.guest_pin_range_low, template.guest_pin_range_high)
    if limits is None or not host:
        if host:
            work.notes.add(What.DROPPED, origin, about, "its PIN ranges do not give good PINs")
        return row
    row |= {"host_pin_low": limits[0], "host_pin_high": limits[1]}
    if guest and guests is not None and len(str(guests[0])) == len(str(limits[0])):
        row |= {"guest_pin_low": guests[0], "guest_pin_high": guests[1]}
    elif guest:
        text = "its PIN range of guests does not go with that of hosts"
        work.notes.add(What.DROPPED, origin, about, text)
    return row


def _limits(low: int | None, high: int | None) -> tuple[int, int] | None:
    """Give limits that are included, of numbers with one number of digits."""
    if low is None or high is None:
        return None
    low, high = max(low, _LOWEST_PIN), min(high - 1, _HIGHEST_PIN)
    if len(str(low)) != len(str(high)) or high - low + 1 < _FEWEST_PINS:
        return None
    return low, high


def _rest(work: Work, template: SchedulingTemplate, origin: Origin) -> dict[str, object]:
    about = f"template {template.id}"
    service = service_of(work, spoken_of(template), origin, about)
    return {
        "type": template.vmr_type,
        "service": {name: value for name, value in service.items() if value is not None},
        "lead_minutes": template.vmr_available_before,
        "end_meeting_on_end_time": template.end_meeting_on_end_time,
        **pages_of(work, template, origin, about),
    }


def pages_of(work: Work, said: Settings, origin: Origin, about: str) -> dict[str, object]:
    """Give the pages that links lead to."""
    return {
        "custom_portal_guest": address_of(work, said.custom_portal_guest, 200, origin, about),
        "custom_portal_host": address_of(work, said.custom_portal_host, 200, origin, about),
        "return_url": address_of(work, said.return_url, 200, origin, about),
        "call_type": work.shortened(said.call_type, 64, origin, about),
    }


def spoken_of(said: Settings) -> Spoken:
    """Give what a template or a technical room says of its service."""
    return Spoken(
        said.vmr_type,
        said.host_view,
        said.guest_view,
        said.vmr_quality,
        said.ivr_theme,
        said.max_participants,
        said.enable_overlay_text,
        said.guests_can_present,
        said.enable_chat,
        said.force_presenter_into_main,
        said.mute_all_guests,
        said.force_encryption,
        said.direct_media,
    )
