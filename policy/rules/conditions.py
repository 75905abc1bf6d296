"""The `when` of a rule as written: each key a condition, all of which must hold. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    create_model,
    model_validator,
)

from policy.documents import Document
from policy.networks import Network
from policy.rules.calendar import TimeCondition
from policy.rules.forms import (
    AliasValue,
    AttributeName,
    ExpressionText,
    FactName,
    ListName,
    NumberForm,
    OneOrMore,
    OneOrMoreWords,
    OrOne,
    Regex,
    ShareForm,
    TextForm,
    VersionForm,
    as_list,
    check_not_empty,
    with_short,
)
from policy.rules.parameters import PARAMETERS, Kind, requests_of
from policy.wire.alias import AliasKind
from policy.wire.devices import DeviceFamily
from policy.wire.fields import DomainText, Text
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

WrittenRole = Literal["chair", "guest", "none"]
RoomKind = Literal["permanent", "booking", "device", "reserved", "quarantined", "nobody"]
RoomState = Literal[
    "open", "too_early", "ended", "cancelled", "retired", "org_inactive", "closed", "nobody"
]


class AddressForm(Document):
    """Networks and addresses, here or in a list file."""

    networks: OneOrMore[Network] = frozenset()
    list_: Annotated[ListName, Field(alias="list")] = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return value if isinstance(value, dict) else {"networks": value}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Tell editors of the short form."""
        listed = {"type": "array", "items": _NETWORK, "minItems": 1}
        return with_short(handler(core_schema), _NETWORK, listed)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("needs a network, a list of networks, or one of networks and list")
        return self


_NETWORK: Final = {"type": "string"}


class AliasCondition(Document):
    """How an alias is compared, in its one spelling; all that is written must hold."""

    exact: OneOrMore[AliasValue] = frozenset()
    list_: Annotated[ListName, Field(alias="list")] = ""
    regex: Regex = ""
    domain: OneOrMore[DomainText] = frozenset()
    user: TextForm | None = None
    digits: TextForm | None = None
    scheme: OneOrMoreWords[Literal["sip", "sips", "h323", "tel", "none"]] = frozenset()
    kind: OneOrMoreWords[AliasKind] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _is_told_how(cls, value: object) -> object:
        if isinstance(value, str | int | list):
            raise ValueError("needs to be told how to compare, write {exact: …} or {domain: …}")  # noqa: TRY004  pydantic wants it so
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            known = "exact, list, regex, domain, user, digits, scheme, kind"
            raise ValueError(f"alias needs at least one of {known}")
        return self


class _Special(Document):
    """The conditions that are more than one parameter of the request."""

    # None would let a file say nothing behind `alias:`, and the rule would speak to every alias.
    alias: AliasCondition = AliasCondition.model_construct()
    remote_alias: AliasCondition = AliasCondition.model_construct()
    device: OneOrMoreWords[DeviceFamily] = frozenset()
    subnet: AddressForm = AddressForm.model_construct()
    role: OneOrMoreWords[WrittenRole] = frozenset()
    idp_attribute: Annotated[dict[AttributeName, TextForm], Field(min_length=1)] = Field(
        default_factory=dict
    )
    room_kind: OneOrMoreWords[RoomKind] = frozenset()
    room_state: OneOrMoreWords[RoomState] = frozenset()
    organisation: OneOrMore[Text] = frozenset()
    subtree: OneOrMore[Text] = frozenset()
    tag: TextForm = TextForm.model_construct()
    device_owner: OneOrMore[Text] = frozenset()
    device_subtree: OneOrMore[Text] = frozenset()
    device_tag: TextForm = TextForm.model_construct()
    time: Annotated[
        tuple[TimeCondition, ...],
        BeforeValidator(as_list),
        AfterValidator(check_not_empty),
        OrOne(),
    ] = ()
    share: ShareForm = ShareForm.model_construct(percent=0)
    fact: Annotated[dict[FactName, TextForm], Field(min_length=1)] = Field(default_factory=dict)
    expr: ExpressionText = ""
    any: Annotated[tuple[Inner, ...], AfterValidator(check_not_empty)] = ()
    all: Annotated[tuple[Inner, ...], AfterValidator(check_not_empty)] = ()
    # None is its absence and cannot be written.
    not_: Annotated[Inner, Field(alias="not")] = None  # type: ignore[assignment]  # nobody can write it


_FORMS: Final[Mapping[Kind, tuple[object, object]]] = {
    Kind.TEXT: (TextForm, TextForm.model_construct()),
    Kind.TEXTS: (TextForm, TextForm.model_construct()),
    Kind.FLAG: (StrictBool, False),
    Kind.NUMBER: (NumberForm, NumberForm.model_construct()),
    Kind.ADDRESS: (AddressForm, AddressForm.model_construct()),
    Kind.ADDRESSES: (AddressForm, AddressForm.model_construct()),
    Kind.VERSION: (VersionForm, VersionForm.model_construct()),
}


def _form_of(name: str) -> tuple[object, object]:
    parameter = PARAMETERS[name]
    form, default = _FORMS.get(parameter.kind, (None, frozenset()))
    if parameter.words is not None:
        words = parameter.words
        form = OneOrMoreWords[words]  # type: ignore[valid-type]  # made from the table
    return form, Field(default, description=f"{parameter.about.capitalize()}.")


def _check_inner(when: When) -> When:
    if not when.model_fields_set:
        raise ValueError("says nothing: it needs at least one condition")
    return when


if TYPE_CHECKING:
    When = _Special
    Inner = _Special
else:
    When = create_model(
        "When",
        __base__=_Special,
        __doc__="All parts that are written must hold.",
        **{name: _form_of(name) for name in PARAMETERS},
    )
    Inner = Annotated[When, AfterValidator(_check_inner)]
    _Special.model_rebuild(_types_namespace={**globals(), "Inner": Inner})
    When.model_rebuild(force=True, _types_namespace={**globals(), "Inner": Inner})

# For editors and documentation; what a parameter is stands in its own table.
ABOUT: Final[Mapping[str, str]] = {
    "alias": "What was dialled, in its one spelling; all that is written must hold.",
    "remote_alias": "Who calls, as the alias that it claims.",
    "device": "Which family of devices calls.",
    "subnet": "Networks of the caller: what a Lync client states, then the signalling address.",
    "role": "The role that somebody has before rules speak.",
    "idp_attribute": "What the identity provider says, by attribute.",
    "room_kind": "What stands behind the alias in the directory.",
    "room_state": "Whether what stands there may be called at this moment.",
    "organisation": "Code of the organisation that owns the alias.",
    "subtree": "Code of that organisation or of any above it.",
    "tag": "Tags of the room or device behind the alias.",
    "device_owner": "Code of the organisation that owns the registered caller.",
    "device_subtree": "Code of that organisation or of any above it.",
    "device_tag": "Tags of the registered caller.",
    "time": "Windows of time, of which one must be open.",
    "share": "So many per cent of callers, the same ones each time.",
    "fact": "What a rule in front has set.",
    "expr": "A Jinja2 expression in the words of Pexip's local policy.",
    "any": "At least one of these must hold.",
    "all": "All of these must hold.",
    "not": "This must not hold.",
}

# What is not listed may be said for every request.
SPECIAL_IS_FOR: Final[Mapping[str, frozenset[RequestType]]] = {
    "remote_alias": requests_of("SPLA"),
    "device": requests_of("SPLA"),
    "subnet": requests_of("SPLAR"),
    "role": requests_of("PA"),
    "idp_attribute": requests_of("P"),
    "device_owner": requests_of("SPLA"),
    "device_subtree": requests_of("SPLA"),
    "device_tag": requests_of("SPLA"),
    "expr": requests_of("SPL"),
}


# In the order of the model, and not of the file: what a rule does must not depend on that.
_FIELDS: Final[Mapping[str, int]] = {name: n for n, name in enumerate(When.model_fields)}


def written(when: When) -> dict[str, object]:
    """Give what a condition says, by the keys of the file."""
    names = sorted(when.model_fields_set, key=_FIELDS.__getitem__)
    return {name.rstrip("_"): getattr(when, name) for name in names}


def groups_in(when: When) -> Iterator[tuple[tuple[int | str, ...], When]]:
    """Give the conditions inside a condition, each with its place in it."""
    for index, group in enumerate(when.any):
        yield ("any", index), group
    for index, group in enumerate(when.all):
        yield ("all", index), group
    if "not_" in when.model_fields_set:
        yield ("not",), when.not_


def facts_of(when: When) -> Iterator[str]:
    """Give the facts that a condition looks at."""
    yield from when.fact
    for _, group in groups_in(when):
        yield from facts_of(group)


def requests_for(key: str) -> frozenset[RequestType]:
    """Give the requests for which a condition can ever hold."""
    if key in PARAMETERS:
        return PARAMETERS[key].requests
    return SPECIAL_IS_FOR.get(key, frozenset(RequestType))
