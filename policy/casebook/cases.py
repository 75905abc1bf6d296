"""Test files compiled: each case as a request, its facts, and what is wanted. Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote, urlencode

import orjson

from policy.directory.checking import check_directory_at
from policy.directory.document import DirectoryFile
from policy.directory.memory import MemoryDirectory, picture_id_of
from policy.errors import AnswerError, RequestError
from policy.rules.parameters import PARAMETERS
from policy.wire.answers import NOT_FOUND, OK, parse_answer
from policy.wire.asked import ROOT, Asked
from policy.wire.recorded import read_call
from policy.wire.redaction import DOCUMENTED, IDP_ATTRIBUTE
from policy.wire.responses import CONTENT_TYPE, IMAGE_TYPE
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from policy.casebook.text import AnswerText, CaseFile, CaseText, Want
    from policy.directory.document import DeviceRow, RoomRow
    from policy.documents import Marks, Place
    from policy.errors import Problem
    from policy.wire.answers import ForwardedAnswer

Loc = tuple[int | str, ...]

# Requests that name somebody in their path.
WITH_ALIAS: Final = frozenset({RequestType.AVATAR, RequestType.REGISTRATION})

_HEADERS: Final = frozenset({"ms_subnet", "p_asserted_identity"})
_KNOWN: Final = DOCUMENTED | {
    each.wire or name for name, each in PARAMETERS.items() if name not in _HEADERS
}


@dataclass(frozen=True, slots=True)
class Rows:
    """A directory of a test, and which file each of its pictures is."""

    directory: MemoryDirectory
    pictures: Mapping[UUID, str]

    @classmethod
    def of(cls, file: DirectoryFile) -> Self:
        """Hold the rows of a file in which nothing is wrong."""
        rows: tuple[RoomRow | DeviceRow, ...] = (*file.rooms, *file.bookings, *file.devices)
        names = [row.picture for row in rows]
        pictures = {key: name for name in names if name and (key := picture_id_of(name))}
        return cls(MemoryDirectory(file), pictures)


@dataclass(frozen=True, slots=True)
class Case:
    """One call, what it meets, and what is to become of it; `loc` says where it stands."""

    name: str
    loc: Loc
    place: Place
    asked: Asked
    at: datetime
    rows: Rows
    answers: Mapping[str, AnswerText]
    want: Want


@dataclass(frozen=True, slots=True)
class Casebook:
    """The cases of one file; `texts` is every single value that stands in it."""

    file: CaseFile
    marks: Marks
    cases: tuple[Case, ...]
    texts: frozenset[str] = field(repr=False)

    @property
    def source(self) -> str:
        """The name of the file."""
        return self.marks.source


@dataclass(slots=True)
class CaseCompiler:
    """Turns the cases of one file into values, and notes every problem on the way.

    `rows` are the directories that the file names by their paths.
    """

    file: CaseFile
    marks: Marks
    rows: Mapping[str, Rows]
    problems: list[Problem] = field(default_factory=list)

    def cases(self) -> tuple[Case, ...]:
        """Give every case; they are of use only when there are no problems."""
        common = self._rows(self.file.directory, ("directory",)) or Rows.of(DirectoryFile())
        if not self.file.cases:
            self.problems.append(self.marks.problem(("cases",), "cases: needs at least one entry"))
        first: dict[str, int] = {}
        found = []
        for index, written in enumerate(self.file.cases):
            loc = ("cases", index)
            if written.name in first:
                line = self.marks.place_of(("cases", first[written.name], "name")).line
                self._say((*loc, "name"), written, f"this name is taken in line {line}")
            first.setdefault(written.name, index)
            found.append(self._case(written, loc, common))
        return tuple(found)

    def _case(self, written: CaseText, loc: Loc, common: Rows) -> Case:
        if not written.want.model_fields_set:
            text = "want: needs at least one of action, reason, rule, text, result, without"
            self._say((*loc, "want"), written, text)
        asked = self._asked(written, loc)
        own = {**self.file.answers, **written.answers}
        for name, answer in written.answers.items():
            try:
                answer_of(answer, asked.request_type)
            except AnswerError as exc:
                self._say((*loc, "answers", name), written, f"answers: {name!r}: {exc}")
        return Case(
            name=written.name,
            loc=loc,
            place=self.marks.place_of((*loc, "name")),
            asked=asked,
            at=written.at,
            rows=self._rows(written.directory, (*loc, "directory")) or common,
            answers=own,
            want=written.want,
        )

    def _rows(self, written: DirectoryFile | str | None, loc: Loc) -> Rows | None:
        if isinstance(written, str):
            return self.rows.get(written)
        if written is None:
            return None
        problems = check_directory_at(written, self.marks, loc)
        self.problems += problems
        return None if problems else Rows.of(written)

    def _asked(self, written: CaseText, loc: Loc) -> Asked:
        call = written.call
        if isinstance(call, str):
            return self._read(call, written, loc)
        for name in call:
            if not _is_known(name):
                text = f"call: no node sends {name!r}{_hint(name)}"
                self._say((*loc, "call", name), written, text, key=True)
        self._check_alias(written, loc)
        alias = quote(written.alias or "", safe="")
        return Asked(written.request, alias, urlencode(call, doseq=True))

    def _check_alias(self, written: CaseText, loc: Loc) -> None:
        is_named = written.request in WITH_ALIAS
        if is_named and written.alias is None:
            self._say(loc, written, f"key 'alias' is missing: {written.request} requests have one")
        if not is_named and written.alias is not None:
            text = f"alias: {written.request} requests have none, did you mean call.local_alias?"
            self._say((*loc, "alias"), written, text, key=True)

    def _read(self, text: str, written: CaseText, loc: Loc) -> Asked:
        wanted = written.request if "request" in written.model_fields_set else None
        try:
            if written.alias is None:
                return read_call(text, request_type=wanted)
            return self._read_beside(written.alias, text, written, loc)
        except RequestError as exc:
            self._say((*loc, "call"), written, str(exc))
            return Asked(written.request, "", "")

    def _read_beside(self, alias: str, text: str, written: CaseText, loc: Loc) -> Asked:
        """Read words or a query; a URL has its own alias."""
        if ROOT in text:
            self._say((*loc, "alias"), written, "alias: stands in the URL of the call", key=True)
            return Asked(written.request, "", "")
        self._check_alias(written, loc)
        query = read_call(text, request_type=RequestType.SERVICE).query
        return Asked(written.request, quote(alias, safe=""), query)

    def _say(self, loc: Loc, written: CaseText, text: str, *, key: bool = False) -> None:
        self.problems.append(self.marks.problem(loc, f"case {written.name!r}: {text}", key=key))


def answer_of(written: AnswerText, request_type: RequestType) -> ForwardedAnswer | None:
    """Read what another policy server is said to answer, as strictly as one that does.

    None is no usable answer; raises AnswerError for one that no server would be heard with.
    """
    if written.action == "failed":
        return None
    if written.action == "not_found":
        return parse_answer(request_type, NOT_FOUND, "", b"")
    if request_type is RequestType.AVATAR:
        if written.action != "continue" or written.result is not None:
            raise AnswerError("for an avatar write continue, which is some picture, or not_found")
        return parse_answer(request_type, OK, IMAGE_TYPE, b"some picture")
    document: dict[str, object] = {
        "status": "success",
        "action": written.action,
        "ignore_local": written.ignore_local,
    }
    if written.result is not None:
        document["result"] = written.result
    return parse_answer(request_type, OK, CONTENT_TYPE, orjson.dumps(document))


def texts_in(value: object) -> Iterator[str]:
    """Give every single value of a document as text, keys not included."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    else:
        yield str(value)


def _is_known(name: str) -> bool:
    folded = name.lower().replace("-", "_")
    return name in _KNOWN or name.startswith(IDP_ATTRIBUTE) or folded in _HEADERS


def _hint(name: str) -> str:
    if name in PARAMETERS:  # the word that rules have for it
        return f", did you mean {PARAMETERS[name].wire!r}?"
    near = difflib.get_close_matches(name, sorted(_KNOWN), n=1)
    return f", did you mean {near[0]!r}?" if near else "; docs/wire.md has the names of parameters"
