"""A script of Pexip's local policy to a rule file. Pure.

What is not surely one of a few shapes becomes one `expr:` rule with the script as it is, but for
its line ends, which Jinja reads all alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import yaml

from policy.documents import Place, read_tree
from policy.errors import DocumentError
from policy.rules.local.shapes import Refusals, refusals_of
from policy.scripts.script import ScriptError, compile_script
from policy.wire.vocabulary import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NAME: Final = 90
_INDENT: Final = " " * 8
_QUOTED: Final = re.compile(r"'([^']+)'")
# A rule that says nothing of the direction is for calls only; a node runs scripts for all requests.
_ALL_DIRECTIONS: Final = "direction: [dial_in, dial_out, non_dial]"


@dataclass(frozen=True, slots=True)
class Import:
    """A rule file, for which requests it is, and what whoever imports should know."""

    text: str
    request: RequestType
    notes: tuple[str, ...] = ()


def as_jinja_reads(text: str) -> str:
    """Give a script with the line ends that Jinja makes of all."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def import_script(text: str, source: str, name: str, request: RequestType | None = None) -> Import:
    """Write a rule file that answers as the script does; raises DocumentError with all problems."""
    script = as_jinja_reads(text)
    names = _checked(script, source)
    found = request or _request_of(names, source)
    notes = [_GUESSED[found]] if request is None and found is RequestType.SERVICE else []
    if found is RequestType.SERVICE:
        notes.append(_NO_SERVICE)
        refusals = refusals_of(script)
        if refusals is not None:
            return Import(_of_refusals(refusals, source, name), found, (*notes, _ON_PASSING))
    return Import(_of_script(script, source, name, found), found, tuple(notes))


_GUESSED: Final = {
    RequestType.SERVICE: (
        "taken for a script of service requests, since it reads neither 'participant' nor "
        "'suggested_media_overflow_locations'; --type says otherwise"
    )
}
_NO_SERVICE: Final = (
    "'service_config' is what the directory of the server would answer, not what the platform "
    "has: where the script rejects without it, calls to rooms that only the platform knows are "
    "rejected too"
)
_ON_PASSING: Final = (
    "what the script passes on unchanged needs no rule: the directory answers, then the platform; "
    "'service_config' is not looked at"
)


def _checked(script: str, source: str) -> frozenset[str]:
    if not script.strip():
        raise DocumentError([Place(source).problem("is empty, a script is wanted")])
    try:
        return compile_script(script).names
    except ScriptError as exc:
        lines = script.split("\n")
        problems = [
            Place(source, line, _column(lines, line, said)).problem(said)
            for line, said in exc.problems
        ]
        raise DocumentError(problems) from exc


def _column(lines: list[str], line: int, said: str) -> int:
    """Find the word that a problem is about."""
    written = lines[line - 1] if line <= len(lines) else ""
    for word in _QUOTED.findall(said):
        found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", written)
        if found is not None:
            return found.start() + 1
    return len(written) - len(written.lstrip()) + 1


def _request_of(names: frozenset[str], source: str) -> RequestType:
    is_participant = "participant" in names
    is_location = "suggested_media_overflow_locations" in names
    if is_participant and is_location:
        text = "reads variables of participant and of location scripts, say which with --type"
        raise DocumentError([Place(source).problem(text)])
    if is_participant:
        return RequestType.PARTICIPANT
    return RequestType.LOCATION if is_location else RequestType.SERVICE


def _of_script(script: str, source: str, name: str, request: RequestType) -> str:
    head = "\n".join(
        (
            "rules:",
            f"  - name: {_quoted(name[:MAX_NAME])}",
            f"    for: {request}",
            f"    note: {_quoted(f'Imported from {source}, a script of local policy.')}",
            f"    when: {{{_ALL_DIRECTIONS}}}",
            "    then:",
            "      expr: ",
        )
    )
    for scalar in (_block(script), _quoted(script)):
        text = f"{head}{scalar}\n" if not scalar.endswith("\n") else f"{head}{scalar}"
        if _reads_back(text, script):
            return text
    problem = "holds characters that no rule file can"
    raise DocumentError([Place(source).problem(problem)])


def _reads_back(text: str, script: str) -> bool:
    try:
        tree = read_tree(text, "")
    except DocumentError:
        return False
    rules = tree.value["rules"] if isinstance(tree.value, dict) else []
    return bool(rules[0]["then"]["expr"] == script)


def _block(script: str) -> str:
    """Write a literal block; its indentation is told, for the first line may have its own."""
    body = script.rstrip("\n")
    ends = len(script) - len(body)
    chomping = {0: "-", 1: ""}.get(ends, "+")
    lines = "\n".join(f"{_INDENT}{line}" if line else "" for line in body.split("\n"))
    return f"|2{chomping}\n{lines}" + "\n" * max(1, ends)


def _quoted(text: str) -> str:
    written: str = yaml.safe_dump(text, default_style='"', width=10**9, allow_unicode=True)
    return written.rstrip("\n").removesuffix("\n...")


def _of_refusals(refusals: Refusals, source: str, name: str) -> str:
    note = f"# Imported from {_printable(source)}, a script of local policy."
    if not refusals.rules:
        passing = "# It changes nothing: what a call gets without any rule is what it gave."
        return f"{note}\n{passing}\nrules: []\n"
    return f"{note}\nrules:\n" + "".join(_rules(refusals, name))


def _rules(refusals: Refusals, name: str) -> Iterator[str]:
    for number, (condition, then) in enumerate(refusals.rules, 1):
        own = name[:MAX_NAME] if len(refusals.rules) == 1 else f"{name[:MAX_NAME]} {number}"
        key = "redirect" if then else "reject"
        yield (
            f"  - name: {_quoted(own)}\n"
            f"    when:\n      {_ALL_DIRECTIONS}\n"
            + (f"      expr: {_quoted(condition)}\n" if condition else "")
            + f"    then: {{{key}: {_quoted(then or own)}}}\n"
        )


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
