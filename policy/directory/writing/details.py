"""What people write about a meeting: it may tell of health, so it is sealed as one document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import orjson
from pydantic import Field, StringConstraints, ValidationError

from policy.directory.writing.free_text import refuse_cpr
from policy.documents import Document
from policy.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policy.directory.sealing import Seal

Subject = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=1024)]
Short = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class Details(Document):
    """Free text of a meeting."""

    subject: Annotated[Subject, Field(repr=False)]
    description: Annotated[str, StringConstraints(max_length=500), Field(repr=False)] = ""
    labels: Annotated[tuple[Label, ...], Field(repr=False, max_length=100)] = ()
    additional_information: Annotated[dict[Short, Short], Field(repr=False, max_length=100)] = (
        Field(default_factory=dict)
    )

    def texts(self) -> Iterator[tuple[str, str]]:
        """Give each text and what it is called."""
        yield "subject", self.subject
        yield "description", self.description
        yield from (("label", each) for each in self.labels)
        for key, value in self.additional_information.items():
            yield "additional information", key
            yield "additional information", value


def details_of(said: Mapping[str, object]) -> Details:
    """Read what was said; raises RefusedError, which repeats nothing of it."""
    try:
        details = Details.model_validate(dict(said))
    except ValidationError as exc:
        error = exc.errors(include_url=False, include_input=False)[0]
        field = str(error["loc"][0]).replace("_", " ")  # what comes below may be a text's own key
        said_wrong = f"{error['msg'][:1].lower()}{error['msg'][1:]}"
        raise RefusedError(f"{field}: {said_wrong}") from None
    for field, text in details.texts():
        refuse_cpr(field, text)
    return details


def seal_details(seal: Seal, details: Details) -> str:
    """Give the form that may be stored."""
    return seal.seal(details.model_dump_json(exclude_defaults=True))


def unseal_details(seal: Seal, sealed: str | None) -> Details | None:
    """Give what was stored, None when it is gone; raises DirectoryError when no key fits."""
    if sealed is None:
        return None
    return Details.model_validate(orjson.loads(seal.unseal(sealed)))
