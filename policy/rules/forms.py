"""Forms in which a rule file writes what a text or a number is compared with. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictInt,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from policy.documents import Document, LinesError
from policy.rules.regexes import check_regex
from policy.scripts.script import ScriptError, compile_expression
from policy.wire.fields import AliasText
from policy.wire.parameters import version_parts
from policy.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

WordT = TypeVar("WordT")

_PERCENT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?) ?%")
_TEXT: Final = {"type": "string"}
_FACT: Final = "^[a-z][a-z0-9_]{0,49}$"


def _check_expression(value: str) -> str:
    try:
        compile_expression(value)
    except ScriptError as exc:
        raise LinesError(exc.problems) from exc
    return value


def _check_fact(value: str) -> str:
    if not re.fullmatch(_FACT, value):
        raise ValueError(f"{value!r} is no name of a fact: small letters, digits and '_'")
    return value


def _check_list(value: str, info: ValidationInfo) -> str:
    known = (info.context or {}).get("lists")
    if known is not None and value not in known:
        hint = did_you_mean(value, sorted(known)) if known else "; there is no *.txt file"
        raise ValueError(f"{value!r} is no list of this folder{hint}")
    return value


def as_list(value: object) -> object:
    """Let one word stand for a list of one."""
    return value if isinstance(value, list) else [value]


def check_not_empty(value: tuple[WordT, ...]) -> tuple[WordT, ...]:
    """Refuse an empty list; pydantic's own check would count entries that are wrong as missing."""
    if not value:
        raise ValueError("needs at least one entry")
    return value


@dataclass(frozen=True, slots=True)
class OrOne:
    """Tells editors that one entry may stand for a list of one."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Give both forms."""
        listed = handler(core_schema)
        return {"anyOf": [listed["items"], listed]}


def with_short(schema: Mapping[str, object], *short: Mapping[str, object]) -> dict[str, object]:
    """Tell editors that a mapping may be written shorter."""
    return {"anyOf": [*short, schema]}


def as_words(value: object) -> object:
    """Let one word stand for a list of one; letter case never counts."""
    words = value if isinstance(value, list) else [value]
    return [each.lower() if isinstance(each, str) else each for each in words]


Regex = Annotated[str, StringConstraints(min_length=1), AfterValidator(check_regex)]
# What may be written as one word or as a list of them.
OneOrMore = Annotated[frozenset[WordT], BeforeValidator(as_list), Field(min_length=1), OrOne()]
# The same for words of a closed set.
OneOrMoreWords = Annotated[
    frozenset[WordT], BeforeValidator(as_words), Field(min_length=1), OrOne()
]
AliasValue = AliasText
# Providers differ in letter case.
AttributeName = Annotated[str, StringConstraints(min_length=1, to_lower=True)]
FactName = Annotated[
    str, AfterValidator(_check_fact), WithJsonSchema({"type": "string", "pattern": _FACT})
]
# The path of a list file, counted from the folder of the rules.
ListName = Annotated[str, StringConstraints(min_length=1), AfterValidator(_check_list)]
ExpressionText = Annotated[str, StringConstraints(min_length=1), AfterValidator(_check_expression)]
_Word = Annotated[str, StringConstraints(min_length=1, to_lower=True)]


class TextForm(Document):
    """One text, a list of texts, or a mapping that says how to compare; case does not count."""

    exact: OneOrMore[Annotated[str, StringConstraints(to_lower=True)]] = frozenset()
    regex: Regex = ""
    prefix: OneOrMore[_Word] = frozenset()
    suffix: OneOrMore[_Word] = frozenset()
    contains: OneOrMore[_Word] = frozenset()
    list_: Annotated[ListName, Field(alias="list")] = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return value if isinstance(value, dict) else {"exact": value}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Tell editors of the short form."""
        return with_short(
            handler(core_schema), _TEXT, {"type": "array", "items": _TEXT, "minItems": 1}
        )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(
                "needs a text, a list of texts, or one of exact, regex, prefix, suffix, contains, "
                "list"
            )
        return self


class NumberForm(Document):
    """One number, or a mapping with its bounds, both included."""

    at_least: StrictInt | None = None
    at_most: StrictInt | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return value if isinstance(value, dict) else {"at_least": value, "at_most": value}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Tell editors of the short form."""
        return with_short(handler(core_schema), {"type": "integer"})

    @model_validator(mode="after")
    def _can_hold(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("needs a number, or at least one of at_least and at_most")
        if None not in (self.at_least, self.at_most) and self.at_least > self.at_most:  # type: ignore[operator]
            raise ValueError("at_least is more than at_most: no number is both")
        return self


def _check_version(value: str) -> str:
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,4}){0,3}", value):
        raise ValueError(f"{value!r} is no version, write it as 21.1")
    return value


VersionText = Annotated[str, AfterValidator(_check_version)]


class VersionForm(Document):
    """One version, or a mapping with its bounds, both included."""

    at_least: VersionText = ""
    at_most: VersionText = ""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return value if isinstance(value, dict) else {"at_least": value, "at_most": value}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Tell editors of the short form."""
        return with_short(handler(core_schema), _TEXT)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("needs a version, or at least one of at_least and at_most")
        return self

    def bounds(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Give both bounds part by part, empty for none."""
        return version_parts(self.at_least), version_parts(self.at_most)


_SHARE: Final = {"type": "string", "pattern": f"^{_PERCENT.pattern}$"}


def _percent(value: object) -> object:
    found = _PERCENT.fullmatch(str(value))
    if found is None or not 0 < float(found[1]) <= 100:  # noqa: PLR2004  per cent
        raise ValueError(f"{value!r} is no share, write it as 10% or 0.5%")
    return round(float(found[1]) * 100)


class ShareForm(Document):
    """So many per cent, of callers or of what they dial; rules of one `name` draw the same."""

    percent: Annotated[int, BeforeValidator(_percent), WithJsonSchema(_SHARE)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = ""
    by: Literal["caller", "alias"] = "caller"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return value if isinstance(value, dict) else {"percent": value}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Tell editors of the short form."""
        return with_short(handler(core_schema), _SHARE)
