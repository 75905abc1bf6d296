"""Documents with placeholders: checked as far as they can be before a call fills them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from pydantic import TypeAdapter, ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import InitErrorDetails

from policy.documents import Document
from policy.errors import OutcomeError
from policy.rules.subnets import MediaPlace
from policy.rules.templates import is_template, placeholders, rendered
from policy.wire.fields import EmptyText, Text
from policy.wire.participants import ParticipantOverrides
from policy.wire.services import AnyService

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policy.rules.question import Question

_SERVICE: Final[TypeAdapter[AnyService]] = TypeAdapter(AnyService)


@dataclass(frozen=True, slots=True)
class WithPlaceholders:
    """A document that becomes whole for each call."""

    document: Mapping[str, object] = field(repr=False)

    def result(self) -> Mapping[str, object]:
        """Give the document as written."""
        return self.document


def or_placeholders(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """Check a document; of what a placeholder will fill only that it is a field."""
    if value is None or not any(placeholders(value)):
        return check(value)
    try:
        check(value)
    except ValidationError as exc:
        kept = [
            InitErrorDetails(
                type=error["type"],
                loc=error["loc"],
                input=error["input"],
                ctx=error.get("ctx", {}),
            )
            for error in exc.errors(include_url=False)
            if not _is_filled_later(error["input"], error["type"])
        ]
        if kept:
            raise ValidationError.from_exception_data(exc.title, kept) from None
    return WithPlaceholders(cast("Mapping[str, object]", value))


def _is_filled_later(found: object, error: str) -> bool:
    # A model that speaks for itself, such as of PIN pairs, has looked at placeholders.
    of_whole = error == "value_error" and isinstance(found, dict) and any(placeholders(found))
    return is_template(found) or of_whole


def whole_service(document: Mapping[str, object], question: Question) -> dict[str, object]:
    """Fill the placeholders of a service; raises NeedsEntry and OutcomeError."""
    return checked_service(rendered(document, question))


def checked_service(document: object) -> dict[str, object]:
    """Give a service as it goes onto the wire; raises OutcomeError for one a node would drop."""
    try:
        return _SERVICE.validate_python(document).result()
    except ValidationError as exc:
        raise OutcomeError(_reason(exc)) from exc


def whole_properties(document: Mapping[str, object], question: Question) -> dict[str, object]:
    """Fill the placeholders of participant properties; raises NeedsEntry and OutcomeError."""
    return checked_properties(rendered(document, question))


def checked_properties(document: object) -> dict[str, object]:
    """Give properties as they go onto the wire; raises OutcomeError for what a node would drop."""
    try:
        return ParticipantOverrides.model_validate(document).result()
    except ValidationError as exc:
        raise OutcomeError(_reason(exc)) from exc


class _Place(Document):
    """A media location result in both forms, the list of overflow locations and the older pair."""

    location: Text
    overflow_locations: tuple[Text, ...] = ()
    primary_overflow_location: EmptyText = ""
    secondary_overflow_location: EmptyText = ""


def checked_place(document: object) -> MediaPlace:
    """Give a place to run media in; raises OutcomeError for what a node would drop."""
    try:
        place = _Place.model_validate(document)
    except ValidationError as exc:
        raise OutcomeError(_reason(exc)) from exc
    pair = (place.primary_overflow_location, place.secondary_overflow_location)
    return MediaPlace(place.location, place.overflow_locations or tuple(filter(None, pair)))


def _reason(exc: ValidationError) -> str:
    """Name the field and what is wrong with it, but no value: it may be a caller's."""
    error = exc.errors(include_url=False, include_input=False)[0]
    named = ".".join(str(part) for part in error["loc"])
    said = str(error["msg"]) if error["type"] != "value_error" else "breaks a rule of Pexip"
    return f"{named}: {said[:1].lower()}{said[1:]}" if named else f"the service {said}"
