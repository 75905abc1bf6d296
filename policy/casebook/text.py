"""How tests of rules are written: the text of a `*.test.yaml` file as typed models. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
)

from policy.decide.decision import Reason
from policy.directory.document import DirectoryFile
from policy.documents import Document
from policy.networks import Address
from policy.rules.forms import as_list
from policy.rules.known import Dialling
from policy.wire.fields import DomainText, EmptyText, Flag, Text
from policy.wire.vocabulary import Action, RequestType

if TYPE_CHECKING:
    from policy.decide.grounds import Plan

# A Monday in summer, in office hours; cases that care about the time say which.
DEFAULT_AT: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)


class DiallingText(Document):
    """How dialled aliases are understood; as in the settings."""

    node_addresses: tuple[Address, ...] = ()
    default_domain: DomainText | None = None
    location_domains: dict[str, DomainText] = Field(default_factory=dict)


class ParticipantsText(Document):
    """As whom people join; as in the settings."""

    own_devices_are_hosts: Flag = False


class AvatarsText(Document):
    """What is drawn; as in the settings."""

    initials: Flag = False


class PhonebookText(Document):
    """What users of registered apps find; as in the settings."""

    ignore_local: Flag = False


class Circumstances(Document):
    """What the settings say of deciding; a section that stands here replaces theirs."""

    dialling: DiallingText = DiallingText()
    participants: ParticipantsText = ParticipantsText()
    avatars: AvatarsText = AvatarsText()
    phonebook: PhonebookText = PhonebookText()

    def plan(self, settled: Plan) -> Plan:
        """Give the plan of these tests; `settled` speaks for the sections that are left out."""
        written = self.model_fields_set
        if "dialling" in written:
            said = self.dialling
            dialling = Dialling(said.default_domain or "", said.location_domains)
            own_nodes = frozenset(str(address) for address in said.node_addresses)
            settled = replace(settled, dialling=dialling, own_nodes=own_nodes)
        if "participants" in written:
            are_hosts = self.participants.own_devices_are_hosts
            settled = replace(settled, own_devices_are_hosts=are_hosts)
        if "avatars" in written:
            settled = replace(settled, initials=self.avatars.initials)
        if "phonebook" in written:
            settled = replace(settled, ignore_local=self.phonebook.ignore_local)
        return settled


class AnswerText(Document):
    """What another policy server says; `failed` stands for no usable answer."""

    action: Literal["continue", "reject", "redirect", "not_found", "failed"] = "continue"
    result: dict[str, object] | list[object] | None = Field(None, repr=False)
    ignore_local: Flag = False


def _spelled_out(value: object) -> object:
    return {"action": value} if isinstance(value, str) else value


def _form_of(value: object) -> str:
    return "text" if isinstance(value, str) else "rows"


def _as_sent(value: object) -> object:
    """Write values as a node does; one stands for a list of one."""
    written = value if isinstance(value, list | tuple) else [value]
    return [_NODES_WORDS.get(each, each) if _is_word(each) else each for each in written]


def _is_word(value: object) -> bool:
    return value is None or isinstance(value, bool)


_NODES_WORDS: Final[Mapping[object, str]] = {True: "True", False: "False", None: ""}
_SCALAR: Final = {"type": ["string", "number", "boolean", "null"]}
_ONE_OR_MORE: Final = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}

Answers = Mapping[str, Annotated[AnswerText, BeforeValidator(_spelled_out)]]
# Discriminated, since a plain union would say everything that is wrong twice.
DirectoryText = Annotated[
    Annotated[DirectoryFile, Tag("rows")] | Annotated[Text, Tag("text")], Discriminator(_form_of)
]
Values = Annotated[tuple[str, ...], BeforeValidator(_as_sent), WithJsonSchema(_ONE_OR_MORE)]
Names = Annotated[tuple[str, ...], BeforeValidator(as_list), WithJsonSchema(_ONE_OR_MORE)]
CallText = Annotated[
    Annotated[Mapping[str, Values], Tag("rows")] | Annotated[Text, Tag("text")],
    Discriminator(_form_of),
]
CaseName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ImageText(Document):
    """The picture that is shown: a file of the directory or initials, and how large."""

    file: Text | None = None
    initials: Text | None = None
    width: int | None = None
    height: int | None = None


class Want(Document):
    """What is to be decided; what is left out may be anything."""

    action: Action | None = None
    reason: Reason | None = None
    # Empty for a decision that no rule has made.
    rule: EmptyText | None = None
    text: EmptyText | None = None
    result: dict[str, object] | list[object] | None = Field(None, repr=False)
    # Fields that the result must not have.
    without: Names = ()
    # The shadow rules that match, these and no others.
    shadows: Names | None = None
    image: ImageText | None = None
    ignore_local: Flag | None = None


class CaseText(Document):
    """One call, what it meets, and what is to become of it."""

    name: CaseName
    about: str = ""
    # A pasted URL or line of a log says the type itself.
    request: RequestType = RequestType.SERVICE
    call: CallText = Field(default_factory=dict)
    alias: Text | None = None
    at: AwareDatetime = DEFAULT_AT
    directory: DirectoryText | None = None
    answers: Answers = Field(default_factory=dict)
    want: Want


class CaseFile(Circumstances):
    """A test file; directory and answers hold for every case that has none of its own."""

    about: str = ""
    directory: DirectoryText | None = None
    answers: Answers = Field(default_factory=dict)
    cases: tuple[CaseText, ...]
