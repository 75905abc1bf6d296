"""The `then` of a rule as written: changes, an outcome, or both. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

from policy.documents import Document, LinesError
from policy.errors import RequestError
from policy.networks import Network
from policy.rules.forms import FactName, with_short
from policy.rules.model import (
    Changes,
    Continue,
    Credentials,
    Forward,
    NotFound,
    OnFailure,
    Outcome,
    Override,
    Redirect,
    Reject,
    RunScript,
    UseDirectory,
    UseLocation,
    UseLocationBySubnet,
    UseRoom,
    UseService,
)
from policy.rules.overriding import OverrideForm
from policy.rules.subnets import MediaPlace, SubnetTable
from policy.rules.templates import Template, filled_with, is_template, placeholders
from policy.rules.unfinished import WithPlaceholders, or_placeholders
from policy.scripts.script import Script, ScriptError, compile_script
from policy.wire.alias import parse_alias
from policy.wire.fields import AliasText, EmptyText, Text
from policy.wire.participants import ParticipantOverrides
from policy.wire.services import AnyService
from policy.wire.vocabulary import RequestType
from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

# What every type of request knows.
_COMMON: Final = frozenset({"directory", "not_found", "forward"})
OUTCOMES: Final[Mapping[RequestType, frozenset[str]]] = {
    RequestType.SERVICE: _COMMON
    | frozenset({"reject", "continue", "redirect", "room", "service", "expr"}),
    RequestType.PARTICIPANT: _COMMON | frozenset({"reject", "continue", "participant", "expr"}),
    RequestType.LOCATION: _COMMON | frozenset({"location", "location_by_subnet", "expr"}),
    RequestType.REGISTRATION: _COMMON | frozenset({"reject", "continue", "registration"}),
    RequestType.AVATAR: _COMMON,
    RequestType.PHONEBOOK: _COMMON,
}
# For editors and documentation.
ABOUT: Final[Mapping[str, str]] = {
    "set": "Facts for rules behind; the search goes on.",
    "rewrite": "Go on as if this had been dialled.",
    "override": "Fields to lay on top of whatever service is answered.",
    "reject": "Refuse, with a text for whoever reads the answer.",
    "continue": "Leave it to the platform's own configuration.",
    "not_found": "Have no opinion.",
    "directory": "Look at no more rules, the directory decides.",
    "redirect": "Send the caller to another alias, by SIP 302.",
    "room": "Answer with what the directory holds under this alias.",
    "service": "Answer with this service.",
    "participant": "Change properties of the participant.",
    "registration": "Let a device register.",
    "location": "Run the media there.",
    "location_by_subnet": "Run the media where the caller's subnet says.",
    "forward": "Ask another policy server.",
    "expr": "Let a Jinja2 script answer, as Pexip's local policy would.",
}
# What may hold placeholders.
TEMPLATED: Final = frozenset(
    {"set", "rewrite", "override", "reject", "redirect", "room", "service", "participant"}
)
# Outcomes that need no more than their name.
_WORDS: Final = frozenset({"continue", "not_found", "directory"})
_ALL_OUTCOMES: Final = sorted(frozenset().union(*OUTCOMES.values()))
# Of these a request without calls knows nothing.
CHANGES: Final[Mapping[str, frozenset[RequestType]]] = {
    "set": frozenset(RequestType),
    "rewrite": frozenset({RequestType.SERVICE, RequestType.PARTICIPANT, RequestType.LOCATION}),
    "override": frozenset({RequestType.SERVICE}),
}


def _script(value: object) -> Script:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("needs the text of a script")
    try:
        return compile_script(value)
    except ScriptError as exc:
        raise LinesError(exc.problems) from exc


def _check_upstream(value: str, info: ValidationInfo) -> str:
    known = (info.context or {}).get("upstreams")
    if known is not None and value not in known:
        hint = did_you_mean(value, sorted(known)) if known else "; the settings have none"
        raise ValueError(f"{value!r} is not among upstreams of the settings{hint}")
    return value


def _room(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """Let an alias with placeholders wait until a call fills them, if it can become one."""
    captured = re.search(r"\\([0-9])", value) if isinstance(value, str) else None
    if captured:
        raise ValueError(f"{value!r}: what a regex has captured is written ${{{captured[1]}}} here")
    if not isinstance(value, str) or not is_template(value):
        return check(value)
    try:
        parse_alias(filled_with("1", value))
    except RequestError as exc:
        reason = str(exc).removeprefix("alias: ")
        raise ValueError(f"{value!r} can become no alias, it {reason}") from exc
    return value


ScriptText = Annotated[Script, PlainValidator(_script), WithJsonSchema({"type": "string"})]
if TYPE_CHECKING:
    ServiceText = AnyService | WithPlaceholders | None
    ParticipantText = ParticipantOverrides | WithPlaceholders | None
else:  # what has placeholders gets past the models
    ServiceText = Annotated[AnyService | None, WrapValidator(or_placeholders)]
    ParticipantText = Annotated[ParticipantOverrides | None, WrapValidator(or_placeholders)]
RoomAlias = Annotated[AliasText, WrapValidator(_room)]


class RegistrationOutcome(Document):
    """Credentials to prove, two empty texts to let in unproved, or nothing for single sign-on."""

    username: EmptyText = ""
    password: Annotated[EmptyText, Field(repr=False)] = ""

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if len(self.model_fields_set) == 1 or bool(self.username) != bool(self.password):
            raise ValueError("registration needs both of username and password, or neither")
        return self


class LocationOutcome(Document):
    """A system location, and those tried after it, in order."""

    location: Text
    overflow: tuple[Text, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _is_mapping(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(f"needs a mapping, write {{location: {value}}}")  # noqa: TRY004  pydantic wants it so
        return value

    def compiled(self) -> MediaPlace:
        """Give the place as a value."""
        return MediaPlace(self.location, self.overflow)


class ForwardOutcome(Document):
    """Another policy server of the settings, how long it may take, and what if it fails."""

    to: Annotated[Text, AfterValidator(_check_upstream)]
    time_limit_s: Annotated[float, Field(gt=0, le=4)] = 1.5
    on_failure: OnFailure = OnFailure.NEXT

    @model_validator(mode="before")
    @classmethod
    def _is_mapping(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(f"needs a mapping, write {{to: {value}}}")  # noqa: TRY004  pydantic wants it so
        return value

    def compiled(self) -> Forward:
        """Give the outcome as a value."""
        return Forward(self.to, self.time_limit_s, self.on_failure)


class Then(Document):
    """What happens: any of set, rewrite and override, and at most one outcome."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    set_: Annotated[
        dict[FactName, Annotated[str, StringConstraints(max_length=1000)]],
        Field(alias="set", min_length=1),
    ] = Field(default_factory=dict)
    rewrite: RoomAlias = ""
    override: OverrideForm | None = None

    reject: Text = ""
    continue_: Annotated[Literal[True] | None, Field(alias="continue")] = None
    not_found: Literal[True] | None = None
    directory: Literal[True] | None = None
    redirect: Text = ""
    room: RoomAlias = ""
    service: ServiceText = None
    participant: ParticipantText = None
    registration: RegistrationOutcome | None = None
    location: LocationOutcome | None = None
    location_by_subnet: Annotated[dict[Network, LocationOutcome] | None, Field(min_length=1)] = None
    forward: ForwardOutcome | None = None
    expr: ScriptText | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_word_will_do(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if value in _WORDS:
            return {value: True}
        if value in _ALL_OUTCOMES or value in CHANGES:
            raise ValueError(f"{value!r} needs to be told more, write {{{value}: …}}")
        raise ValueError(f"{value!r} is no outcome{did_you_mean(value, _ALL_OUTCOMES)}")

    @model_validator(mode="after")
    def _at_most_one_outcome(self) -> Self:
        for name in sorted(self.model_fields_set):
            if getattr(self, name) in (None, ""):
                raise ValueError(f"{name.rstrip('_')}: says nothing")
        outcomes = sorted(self._keys() - CHANGES.keys())
        if len(outcomes) > 1:
            raise ValueError(
                f"then has {' and '.join(outcomes)}: only one outcome can be carried out"
            )
        if not self.model_fields_set:
            raise ValueError(
                f"then needs one of {', '.join(_ALL_OUTCOMES)}, "
                "or at least one of set, rewrite, override"
            )
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Tell editors of the outcomes that are one word."""
        return with_short(handler(core_schema), {"enum": sorted(_WORDS)})

    def _keys(self) -> set[str]:
        return {name.rstrip("_") for name in self.model_fields_set}

    def key(self) -> str:
        """Give the outcome's key as written, empty for a rule that only changes something."""
        return next(iter(self._keys() - CHANGES.keys()), "")

    def changing(self) -> set[str]:
        """Give the keys of what is changed."""
        return self._keys() & CHANGES.keys()

    def names(self) -> dict[str, object]:
        """Give the parts that may name objects of the platform, each under its key."""
        named: dict[str, object] = {}
        for key in ("service", "location", "location_by_subnet", "override"):
            part = getattr(self, key)
            if isinstance(part, WithPlaceholders):
                named[key] = part.document
            elif part is not None:
                named[key] = self.model_dump(mode="json", exclude_unset=True, include={key})[key]
        return named

    def placeholders(self) -> list[str]:
        """Give every name that a call must fill in."""
        override = self.override.fields() if self.override is not None else {}
        parts = (self.set_, self.rewrite, override, self.reject, self.redirect, self.room)
        documents = (self.service, self.participant)
        unfinished = [each.document for each in documents if isinstance(each, WithPlaceholders)]
        return [name for part in (*parts, *unfinished) if part for name in placeholders(part)]

    def changes(self) -> Changes | None:
        """Give what is changed as a value, None for nothing."""
        if not self.changing():
            return None
        return Changes(
            facts={name: Template(text) for name, text in self.set_.items()},
            override=self.override.fields() if self.override is not None else {},
            alias=Template(self.rewrite) if self.rewrite else None,
        )

    def compiled(self) -> Outcome | None:
        """Give the outcome as a value; None for a rule that only changes something."""
        return self._document() or self._word()

    def _document(self) -> Outcome | None:
        if self.service is not None:
            return UseService(self.service.result(), isinstance(self.service, WithPlaceholders))
        if self.participant is not None:
            is_unfinished = isinstance(self.participant, WithPlaceholders)
            return Override(self.participant.result(), is_unfinished)
        if self.registration is not None:
            return Credentials(self.registration.model_dump(exclude_unset=True))
        if self.location_by_subnet is not None:
            places = {net: each.compiled() for net, each in self.location_by_subnet.items()}
            return UseLocationBySubnet(SubnetTable(places))
        if self.location is not None:
            return UseLocation(self.location.compiled())
        return self.forward.compiled() if self.forward is not None else None

    def _word(self) -> Outcome | None:
        if self.room:
            return UseRoom(Template(self.room))
        if self.redirect:
            return Redirect(Template(self.redirect))
        if self.reject:
            return Reject(Template(self.reject))
        if self.expr is not None:
            return RunScript(self.expr)
        if self.not_found:
            return NotFound()
        if self.directory:
            return UseDirectory()
        return Continue() if self.continue_ else None
